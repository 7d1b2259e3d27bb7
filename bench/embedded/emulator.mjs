/**
 * The library in C on an emulated Cortex-M7 (QEMU, mps2-an500) with 1 MB of memory. Instructions are
 * counted exactly; QEMU models neither caches nor flash nor cycles. Needs qemu-system-arm,
 * gcc-arm-none-eabi and libnewlib-arm-none-eabi.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { C_LIBRARY } from "../../scripts/c-library.mjs";
import { root } from "../../scripts/prepare.mjs";

const COMPILER = "arm-none-eabi-gcc";
const EMULATOR = "qemu-system-arm";
const MACHINE = ["-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard", "-mthumb"];
const FLAGS = [
  "-std=gnu99",
  "-O2",
  "-ffp-contract=off",
  "-fno-math-errno",
  "-ffunction-sections",
  "-fdata-sections",
  "-Wall",
  "-Wextra",
  "-Werror",
];
const LINKING = ["-nostartfiles", "--specs=rdimon.specs", "-T", join(root, "embedded/qemu/mps2-an500.ld"), "-Wl,--gc-sections"];
const QEMU = "-M mps2-an500 -nographic -monitor none -serial null -semihosting-config enable=on,target=native -icount shift=0".split(" ");
const INCLUDE = `-I${join(root, "embedded/include")}`;

/** The C files of the library. */
export const LIBRARY = C_LIBRARY.map((file) => join(root, file));

/** Whether compiler and emulator are there. */
export function hasEmulator() {
  return [COMPILER, EMULATOR].every((program) => spawnSync(program, ["--version"]).status === 0);
}

export function versions() {
  const compiler = execFileSync(COMPILER, ["-dumpversion"], { encoding: "utf8" }).trim();
  const qemu = execFileSync(EMULATOR, ["--version"], { encoding: "utf8" }).match(/version (\S+)/)[1];
  return { compiler, qemu };
}

function compile(args) {
  execFileSync(COMPILER, [...MACHINE, ...FLAGS, INCLUDE, ...args], { stdio: ["ignore", "ignore", "pipe"] });
}

/** Object files of the library in a folder, made once. */
function objectsIn(folder, flags) {
  const isThere = existsSync(folder);
  if (!isThere) mkdirSync(folder);
  return LIBRARY.map((source) => {
    const object = join(folder, basename(source).replace(".c", ".o"));
    if (!isThere) compile([...flags, "-c", source, "-o", object]);
    return object;
  });
}

/**
 * Compiles a program of embedded/qemu with the library.
 * @param folder with t12d.h; object files of the library go into a folder beside it
 * @param flags of library and program
 */
export function buildForBoard(folder, main, batch, flags) {
  const name = ["build", ...flags].join("");
  const sources = ["startup.c", main].map((source) => join(root, "embedded/qemu", source));
  const program = join(folder, `${name}-${basename(main, ".c")}-${batch}.elf`);
  const objects = objectsIn(join(dirname(folder), name), flags);
  compile([...flags, `-DT12_BATCH=${batch}u`, `-I${folder}`, ...sources, ...objects, ...LINKING, "-lm", "-o", program]);
  return program;
}

/** Compiles the examples for boards, without linking them: one needs the HAL of the vendor. */
export function compileExamples(folder) {
  const includes = [`-I${folder}`, `-I${join(root, "embedded/test/hal")}`];
  for (const source of ["dwt_cycles.c", "stm32h7/play_prompt.c"])
    compile([...includes, "-c", join(root, "embedded/examples", source), "-o", join(folder, `${basename(source, ".c")}.o`)]);
}

/**
 * Bytes of the library's code and constants: what its object files hold, without what the C library
 * adds.
 * @param place where {@link buildForBoard} has put the object files
 */
export function codeBytes(place) {
  const sizes = execFileSync("arm-none-eabi-size", objectsIn(join(place, "build"), []), { encoding: "utf8" });
  const rows = sizes.trim().split("\n").slice(1);
  return rows.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0);
}

/**
 * Runs a program that prints a line of JSON.
 * @param input what lies behind the blob; see {@link writeInput}
 * @param more arguments of QEMU
 */
export function emulate(program, folder, input, more = []) {
  const load = (file, address) => ["-device", `loader,file=${join(folder, file)},addr=${address},force-raw=on`];
  const args = [...QEMU, ...more, ...load("t12d.bin", "0x60000000"), ...load(input, "0x60F00000"), "-kernel", program];
  return JSON.parse(execFileSync(EMULATOR, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
}

/** What a program on the emulator takes: a count, then numbers of 16 bits. */
export function writeInput(path, count, numbers) {
  writeFileSync(path, Buffer.concat([new Uint8Array(Uint32Array.of(count).buffer), new Uint8Array(numbers.slice().buffer)]));
}

/** Numbers of 16 bits that a program has written. */
export function readOutput(path) {
  const bytes = readFileSync(path);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
