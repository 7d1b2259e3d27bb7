/** The C library of embedded/ and its test programs, compiled on this machine. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { root } from "../root.ts";

const STRICT = ["-std=gnu11", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"];
const SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
/** How programs are compiled: to find every fault, or to give their numbers soon. */
const WAYS = { checked: ["-O1", ...SANITIZERS], fast: ["-O2"] } as const;
const LIBRARY = ["embedded/src", "embedded/third_party/pffft"];
const HEADERS = [...LIBRARY, "embedded/include"];
const INCLUDE = `-I${join(root, "embedded/include")}`;
const CACHE = join(root, "node_modules/.cache/twelvehz-c");

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

function sources(folder: string, ending = ".c"): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(root, folder, name));
}

function run(compiler: string, args: readonly string[], cwd: string): void {
  const { status, stderr } = spawnSync(compiler, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

/**
 * The library's object files, compiled once for each state of its files: other tests, and the next
 * run, find them.
 */
function library(flags: readonly string[], compiler: string): readonly string[] {
  const all = [...STRICT, INCLUDE, ...flags];
  const files = [...LIBRARY.flatMap((folder) => sources(folder)), ...HEADERS.flatMap((folder) => sources(folder, ".h"))];
  const hash = createHash("sha256")
    .update(spawnSync(compiler, ["--version"]).stdout)
    .update(all.join(" "));
  for (const file of files) hash.update(file).update(readFileSync(file));
  const place = join(CACHE, hash.digest("hex").slice(0, 16));
  if (!existsSync(place)) {
    mkdirSync(CACHE, { recursive: true });
    const making = mkdtempSync(join(CACHE, "making-"));
    run(compiler, [...all, "-c", ...LIBRARY.flatMap((folder) => sources(folder))], making);
    try {
      renameSync(making, place);
    } catch {
      rmSync(making, { recursive: true }); // another test was faster
    }
  }
  return readdirSync(place).map((name) => join(place, name));
}

/**
 * Compiles programs with the library.
 * @param folder made here; headers are also looked for beside it
 * @param programs paths below embedded/
 * @param compiler one of {@link compilers}; the first unless another is named
 * @param way with sanitizers, or `fast`, several times as fast, where other tests run the same code with them
 * @returns where a program lies, by its name
 */
export function compileInC(
  folder: string,
  flags: readonly string[],
  programs: readonly string[],
  compiler: string = compilers[0]!,
  way: keyof typeof WAYS = "checked",
): (program: string) => string {
  mkdirSync(folder);
  const objects = library([...WAYS[way], ...flags], compiler);
  const all = [...STRICT, ...WAYS[way], INCLUDE, `-I${dirname(folder)}`, ...flags];
  const named = (program: string): string => join(folder, basename(program, ".c"));
  for (const program of programs) run(compiler, [...all, join(root, "embedded", program), ...objects, "-lm", "-o", named(program)], folder);
  return named;
}
