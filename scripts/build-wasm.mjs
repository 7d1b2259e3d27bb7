/**
 * `node scripts/build-wasm.mjs`: compiles embedded/ to WebAssembly, with and without SIMD, into
 * packages/codec/wasm/, where the built files are kept. The bytes are the same wherever this
 * compiler runs: clang 19 and lld of Debian (`apt install clang-19 lld-19`). `--check` builds
 * elsewhere and compares; exit status 2 where there is no such compiler.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { C_LIBRARY, cFiles } from "./c-library.mjs";
import { root } from "./prepare.mjs";

const COMPILER = "clang-19";
const VERSION = "19.1.7";
const NO_COMPILER = 2;
const FOLDER = join(root, "packages/codec/wasm");
/** Paths are relative to the root folder, so that none of this machine gets into the file. */
const SOURCES = [...C_LIBRARY, ...cFiles("embedded/wasm")];
const LANGUAGE = ["--target=wasm32", "-std=c99", "-O3", "-ffreestanding", "-nostdlib", "-DT12_WIDE"];
/** Every rounding as it is written, and no errno: the same bits everywhere. */
const ROUNDING = ["-ffp-contract=off", "-fno-math-errno"];
const FEATURES = ["-mbulk-memory", "-mnontrapping-fptoint"];
/** Names stay, for profilers. */
const LINKING = ["-Wl,--no-entry", "-Wl,--strip-debug", "-Wl,-z,stack-size=65536"];
const BUILDS = { "codec-simd.wasm": ["-msimd128"], "codec.wasm": [] };

function hasCompiler() {
  return (spawnSync(COMPILER, ["--version"], { encoding: "utf8" }).stdout ?? "").includes(`version ${VERSION}`);
}

function build(folder) {
  const includes = ["-Iembedded/include", "-Iembedded/wasm/include"];
  for (const [name, flags] of Object.entries(BUILDS)) {
    const args = [...LANGUAGE, ...ROUNDING, ...FEATURES, ...flags, ...LINKING, ...includes, ...SOURCES, "-o", join(folder, name)];
    const { status, stderr } = spawnSync(COMPILER, args, { cwd: root, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  }
}

function differing(folder) {
  return Object.keys(BUILDS).filter((name) => !readFileSync(join(folder, name)).equals(readFileSync(join(FOLDER, name))));
}

if (!hasCompiler()) {
  console.error(`This needs ${COMPILER} ${VERSION} with its linker: apt install clang-19 lld-19`);
  process.exit(NO_COMPILER);
}
if (process.argv.includes("--check")) {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-wasm-"));
  build(folder);
  const names = differing(folder);
  rmSync(folder, { recursive: true });
  if (names.length > 0) {
    console.error(`${names.join(", ")} in packages/codec/wasm is not what embedded/ compiles to; run node scripts/build-wasm.mjs`);
    process.exit(1);
  }
} else {
  mkdirSync(FOLDER, { recursive: true });
  build(FOLDER);
  for (const name of Object.keys(BUILDS)) console.log(`packages/codec/wasm/${name}: ${readFileSync(join(FOLDER, name)).length} bytes`);
}
