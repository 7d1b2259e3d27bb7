/** The library in C as CMake installs it, for a program that finds it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { root } from "../root.ts";
import { hasCompiler } from "../support/c-compiler.ts";

const embedded = join(root, "embedded");
const place = mkdtempSync(join(tmpdir(), "twelvehz-cmake-"));
afterAll(() => rmSync(place, { recursive: true }));

const hasCMake = spawnSync("cmake", ["--version"]).status === 0;

/** Runs a program, which must succeed. */
function run(program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
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
  writeFileSync(
    join(place, "main.c"),
    '#include "twelvehz.h"\n#include "twelvehz_encoder.h"\n#include "twelvehz_packet.h"\nint main(void) { t12_model m; return t12_model_open(&m, 0, 0, 0) == T12_OK; }\n',
  );
  run("cmake", ["-S", place, "-B", user, `-DCMAKE_PREFIX_PATH=${prefix}`]);
  run("cmake", ["--build", user]);
  run(join(user, "user"), []);
});
