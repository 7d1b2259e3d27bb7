/** Tables of figures of the library in C for small devices, from bench/results/embedded.json. */
import { f, table } from "./figures-text.mjs";

const million = (value) => `${f(value / 1e6, 1)} M`;
const megabytes = (bytes) => `${f(bytes / 1e6, 1)} MB`;

const FRAMES_A_SECOND = 12.5;
const FRAME_MS = 1000 / FRAMES_A_SECOND;
const CLOCK_MHZ = 480;
/** MB/s of reading by DMA: STM32H723 at 91.6 MHz, github.com/mbed-ce/mbed-os pull request 456. */
const QUAD_MEGABYTES = 43;
/** MB/s that octal flash with DTR reaches at 100 MHz and more, by its data sheets. */
const OCTAL_MEGABYTES = 200;
const ESP32_MHZ = 240;

/**
 * What was wanted of the decoder when the library was planned, from a prototype of it: flash for
 * weights and code, memory, work of a frame. With several frames a call, weights are read once for
 * all of them.
 */
const WANTED = {
  flashBytes: { 8: 12_000_000, 4: 8_000_000 },
  bothFlashBytes: 12_000_000,
  arenaBytes: { 1: 320_000, 4: 400_000 },
  stackBytes: 4096,
  instructions: { assembly: 28e6, plain: 30e6 },
  cycles: 26e6,
  weightBytes: { 1: 8.2e6, 4: 2.8e6 },
  differenceDb: -35,
  encoderCycles: 19e6, // the most that was thought
};

function nameOf(half, { batch, bits, flags }) {
  const parts = [`${half}, ${batch} frame${batch > 1 ? "s" : ""} a call`];
  if (bits === 4) parts.push("4 bits");
  if (flags.length > 0) parts.push("without assembly");
  return parts.join(", ");
}

function agreement({ differenceDb, equalCodes }) {
  if (differenceDb !== undefined) return `${f(differenceDb, 0)} dB`;
  return equalCodes === undefined ? "see below" : `${f(100 * equalCodes, 1)} % of the codes`;
}

function onTheBoard({ measured, codeBytes, frames, bothBlobBytes, decoders, encoders }) {
  const rows = [...decoders.map((run) => ["decoder", run]), ...encoders.map((run) => ["encoder", run])];
  const [eight, four] = [8, 4].map((bits) => decoders.find((run) => run.bits === bits).blobBytes);
  return [
    "| Cortex-M7 on QEMU | instructions of a frame (80 ms) | cycles by LLVM's model | weights read for a frame | blob | arena | stack | against TypeScript |",
    "|---|---|---|---|---|---|---|---|",
    ...rows.map(([half, run]) => {
      const { meanInstructions, cycles, weightBytes, blobBytes, arenaBytes, stackBytes } = run;
      return `| ${nameOf(half, run)} | ${million(meanInstructions)} | ${million(cycles)} | ${megabytes(weightBytes)} | ${blobBytes} B | ${arenaBytes} B | ${stackBytes} B | ${agreement(run)} |`;
    }),
    "",
    `Code and constants of both halves have ${codeBytes} bytes: the decoder takes ${eight + codeBytes} bytes of flash, with weights of 4 bits ${four + codeBytes}, both halves with weights of 4 bits ${bothBlobBytes[4] + codeBytes}.`,
    `Means of ${frames} frames of speech, \`${measured.command}\`, gcc ${measured.compiler} -O2, QEMU ${measured.qemu}, llvm-mca ${measured.llvm}, commit ${measured.commit}.`,
  ];
}

/** A row of what was found in runs, what was wanted at most, and which runs miss it. */
function goal(what, runs, value, limit, text) {
  const values = runs.map(value);
  const [least, most] = [Math.min(...values), Math.max(...values)].map(text);
  const past = runs.filter((run) => value(run) > limit).map((run) => `${nameOf("", run).slice(2)}: ${text(value(run))}`);
  const missed = runs.length > 1 ? `**missed** (${past.join("; ")})` : "**missed**";
  return [what, least === most ? least : `${least} to ${most}`, text(limit), past.length > 0 ? missed : "kept"];
}

