/** The C library of embedded/ and its test programs, compiled on this machine. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { root } from "../root.ts";

const STRICT = ["-std=gnu11", "-O1", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"];
const SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/**
 * The C compilers that are there: gcc and clang where it has the sanitizers, or what the variable CC
 * names.
 */
export const compilers: readonly string[] = process.env["CC"] ? [process.env["CC"]] : ["gcc", "clang-19"].filter(canSanitize);

/** Whether there is a C compiler. */
export const hasCompiler: boolean = compilers.length > 0;

function canSanitize(compiler: string): boolean {
  const place = mkdtempSync(join(tmpdir(), "twelvehz-compiler-"));
  const args = [...SANITIZERS, "-x", "c", "-", "-o", join(place, "program")];
  const { status } = spawnSync(compiler, args, { input: "int main(void) { return 0; }\n" });
  rmSync(place, { recursive: true });
  return status === 0;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(root, folder, name));
}

/**
 * Compiles the library once, with sanitizers, and every program with it.
 * @param folder made here; headers are also looked for beside it
 * @param programs paths below embedded/
 * @param compiler one of {@link compilers}; the first unless another is named
 * @returns where a program lies, by its name
 */
export function compileInC(
  folder: string,
  flags: readonly string[],
  programs: readonly string[],
  compiler = compilers[0]!,
): (program: string) => string {
  const compile = (args: readonly string[]): void => {
    const all = [...STRICT, ...SANITIZERS, `-I${join(root, "embedded/include")}`, `-I${dirname(folder)}`, ...flags, ...args];
    const { status, stderr } = spawnSync(compiler, all, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  };
  mkdirSync(folder);
  compile(["-c", ...["embedded/src", "embedded/third_party/pffft"].flatMap(sources)]);
  const objects = readdirSync(folder).filter((name) => name.endsWith(".o"));
  const named = (program: string): string => join(folder, basename(program, ".c"));
  for (const program of programs) compile([join(root, "embedded", program), ...objects, "-lm", "-o", named(program)]);
  return named;
}
