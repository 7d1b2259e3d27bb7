/**
 * Whether a checkpoint may ship: sends every clip through a base model and a candidate, and
 * compares what comes out by measures that training looks at and by judges that it does not know.
 *
 *     node bench/quality/judges.mjs FOLDER --candidate MODEL_FOLDER [--base compact] [--layers 16] [--noise FOLDER] [--limit N] [--every N] [--python python3] [--work FOLDER] [-o FILE.json]
 *
 * The rule: PESQ-WB rises, and no judge is worse by more than the standard error of the paired
 * difference. Clips are cut at 12 s. Choose between checkpoints by clips of speakers that were kept
 * out of training; held-out clips are for the last word. A Python that has `resemblyzer` or
 * `pocketsphinx` adds a judge of the voice and one of the words (voice_judges.py). With --work, what
 * was measured is kept there: an interrupted run goes on, and the base is measured once. --every N
 * takes each Nth clip. With --noise both hear each clip with noise at 20 dB, and are held against
 * the clean one.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Audio, modelFolder, openCodec, resample } from "@twelvehz/codec/node";
import { hann, powerSpectrogram } from "@twelvehz/eval/measures";
import { FAMILIES, MEASURES, measurePair, noise } from "@twelvehz/eval";
import { openNeuralMeasures } from "@twelvehz/eval/node";
import { readClip, readClips, soundFiles } from "../clips.mjs";
import { mean, meanGain, measuredOn } from "../machine.mjs";
import { clipKey, JudgedValues } from "./judged-values.mjs";
import { VOICE_MEASURES, VoiceJudges } from "./voice-judges.mjs";

const SNR_DB = 20;
const TRAINED_ON = ["pesqWb", "pesqNb", "stoi", "estoi"];
const JUDGES = [
  "dnsmosOvrl",
  "plcmos",
  "melCepstral",
  "logMel",
  "f0Gross",
  "f0Fine",
  "onsetsLost",
  "levelByBand",
  ...VOICE_MEASURES.map(({ id }) => id),
];
const ALSO_SHOWN = ["dnsmosSig", "dnsmosBak", "logSpectral", "voicing", "onsetLoss", "pauseNoise", "siSdr"];
/** Of the measures that are made here: lower is better. */
const OWN = [
  { id: "logMel", label: "Log mel", unit: "dB", better: "lower", decimals: 2 },
  { id: "levelByBand", label: "Level by band", unit: "dB", better: "lower", decimals: 2 },
];
const MEL = { bands: 80, size: 1024, hop: 240, highest: 12_000, floorDb: -80 };

/** Weights `[80][513]` of triangles of equal widths in mel from 0 to 12 kHz. */
function melFilters(sampleRate) {
  const mel = (hertz) => 2595 * Math.log10(1 + hertz / 700);
  const edges = Array.from({ length: MEL.bands + 2 }, (_, i) => 700 * (10 ** ((mel(MEL.highest) * i) / (MEL.bands + 1) / 2595) - 1));
  return Array.from({ length: MEL.bands }, (_, b) =>
    Array.from({ length: MEL.size / 2 + 1 }, (_, k) => {
      const hertz = (k * sampleRate) / MEL.size;
      return Math.max(0, Math.min((hertz - edges[b]) / (edges[b + 1] - edges[b]), (edges[b + 2] - hertz) / (edges[b + 2] - edges[b + 1])));
    }),
  ).filter((weights) => weights.some((weight) => weight > 0));
}

function melPowers({ samples }, filters) {
  const spectra = powerSpectrogram(samples, { hop: MEL.hop, size: MEL.size, window: hann(MEL.size) });
  return Array.from(spectra, (powers) => filters.map((weights) => weights.reduce((sum, weight, k) => sum + weight * powers[k], 0)));
}

/**
 * Mean absolute difference of the mel bands, dB; both raised to 80 dB below the loudest band of the
 * reference.
 */
