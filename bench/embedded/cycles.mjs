/**
 * Cycles of a Cortex-M7 by LLVM's model of it (`llvm-mca -mcpu=cortex-m7`: in order, two at once):
 * each straight piece of code runs 50 times in a row in the model, weighted with how often it ran on
 * the emulator. The model takes every load for a hit of the first cache and every branch for
 * foreseen. VDIV.F32 and VSQRT.F32 are taken as 16 and 14 cycles, as measured on an STM32H743
 * (github.com/jnk0le/random, pipeline cycle test). Needs llvm-mca-19 (`apt install llvm-19`), gcc.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { emulate } from "./emulator.mjs";

const MODEL = "llvm-mca-19";
const TARGET = ["-mtriple=thumbv7em-none-eabihf", "-mcpu=cortex-m7", "-instruction-info=0", "-resource-pressure=0"];
const ITERATIONS = 50;
const DIVISION_CYCLES = 16;
const ROOT_CYCLES = 14;
/** Of an instruction beside a division, where the model says less. */
const OTHER_CYCLES = 0.8;
/** Pieces with a smaller share of all instructions count a cycle an instruction. */
const LEAST_SHARE = 2e-5;
const BRANCH = /^(?:b|bl|bx|blx|cbz|cbnz|tbb|tbh|b(?:eq|ne|lt|gt|le|ge|cc|cs|hi|ls|mi|pl|vs|vc))(?:\.[nw])?$/;
const CONDITIONAL =
  /^(movs?|mvn|adds?|subs?|rsb|ldrs?[bh]?|ldrd|strd?[bh]?|vmov|vneg|vldr|vstr|and|orr|eor|bic|asr|lsl|lsr|vadd|vsub|vmul|vabs|cmp)(?:eq|ne|lt|gt|le|ge|cc|cs|hi|ls|mi|pl|vs|vc)(\..*)?$/;

/** Whether the model is there. */
export function hasModel() {
  return spawnSync(MODEL, ["--version"]).status === 0;
}

export function modelVersion() {
  return execFileSync(MODEL, ["--version"], { encoding: "utf8" }).match(/version (\S+)/)[1];
}

/** The plugin that counts, compiled. */
function plugin(folder) {
  const library = join(folder, "libcount.so");
  const source = join(dirname(fileURLToPath(import.meta.url)), "count-plugin.c");
  execFileSync("gcc", ["-std=gnu11", "-O2", "-shared", "-fPIC", source, "-o", library]);
  return library;
}

/** How often each address ran. */
function countsOf(program, folder, input) {
  const out = join(folder, "counts.txt");
  emulate(program, folder, input, ["-plugin", `${plugin(folder)},out=${out}`]);
  const lines = readFileSync(out, "utf8").trim().split("\n");
  return new Map(lines.map((line) => line.split(" ")).map(([at, count]) => [Number.parseInt(at, 16), Number(count)]));
}

function instructionsOf(program) {
  const text = execFileSync("arm-none-eabi-objdump", ["-d", "--no-show-raw-insn", program], { encoding: "utf8", maxBuffer: 2 ** 28 });
  const found = [];
  let name = "";
  for (const line of text.split("\n")) {
    const label = line.match(/^[0-9a-f]+ <(.+)>:$/);
    if (label) name = label[1];
    const parts = line.match(/^\s+([0-9a-f]+):\s+(\S+)\s*([^;@]*)/);
    if (parts && !parts[2].startsWith("."))
      found.push({ at: Number.parseInt(parts[1], 16), name, operation: parts[2], operands: parts[3].trim() });
  }
  return found;
}

/** Straight pieces: instructions of a function that ran equally often, up to a branch. */
function piecesOf(instructions, counts) {
  const pieces = [];
  let piece;
  for (const instruction of instructions) {
    const count = counts.get(instruction.at) ?? 0;
    if (count === 0) {
      piece = undefined;
      continue;
    }
    if (!piece || piece.count !== count || piece.name !== instruction.name)
      pieces.push((piece = { name: instruction.name, count, body: [] }));
    piece.body.push(instruction);
    if (BRANCH.test(instruction.operation)) piece = undefined;
  }
  return pieces;
}

