/** The library in C as CMake, Arduino, PlatformIO and Zephyr compile it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { root } from "../root.ts";
import { compilers, hasCompiler } from "../support/c-compiler.ts";

const embedded = join(root, "embedded");
const place = mkdtempSync(join(tmpdir(), "twelvehz-packaging-"));
afterAll(() => rmSync(place, { recursive: true }));

const hasCMake = spawnSync("cmake", ["--version"]).status === 0;

/** A program that includes every header. */
const MAIN =
  '#include "twelvehz.h"\n#include "twelvehz_encoder.h"\n#include "twelvehz_packet.h"\nint main(void) { t12_model m; return t12_model_open(&m, 0, 0, 0) == T12_OK; }\n';
/** What the exact sums rely on, in every build. */
const FLAGS = ["-ffp-contract=off", "-fno-math-errno"];

/** Runs a program, which must succeed. */
function run(program: string, args: readonly string[], cwd = place): void {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  expect([status, status === 0 ? "" : stdout + stderr]).toEqual([0, ""]);
}

it("CMake builds every source file, and installs every header", () => {
  const list = readFileSync(join(embedded, "CMakeLists.txt"), "utf8");
  const named = (folder: string, ending: string): string[] =>
    [...list.matchAll(new RegExp(`${folder}/(\\w+\\.${ending})\\b`, "g"))].map(([, name]) => name!).sort();
  expect(named("src", "c")).toEqual(
    readdirSync(join(embedded, "src"))
      .filter((name) => name.endsWith(".c"))
      .sort(),
  );
  expect(named("include", "h")).toEqual(readdirSync(join(embedded, "include")).sort());
});

it.skipIf(!hasCMake || !hasCompiler)("a program finds the package, and links", () => {
  const [build, prefix, user] = ["build", "prefix", "user"].map((name) => join(place, name)) as [string, string, string];
  run("cmake", ["-S", embedded, "-B", build, `-DCMAKE_INSTALL_PREFIX=${prefix}`, "-DT12_EXAMPLES=ON"]);
  run("cmake", ["--build", build, "-j", "2"]);
  run("cmake", ["--install", build]);
  writeFileSync(
    join(place, "CMakeLists.txt"),
    "cmake_minimum_required(VERSION 3.16)\nproject(user C)\nfind_package(twelvehz REQUIRED)\nadd_executable(user main.c)\ntarget_link_libraries(user twelvehz::twelvehz)\n",
  );
  writeFileSync(join(place, "main.c"), MAIN);
  run("cmake", ["-S", place, "-B", user, `-DCMAKE_PREFIX_PATH=${prefix}`]);
  run("cmake", ["--build", user]);
  run(join(user, "user"), []);
});

/** Sources of a folder, with their paths. */
function sourcesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(folder, name));
}

/**
 * Compiles sources and a program that includes every header, and links all of it: nothing is missing.
 * @returns the instructions of the library
 */