function logMelDistance(reference, degraded) {
  const filters = melFilters(reference.sampleRate);
  const [x, y] = [melPowers(reference, filters), melPowers(degraded, filters)];
  const floor = Math.max(...x.map((row) => Math.max(...row))) * 10 ** (MEL.floorDb / 10);
  const decibels = (power) => 10 * Math.log10(Math.max(power, floor));
  const sum = x.reduce((all, row, t) => row.reduce((s, power, b) => s + Math.abs(decibels(power) - decibels(y[t][b])), all), 0);
  return sum / (x.length * filters.length);
}

/** Mean over the bands of how far their levels over the whole clip are off, dB. */
function levelByBand(values) {
  const gains = Object.entries(values).flatMap(([id, value]) => (id.startsWith("gain") ? [Math.abs(value)] : []));
  return gains.length > 0 ? gains.reduce((a, b) => a + b, 0) / gains.length : undefined;
}

async function valuesOf(reference, degraded, neural) {
  const ids = new Set([...TRAINED_ON, ...JUDGES, ...ALSO_SHOWN, ...MEASURES.map(({ id }) => id).filter((id) => id.startsWith("gain"))]);
  const found = await measurePair(FAMILIES, ids, reference, degraded);
  const heard = await neural.score(degraded);
  return { ...found, ...heard, logMel: logMelDistance(reference, degraded), levelByBand: levelByBand(found) };
}

function infoOf(id, neural) {
  const known = [...MEASURES, ...OWN, ...VOICE_MEASURES].find((measure) => measure.id === id);
  return known ?? { ...neural.measures.find((measure) => measure.id === id), better: "higher", decimals: 3 };
}

/**
 * Means of both, and the paired difference turned so that more is better, with its standard error.
 */
function compared(id, pairs, neural) {
  const { label, better, decimals, unit = "" } = infoOf(id, neural);
  const both = pairs.map(([a, b]) => [a[id], b[id]]).filter((pair) => pair.every(Number.isFinite));
  const gains = both.map(([a, b]) => (better === "higher" ? b - a : a - b));
  const { gain, standardError } = meanGain(gains);
  const [base, candidate] = [0, 1].map((i) => mean(both.map((pair) => pair[i])));
  const round = (x) => Number(x.toPrecision(5));
  const kind = TRAINED_ON.includes(id) ? "trained on" : JUDGES.includes(id) ? "judge" : "shown";
  return {
    id,
    label,
    unit,
    kind,
    better,
    decimals,
    clips: both.length,
    base: round(base),
    candidate: round(candidate),
    gain: round(gain),
    standardError: round(standardError),
    betterOn: gains.filter((x) => x > 0).length,
  };
}

/** Of a judge: by more than the standard error, or at all where one clip gives none. */
function isWorse({ kind, gain, standardError }) {
  return kind === "judge" && gain < 0 && !(gain >= -standardError);
}

function printTable(rows) {
  console.log("| measure | | base | candidate | gain (more is better) | better on |\n| --- | --- | --: | --: | --: | --: |");
  for (const row of rows) {
    const places = row.decimals + 1;
    const [base, candidate, gain, error] = [row.base, row.candidate, row.gain, row.standardError].map((x) => x.toFixed(places));
    const sign = row.gain >= 0 ? "+" : "";
    console.log(
      `| ${row.label}${row.unit && `, ${row.unit}`} | ${row.kind} | ${base} | ${candidate} | ${sign}${gain} ± ${error}${isWorse(row) ? " worse" : ""} | ${row.betterOn} of ${row.clips} |`,
    );
  }
}

/**
 * What a codec makes of what it hears, as long as it and at its rate. Each encodes for itself:
 * models that share codes and decoder may differ in the encoder.
 */
async function through(codec, clip, layers) {
  const { samples, sampleRate } = await codec.decode(await codec.encode(clip), { layers });
  return resample(new Audio(samples.subarray(0, clip.samples.length), sampleRate), clip.sampleRate);
}

