/**
 * The library in C, compiled on this machine as for devices (activations of 16 bits) and as for
 * hosts (T12_WIDE), on a folder of speech: how far its sound is from that of TypeScript, and what
 * PESQ and STOI say of it, with weights of 8 and of 4 bits, in both directions.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Audio, exportC, openCodec, writeAudio } from "@twelvehz/codec/node";
import { root } from "../../scripts/prepare.mjs";
import { LONGEST_SECONDS, readClip, soundFiles } from "../clips.mjs";
import { mean, meanGain } from "../machine.mjs";
import { score } from "../quality/score.mjs";
import { LIBRARY } from "./emulator.mjs";

const FLAGS = ["-std=gnu99", "-O2", "-ffp-contract=off", "-fno-math-errno", `-I${join(root, "embedded/include")}`];
const SAMPLE_RATE = 24_000;
const REFERENCE = "typescript";
/** What is compared with TypeScript: who encodes and who decodes, by build and bits of the weights. */
const WAYS = [
  { name: "wide", decode: ["wide", 8] },
  { name: "small", decode: ["small", 8] },
  { name: "small-4", decode: ["small", 4] },
  { name: "both", encode: ["small", 8], decode: ["small", 8] },
  { name: "both-4", encode: ["small", 4], decode: ["small", 4] },
];

/** Programs of embedded/test with the library, by their names. */
function compile(folder, build, flags) {
  const program = (name) => {
    const path = join(folder, `${build}-${name}`);
    execFileSync("gcc", [...FLAGS, ...flags, ...LIBRARY, join(root, `embedded/test/${name}.c`), "-lm", "-o", path]);
    return path;
  };
  return { decode: program("golden"), encode: program("encode") };
}

/** What a program writes, as numbers of a type. */
function outputOf(program, args, out, Type) {
  execFileSync(program, args.map(String));
  const bytes = readFileSync(out);
  return new Type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** How far a sound is from another, dB of the other. */
export function differenceDb(found, wanted) {
  const error = wanted.reduce((sum, x, i) => sum + (found[i] - x) ** 2, 0);
  return 10 * Math.log10(error / wanted.reduce((sum, x) => sum + x * x, 0));
}

class Library {
  #folder;
  #programs;
  #blobs = new Map();

  constructor(folder) {
    this.#folder = folder;
    this.#programs = { wide: compile(folder, "wide", ["-DT12_WIDE"]), small: compile(folder, "small", []) };
  }

  async export() {
    for (const bits of [8, 4])
      this.#blobs.set(bits, (await exportC("compact", join(this.#folder, `blob-${bits}`), { parts: "both", bits })).blob);
  }

  encode([build, bits], { samples }) {
    const [from, to] = ["samples", "codes"].map((name) => join(this.#folder, name));
    writeFileSync(from, samples);
    return outputOf(this.#programs[build].encode, [this.#blobs.get(bits), from, to], to, Int16Array);
  }

  decode([build, bits], codes, layers) {
    const [from, to] = ["codes", "sound"].map((name) => join(this.#folder, name));
    writeFileSync(from, codes);
    return outputOf(this.#programs[build].decode, [this.#blobs.get(bits), from, codes.length / layers, layers, to], to, Float32Array);
  }
}

/** Sounds of one clip as files for score.py; what each way gives, against TypeScript. */
async function throughAll(codec, library, clip, folder, name) {
  const write = (suffix, samples) =>
    writeAudio(join(folder, `${name}.${suffix}.wav`), new Audio(samples.slice(0, clip.samples.length), SAMPLE_RATE), { float: true });
  const codes = await codec.encode(clip);
  const wanted = (await codec.decode(codes)).samples;
  await write("reference", clip.samples);
  await write(REFERENCE, wanted);
  const found = {};
  for (const { name: way, encode, decode } of WAYS) {
    const own = encode ? library.encode(encode, clip) : codes.data;
    const sound = library.decode(decode, own, codes.layers);
    await write(way, sound);
    found[way] = encode
      ? { equalCodes: own.filter((code, i) => code === codes.data[i]).length / codes.data.length }
      : { differenceDb: differenceDb(sound.subarray(0, wanted.length), wanted) };
  }
  return found;
}

/** The result of work, made once and kept in a file. */
export async function once(path, work) {
  if (!existsSync(path)) writeFileSync(path, JSON.stringify(await work()));
  return JSON.parse(readFileSync(path, "utf8"));
}

/** The mean difference of a measure, clip by clip, and its standard error. */
function paired(found, wanted, index) {
  return meanGain(found.map((values, i) => values[index] - wanted[i][index]));
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

function summaryOf(way, clips, scored, wanted) {
  const each = clips.map((clip) => clip[way]);
  const decibels = each.flatMap(({ differenceDb: db }) => (db === undefined ? [] : [db]));
  const [pesqWb, stoi] = [0, 2].map((index) => paired(scored.each[way], wanted.each[REFERENCE], index));
  return {
    way,
    ...scored.scores[way],
    pesqWbGain: pesqWb,
    stoiGain: stoi,
    ...(decibels.length > 0
      ? { medianDb: quantile(decibels, 0.5), ninetyPercentDb: quantile(decibels, 0.9), worstDb: Math.max(...decibels) }
      : { equalCodes: mean(each.map(({ equalCodes }) => equalCodes)) }),
  };
}

/**
 * Measures a folder of speech.
 * @param every takes each Nth clip
 * @param work where sounds and scores are kept, so that an interrupted run goes on; else nowhere
 */
export async function measureHeldOut(speech, { python, work, every = 1 }) {
  const folder = work ?? mkdtempSync(join(tmpdir(), "twelvehz-held-out-"));
  mkdirSync(folder, { recursive: true });
  const library = new Library(folder);
  await library.export();
  const codec = await openCodec("compact", { backend: "onnx" });
  const clips = [];
  for (const file of soundFiles(speech).filter((_, i) => i % every === 0)) {
    const name = String(clips.length);
    const through = async () => throughAll(codec, library, await readClip(join(speech, file)), folder, name);
    clips.push(await once(join(folder, `clip-${name}.json`), through));
  }
  await codec.close();
  const scoreOf = (suffix) => once(join(folder, `${suffix}.json`), () => score(python, folder, [suffix]));
  const wanted = await scoreOf(REFERENCE);
  const ways = [];
  for (const { name } of WAYS) ways.push(summaryOf(name, clips, await scoreOf(name), wanted));
  if (!work) rmSync(folder, { recursive: true });
  return {
    clips: clips.length,
    every,
    longestSeconds: LONGEST_SECONDS,
    versions: wanted.versions,
    typescript: wanted.scores[REFERENCE],
    ways,
  };
}