function compileAndLink(name: string, sources: readonly string[], include: readonly string[], flags: readonly string[]): string {
  const folder = join(place, name);
  const headers = include.map((path) => `-I${path}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "main.c"), MAIN);
  run(compilers[0]!, ["-S", ...flags, ...headers, ...sources], folder);
  const assembly = sources.map((source) => `${basename(source, ".c")}.s`);
  run(compilers[0]!, [...flags, ...headers, "main.c", ...assembly, "-lm", "-o", "main"], folder);
  run(join(folder, "main"), []);
  return assembly.map((file) => readFileSync(join(folder, file), "utf8")).join("");
}

it.skipIf(!hasCompiler)("Arduino, which knows only src/ and flags of its own, builds what the script lays out", () => {
  const script = join(root, "scripts/arduino.mjs");
  run(process.execPath, [script, "-o", place, "--url", "https://example.com/twelvehz"]);
  const library = join(place, "twelvehz");
  const properties = readFileSync(join(library, "library.properties"), "utf8");
  expect(properties).toMatch(/^url=https:\/\/example.com\/twelvehz$/m);
  for (const [, header] of properties.matchAll(/^includes=(.*)$/gm)) expect(existsSync(join(library, "src", header!))).toBe(true);
  const sources = sourcesOf(join(library, "src"));
  expect(sources.length).toBeGreaterThan(1);
  // Fused instructions are there to be used; those that the sums ask for by name are left out.
  const fused = process.arch === "x64" ? ["-mfma", "-U__FP_FAST_FMAF"] : ["-U__FP_FAST_FMAF"];
  const instructions = compileAndLink("arduino", sources, [join(library, "src")], ["-Os", "-std=gnu11", ...fused]);
  expect(instructions.match(/\bv?fn?m(add|sub|la|ls)\w*/g)).toBeNull();

  const again = spawnSync(process.execPath, [script, "-o", place], { encoding: "utf8" });
  expect([again.status, again.stderr.split("\n")[0]]).toEqual([
    2,
    `Cannot write ${library}: it is there already; move it away, or name another folder`,
  ]);
});

it.skipIf(!hasCompiler)("PlatformIO builds what library.json names", () => {
  const { headers, build } = JSON.parse(readFileSync(join(embedded, "library.json"), "utf8")) as {
    headers: string;
    build: { includeDir: string; srcDir: string; srcFilter: string[]; flags: string[] };
  };
  const sources = build.srcFilter.flatMap((filter) => {
    const [, pattern] = /^\+<(.*)\/\*\.c>$/.exec(filter)!;
    return sourcesOf(join(embedded, build.srcDir, pattern!));
  });
  expect(existsSync(join(embedded, build.includeDir, headers))).toBe(true);
  expect(build.flags).toEqual(FLAGS);
  const include = [build.includeDir, build.srcDir].map((folder) => join(embedded, folder));
  compileAndLink("platformio", sources, include, build.flags);
});

it.skipIf(!hasCMake || !hasCompiler)("Zephyr builds what the module names", () => {
  const module = readFileSync(join(embedded, "zephyr/module.yml"), "utf8");
  const [, folder] = /^ {2}cmake: (.*)$/m.exec(module)!;
  const [, kconfig] = /^ {2}kconfig: (.*)$/m.exec(module)!;
  expect(readFileSync(join(embedded, kconfig!), "utf8")).toContain("config TWELVEHZ\n");
  const application = join(place, "zephyr");
  mkdirSync(application);
  writeFileSync(join(application, "main.c"), MAIN);
  // Zephyr's own functions, as far as the module calls them.
  const lines = [
    "cmake_minimum_required(VERSION 3.20)",
    "project(application C)",
    "set(CONFIG_TWELVEHZ y)",
    "add_executable(application main.c)",
    "macro(zephyr_library_named name)\n  add_library(${name} OBJECT)\n  target_link_libraries(application ${name} m)\nendmacro()",
    "macro(zephyr_library_sources)\n  target_sources(twelvehz PRIVATE ${ARGV})\nendmacro()",
    "macro(zephyr_library_compile_options)\n  target_compile_options(twelvehz PRIVATE ${ARGV})\nendmacro()",
    "macro(zephyr_include_directories)\n  target_include_directories(twelvehz PUBLIC ${ARGV})\nendmacro()",
    `add_subdirectory(${join(embedded, folder!)} module)`,
  ];
  writeFileSync(join(application, "CMakeLists.txt"), `${lines.join("\n")}\n`);
  run("cmake", ["-S", application, "-B", join(application, "build"), "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]);
  run("cmake", ["--build", join(application, "build"), "-j", "2"]);
  run(join(application, "build/application"), []);
  const commands = JSON.parse(readFileSync(join(application, "build/compile_commands.json"), "utf8")) as {
    command: string;
    file: string;
  }[];
  const library = commands.filter(({ file }) => dirname(file) !== application);
  expect(library.length).toBeGreaterThan(1);
  for (const { command } of library) for (const flag of FLAGS) expect(command.split(" ")).toContain(flag);
});

it("the README and CMake name the same options of the compiler", () => {
  const [readme, cmake] = ["README.md", "CMakeLists.txt"].map((name) => readFileSync(join(embedded, name), "utf8"));
  expect(readme).toContain(`\`-O2 ${FLAGS.join(" ")}\``);
  expect(cmake).toContain(`target_compile_options(twelvehz PRIVATE ${FLAGS.join(" ")})`);
});