/** What the judges in Python say of clips that they have not heard yet goes to `known`. */
function askVoice(python, voice, keys, known) {
  const { packages, values } = voice.ask(python, known.length);
  for (const [i, clip] of values.entries()) for (const [k, said] of clip.entries()) known[k].add(keys[i], { ...said, packages });
}

/** Sends the clips that are not known yet through both, and returns the values of all. */
async function judge(paths, { codecs, known, layers, condition, neural, python }) {
  const voice = python && new VoiceJudges();
  const isKnown = (values) => values && (!python || "packages" in values);
  const [keys, toHear] = [paths.map(clipKey), []];
  for (const [i, path] of paths.entries()) {
    if (known.every((values) => isKnown(values.of(keys[i])))) continue;
    const clip = await readClip(path);
    const input = condition ? condition.apply(clip, String(i)) : clip;
    const heard = [await through(codecs[0], input, layers), await through(codecs[1], input, layers)];
    for (const [k, values] of known.entries()) if (!values.of(keys[i])) values.add(keys[i], await valuesOf(clip, heard[k], neural));
    await voice?.add(clip, heard);
    toHear.push(keys[i]);
  }
  if (voice && toHear.length > 0) askVoice(python, voice, toHear, known);
  voice?.close();
  return keys.map((key) => known.map((values) => values.of(key)));
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      base: { type: "string", default: "compact" },
      candidate: { type: "string" },
      layers: { type: "string", default: "16" },
      noise: { type: "string" },
      limit: { type: "string" },
      every: { type: "string", default: "1" },
      python: { type: "string" },
      work: { type: "string" },
      output: { type: "string", short: "o" },
    },
  });
  if (positionals.length !== 1 || !values.candidate)
    throw new Error(
      "Usage: node bench/quality/judges.mjs FOLDER --candidate MODEL_FOLDER [--base compact] [--layers 16] [--noise FOLDER] [-o FILE.json]",
    );
  const files = soundFiles(positionals[0]).slice(0, values.limit && Number(values.limit));
  const paths = files.filter((_, i) => i % Number(values.every) === 0).map((file) => join(positionals[0], file));
  return { ...values, layers: Number(values.layers), paths };
}

async function main() {
  const { base, candidate, layers, noise: noises, paths, python, work, output } = readArguments();
  const condition = noises && noise(SNR_DB, await readClips(noises));
  const codecs = [await openCodec(base), await openCodec(candidate)];
  const known = [base, candidate].map((model) => new JudgedValues(work, modelFolder(model), layers, condition ? `noise${SNR_DB}` : ""));
  const neural = await openNeuralMeasures();
  const pairs = await judge(paths, { codecs, known, layers, condition, neural, python });
  const packages = python ? pairs[0][0].packages : {};
  const isThere = (id) => !VOICE_MEASURES.some((measure) => measure.id === id) || id in packages;
  const rows = [...TRAINED_ON, ...JUDGES, ...ALSO_SHOWN].filter(isThere).map((id) => compared(id, pairs, neural));
  printTable(rows);
  for (const [id, name] of Object.entries(packages)) console.log(`${infoOf(id, neural).label}: ${name}`);
  const objections = rows.filter(isWorse).map(({ label }) => label);
  const ships = rows[0].gain > 0 && objections.length === 0;
  console.log(ships ? "\nMay ship." : `\nMust not ship: ${rows[0].gain > 0 ? "" : "PESQ-WB does not rise; "}${objections.join(", ")}`);
  await Promise.all([...codecs.map((codec) => codec.close()), neural.close()]);
  const command = `node bench/quality/judges.mjs FOLDER --candidate MODEL --layers ${layers}${condition ? " --noise FOLDER" : ""}`;
  if (output)
    writeFileSync(
      output,
      `${JSON.stringify({ measured: { ...measuredOn(command), ...packages }, layers, ships, objections, rows }, null, 1)}\n`,
    );
}

await main();