function goalsOfMemory({ codeBytes, bothBlobBytes, decoders }) {
  const bytes = (count) => `${count} B`;
  const flashBytes = ({ blobBytes }) => blobBytes + codeBytes;
  const both = { batch: 1, bits: 4, flags: [], blobBytes: bothBlobBytes[4] };
  const ofBits = (bits) => [decoders.find((run) => run.bits === bits)];
  const ofBatch = (batch) => decoders.filter((run) => run.batch === batch);
  return [
    ...[8, 4].map((bits) => goal(`decoder's blob and code, ${bits} bits`, ofBits(bits), flashBytes, WANTED.flashBytes[bits], bytes)),
    goal("blob of both halves and code, 4 bits", [both], flashBytes, WANTED.bothFlashBytes, bytes),
    goal("arena, 1 frame a call", ofBatch(1), (run) => run.arenaBytes, WANTED.arenaBytes[1], bytes),
    goal("arena, 4 frames a call", ofBatch(4), (run) => run.arenaBytes, WANTED.arenaBytes[4], bytes),
    goal("stack", decoders, (run) => run.stackBytes, WANTED.stackBytes, bytes),
    goal("weights read for a frame, 1 a call", ofBatch(1), (run) => run.weightBytes, WANTED.weightBytes[1], megabytes),
    goal("weights read for a frame, 4 a call", ofBatch(4), (run) => run.weightBytes, WANTED.weightBytes[4], megabytes),
  ];
}

function goalsOfWork({ decoders, encoders }) {
  const instructions = (run) => run.meanInstructions;
  const cycles = (run) => run.cycles;
  const inAssembly = ({ flags }) => flags.length === 0;
  const [assembly, plain] = [decoders.filter(inAssembly), decoders.filter((run) => !inAssembly(run))];
  return [
    goal("instructions of a frame, with assembly", assembly, instructions, WANTED.instructions.assembly, million),
    goal("instructions of a frame, without", plain, instructions, WANTED.instructions.plain, million),
    goal("cycles of a frame, with assembly", assembly, cycles, WANTED.cycles, million),
    goal("cycles of a frame, without", plain, cycles, WANTED.cycles, million),
    goal("cycles of a frame of the encoder, with assembly", encoders.filter(inAssembly), cycles, WANTED.encoderCycles, million),
  ];
}

/** What was wanted, and whether it is so. */
export function embeddedGoals(results) {
  const compared = results.decoders.filter(({ differenceDb }) => differenceDb !== undefined);
  const decibels = (db) => `${f(db, 0)} dB`;
  return table(
    ["what, at most", "found", "wanted", ""],
    [
      ...goalsOfMemory(results),
      ...goalsOfWork(results),
      goal("against TypeScript, weights of 8 bits", compared, (run) => run.differenceDb, WANTED.differenceDb, decibels),
    ],
  );
}

function onSpeech({ measured, clips, every, longestSeconds, versions, typescript, ways }) {
  const labels = {
    wide: "C for hosts (`-DT12_WIDE`)",
    small: "C for devices",
    "small-4": "C for devices, weights of 4 bits",
    both: "encoder and decoder in C for devices",
    "both-4": "encoder and decoder in C for devices, weights of 4 bits",
  };
  const signed = ({ gain, standardError }, digits) => `${gain < 0 ? "" : "+"}${f(gain, digits)} ± ${f(standardError, digits)}`;
  const distance = ({ medianDb, ninetyPercentDb, worstDb, equalCodes }) =>
    medianDb === undefined
      ? `${f(100 * equalCodes, 1)} % of the codes are equal`
      : [medianDb, ninetyPercentDb, worstDb].map((db) => f(db, 0)).join(" / ");
  return [
    "| held-out speech | PESQ-WB | change | STOI | change | dB against TypeScript: median / 90 % below / worst |",
    "|---|---|---|---|---|---|",
    `| TypeScript | ${f(typescript.pesqWb, 3)} | | ${f(typescript.stoi, 4)} | | |`,
    ...ways.map((way) => {
      const scores = `${f(way.pesqWb, 3)} | ${signed(way.pesqWbGain, 3)} | ${f(way.stoi, 4)} | ${signed(way.stoiGain, 4)}`;
      return `| ${labels[way.way]} | ${scores} | ${distance(way)} |`;
    }),
    "",
    `${every === 1 ? "" : `A first look: each ${every}th clip. `}Means over ${clips} clips of at most ${longestSeconds} s with the standard error of the paired difference, 16 layers, PyPI pesq ${versions.pesq} and pystoi ${versions.pystoi}, \`${measured.command}\`, commit ${measured.commit}.`,
  ];
}

