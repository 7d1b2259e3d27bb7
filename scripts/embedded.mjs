/**
 * `npm run embedded [-- --install] [-- --speech FOLDER [--python python3]]`: all that can be said of
 * the library in C without a device: tests by gcc and clang with sanitizers, WebAssembly, packages,
 * the emulated Cortex-M7; 10 000 changed blobs and streams; the rules of MISRA C; and the
 * measurements of bench/results/embedded.json and embedded-conceal.json, with a folder of speech
 * those on speech, too. --install gets the tools first, on Debian or Ubuntu, as root. Takes half an
 * hour.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, run } from "./prepare.mjs";

/** What each package of the system is for: `program --version` tells whether it is there. */
const TOOLS = {
  gcc: ["gcc", "libc6-dev"],
  "clang-19": ["clang-19", "lld-19", "libclang-rt-19-dev"],
  cmake: ["cmake", "make"],
  "arm-none-eabi-gcc": ["gcc-arm-none-eabi", "libnewlib-arm-none-eabi"],
  "qemu-system-arm": ["qemu-system-arm"],
  "llvm-mca-19": ["llvm-19"],
  cppcheck: ["cppcheck"],
};

const { values } = parseArgs({
  options: { install: { type: "boolean", default: false }, speech: { type: "string" }, python: { type: "string", default: "python3" } },
});
const packages = Object.values(TOOLS).flat();
if (values.install) {
  run("apt-get", ["update", "-qq"]);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages]);
}
const missing = Object.keys(TOOLS).filter((program) => spawnSync(program, ["--version"]).status !== 0);
if (missing.length > 0) {
  console.error(`Cannot go on without ${missing.join(", ")}: npm run embedded -- --install, or apt install ${packages.join(" ")}`);
  process.exit(1);
}
const node = (...args) =>
  run(
    process.execPath,
    args.map((arg) => (arg.endsWith(".mjs") ? join(root, arg) : arg)),
  );
node("scripts/test.mjs", "test/embedded");
node("scripts/fuzz-c.mjs");
node("scripts/misra-c.mjs");
node("bench/embedded.mjs");
node("bench/embedded/conceal.mjs");
if (values.speech) node("bench/embedded.mjs", "--speech", values.speech, "--python", values.python);
node("scripts/generate.mjs");