/** An instruction as the model's assembler takes it, without its condition and addresses of code. */
function textOf({ operation, operands }) {
  if (/^it[te]*$/.test(operation) || /^(?:vmrs|vmsr|mrs|msr|bkpt|dsb|isb)/.test(operation)) return "nop";
  if (BRANCH.test(operation)) {
    if (operation.startsWith("cb")) return `${operation.split(".")[0]} ${operands.split(",")[0]}, #8`;
    return /^(?:bl?x?|tb.)(?:\.[nw])?$/.test(operation) && operation.replace(/\..*/, "") !== "b"
      ? "nop"
      : `${operation.split(".")[0]} #-32`;
  }
  const plain = operation.replace(CONDITIONAL, (_, stem, rest = "") => stem + rest);
  let to = operands.replace(/<[^>]*>/g, "").trim();
  if (/^v?ldr/.test(plain)) to = to.replace(/\[pc.*\]/, "[sp]");
  if (plain.startsWith("adr")) return `mov ${to.split(",")[0]}, r0`;
  if (/^vmov\.f(?:32|64)/.test(plain) && to.includes("#")) to = `${to.split(",")[0]}, #1.0`;
  const wide = /\]!|\], #/.test(to) || (/^(?:str|ldr)[bh]?\.w$/.test(plain) && to.includes("#-")) ? plain.replace(".w", "") : plain;
  return `${wide} ${to}`;
}

/** Cycles of an iteration of each piece, by its number. */
function modelled(pieces, folder) {
  const file = join(folder, "pieces.s");
  const regions = pieces.map(({ body }, i) => `# LLVM-MCA-BEGIN p${i}\n${body.map(textOf).join("\n")}\n# LLVM-MCA-END\n`);
  let source = `.syntax unified\n.thumb\n${regions.join("")}`;
  const replaced = new Set();
  for (;;) {
    writeFileSync(file, source);
    const { stdout, stderr } = spawnSync(MODEL, [...TARGET, `-iterations=${ITERATIONS}`, file], { encoding: "utf8", maxBuffer: 2 ** 28 });
    const unknown = stderr.match(/unsupported instruction[\s\S]*?note: instruction:\s*(\S+)/)?.[1];
    const wrong = [...stderr.matchAll(/:(\d+):\d+: error/g)].map((match) => Number(match[1]) - 1);
    if (!unknown && wrong.length === 0) return { replaced: [...replaced], cycles: cyclesIn(stdout) };
    const isReplaced = (line, i) => wrong.includes(i) || line.split(" ")[0] === unknown;
    const lines = source.split("\n");
    for (const [i, line] of lines.entries()) if (isReplaced(line, i)) replaced.add(line.split(" ")[0]);
    source = lines.map((line, i) => (isReplaced(line, i) ? (line.startsWith("v") ? "vadd.f32 s31, s30, s29" : "nop") : line)).join("\n");
  }
}

function cyclesIn(report) {
  const found = report.matchAll(/Code Region - p(\d+)\n\nIterations:\s+\d+\nInstructions:\s+\d+\nTotal Cycles:\s+(\d+)/g);
  return new Map([...found].map((match) => [Number(match[1]), Number(match[2]) / ITERATIONS]));
}

/** The cycles of a piece, with divisions and roots as they were measured. */
function cyclesOf(body, model) {
  const [divisions, roots] = ["vdiv.f32", "vsqrt.f32"].map((name) => body.filter(({ operation }) => operation.startsWith(name)).length);
  const least = divisions * DIVISION_CYCLES + roots * ROOT_CYCLES + (body.length - divisions - roots) * OTHER_CYCLES;
  return divisions + roots > 0 ? Math.max(model, least) : model;
}

/**
 * Instructions and cycles of a frame, and of its functions: what more frames take more.
 * @param inputs names of two inputs that differ in their frames
 * @param frames by how many
 */
export function modelCycles(program, folder, [few, many], frames) {
  const [before, after] = [few, many].map((input) => countsOf(program, folder, input));
  const counts = new Map([...after].map(([at, count]) => [at, count - (before.get(at) ?? 0)]));
  const pieces = piecesOf(instructionsOf(program), counts);
  const instructions = pieces.reduce((sum, { count, body }) => sum + count * body.length, 0);
  const hot = pieces.filter(({ count, body }) => count * body.length > instructions * LEAST_SHARE);
  const { cycles, replaced } = modelled(hot, folder);
  const byFunction = new Map();
  for (const piece of pieces) {
    const { name, count, body } = piece;
    const each = cyclesOf(body, cycles.get(hot.indexOf(piece)) ?? body.length);
    const sum = byFunction.get(name) ?? { instructions: 0, cycles: 0 };
    byFunction.set(name, { instructions: sum.instructions + (count * body.length) / frames, cycles: sum.cycles + (count * each) / frames });
  }
  const functions = [...byFunction].map(([name, sum]) => ({ name, ...sum })).sort((a, b) => b.cycles - a.cycles);
  return { instructions: instructions / frames, cycles: functions.reduce((sum, part) => sum + part.cycles, 0), replaced, functions };
}