/** What a kind of flash leaves of a frame's time. */
function verdict(weightBytes, megabytesASecond) {
  const share = (weightBytes * FRAMES_A_SECOND) / 1e6 / megabytesASecond;
  return share > 1 ? "too slow" : `${f(FRAME_MS * share, 0)} of ${FRAME_MS} ms`;
}

/** Why the npm package and the page keep weights of 8 bits. */
function download({ bothBlobBytes }) {
  const saved = bothBlobBytes[8] - bothBlobBytes[4];
  return [
    `The npm package and the page keep weights of 8 bits: with 4 the two halves would be ${megabytes(saved)} of ${megabytes(bothBlobBytes[8])} smaller, ${f((100 * saved) / bothBlobBytes[8], 0)} % and not half, and one model would have two sounds and two sets of codes under one identity.`,
  ];
}

/** Whether one core codes in both directions at once. */
function bothAtOnce(needed, has) {
  return `Encoder and decoder at once need ${million(needed)} cycles a frame of the ${million(has)} that such a core has in ${FRAME_MS} ms: ${needed > has ? "talking both ways at the same time does not fit on it, one way at a time does" : "both fit on it"}.`;
}

function flash({ decoders, encoders }) {
  const runs = decoders.filter(({ flags }) => flags.length === 0);
  const cells = (cell) => runs.map(cell).join(" | ");
  const plain = decoders.find(({ bits, flags }) => bits === 8 && flags.length > 0).meanInstructions * FRAMES_A_SECOND;
  const assembly = runs[0];
  const encoder = encoders.find(({ bits, flags }) => bits === 8 && flags.length === 0).cycles;
  const [bothCycles, hasCycles] = [assembly.cycles + encoder, CLOCK_MHZ * 1000 * FRAME_MS];
  return [
    `| decoder's weights in | ${cells((run) => nameOf("", run).slice(2))} |`,
    `|---|${runs.map(() => "---|").join("")}`,
    `| needed | ${cells(({ weightBytes }) => `${f((weightBytes * FRAMES_A_SECOND) / 1e6, 0)} MB/s`)} |`,
    `| quad SPI flash by DMA, ${QUAD_MEGABYTES} MB/s | ${cells(({ weightBytes }) => verdict(weightBytes, QUAD_MEGABYTES))} |`,
    `| octal flash with DTR, ${OCTAL_MEGABYTES} MB/s or more | ${cells(({ weightBytes }) => verdict(weightBytes, OCTAL_MEGABYTES))} |`,
    "",
    `On a core of ${CLOCK_MHZ} MHz the decoder's ${million(assembly.cycles)} cycles are ${f((100 * assembly.cycles * FRAMES_A_SECOND) / (CLOCK_MHZ * 1e6), 0)} % of the time, if every load hits the first cache and every branch is foreseen; expect 15 to 30 % more. ${bothAtOnce(bothCycles, hasCycles)} The vector instructions of an ESP32-S3 are not used: the ${f(plain / 1e6, 0)} M instructions a second of the decoder without assembly, as an Arm counts them, are more than one core of ${ESP32_MHZ} MHz does.`,
  ];
}

/** What a lost frame costs. */
function conceal({ measured, moreBytes, runs }) {
  const rows = runs.map(({ flags, held, past, both }) => [
    flags.length > 0 ? "without assembly" : "with assembly",
    ...[held, past, both].map(million),
  ]);
  const [{ memoryBytes, stackBytes }] = runs;
  return [
    ...table(["instructions of a lost frame", "held", "predicted from the past", "with the frame after"], rows),
    "",
    `The predictor takes ${moreBytes} bytes more in the blob, ${memoryBytes} bytes of memory, and a stack of ${stackBytes} bytes. \`${measured.command}\`, gcc ${measured.compiler} -O2, QEMU ${measured.qemu}, commit ${measured.commit}.`,
  ];
}

/** @param read results by their name */
export function embeddedFigures(read) {
  return {
    embedded: () => onTheBoard(read("embedded")),
    embeddedGoals: () => embeddedGoals(read("embedded")),
    embeddedConceal: () => conceal(read("embedded-conceal")),
    embeddedFlash: () => flash(read("embedded")),
    embeddedDownload: () => download(read("embedded")),
    embeddedSpeech: () => onSpeech(read("embedded").heldOut),
  };
}
