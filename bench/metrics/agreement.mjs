/**
 * How well PESQ and STOI of the library agree with the Python packages `pesq` and `pystoi`, and how
 * fast every measure is: sends every clip of a folder through the codec with 16 and 4 layers, Opus
 * at 6, 8 and 12 kbit/s and PCM of 8 kHz and 8 bits, and writes the differences.
 *
 *     node bench/metrics/agreement.mjs FOLDER [--python python3] [--pairs FOLDER] [-o bench/results/metrics-agreement.json]
 *
 * Clips are cut at 12 s. With --pairs, the pairs and the Python values are kept in that folder, and
 * taken from there when it has them. Needs opusenc and opusdec, and Python with numpy, soundfile,
 * pesq and pystoi.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readAudio } from "@twelvehz/codec/node";
import { bandDetail } from "../../packages/eval/dist/measures/band-detail.js";
import { clipping } from "../../packages/eval/dist/measures/clipping.js";
import { f0Error } from "../../packages/eval/dist/measures/f0.js";
import { levelDifference } from "../../packages/eval/dist/measures/level.js";
import { logSpectralDistance } from "../../packages/eval/dist/measures/log-spectral-distance.js";
import { melCepstralDistance } from "../../packages/eval/dist/measures/mel-cepstral-distance.js";
import { onsetLoss } from "../../packages/eval/dist/measures/onsets.js";
import { pauseError } from "../../packages/eval/dist/measures/pauses.js";
import { pesqNarrowBand, pesqWideBand } from "../../packages/eval/dist/measures/pesq/pesq.js";
import { siSdr } from "../../packages/eval/dist/measures/si-sdr.js";
import { estoi, stoi } from "../../packages/eval/dist/measures/stoi.js";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn, median } from "../machine.mjs";
import { CODECS, makePairs, wavPath } from "./pairs.mjs";
import { scoreInPython } from "./score.mjs";

/**
 * Measures that have a Python value, with the rate that both are given, Hz, and the difference that
 * is asked for.
 */
const COMPARED = {
  pesqWb: { measure: pesqWideBand, rate: 16_000, within: 0.15 },
  pesqNb: { measure: pesqNarrowBand, rate: 8_000, within: 0.15 },
  stoi: { measure: stoi, rate: 24_000, within: 0.002 },
  estoi: { measure: estoi, rate: 24_000, within: 0.002 },
};
const TIMED = {
  pesqWideBand,
  pesqNarrowBand,
  stoi,
  estoi,
  siSdr,
  logSpectralDistance,
  melCepstralDistance,
  levelDifference,
  bandDetail,
  clipping,
  f0Error,
  pauseError,
  onsetLoss,
};
const WARM_UPS = 5;
const TIMED_RUNS = 9;

function kept(file, make) {
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(make()));
  return JSON.parse(readFileSync(file, "utf8"));
}

async function pairsIn(folder, clips) {
  const list = join(folder, "files.json");
  if (!existsSync(list)) writeFileSync(list, JSON.stringify(await makePairs(clips, folder)));
  return JSON.parse(readFileSync(list, "utf8"));
}

async function readPair(folder, { clip, codec }, rate) {
  const read = (name) => readAudio(wavPath(folder, clip, name, rate), { sampleRate: rate });
  return [await read("reference"), await read(codec)];
}

/** One row per pair: our value less that of Python, for each measure. */
async function differences(folder, scores) {
  const rows = [];
  for (const score of scores) {
    const row = { clip: score.clip, codec: score.codec };
    for (const [name, { measure, rate }] of Object.entries(COMPARED))
      row[name] = measure(...(await readPair(folder, score, rate))) - score[name];
    rows.push(row);
  }
  return rows;
}

function summary(values, within) {
  const mean = (f) => values.reduce((sum, x) => sum + f(x), 0) / values.length;
  const round = (x) => Number(x.toFixed(5));
  return {
    meanDifference: round(mean((x) => x)),
    meanAbsoluteDifference: round(mean(Math.abs)),
    largestDifference: round(Math.max(...values.map(Math.abs))),
    within,
    shareWithin: round(mean((x) => (Math.abs(x) <= within ? 1 : 0))),
  };
}

function summaries(rows) {
  return Object.fromEntries(
    Object.entries(COMPARED).map(([name, { within }]) => {
      const of = (some) =>
        summary(
          some.map((row) => row[name]),
          within,
        );
      return [name, { ...of(rows), codecs: Object.fromEntries(CODECS.map((codec) => [codec, of(rows.filter((r) => r.codec === codec))])) }];
    }),
  );
}

/**
 * Seconds of sound for each second of processor time, at 24 kHz, the median of some runs after some
 * that are not counted.
 */
async function speeds(folder) {
  const pair = await readPair(folder, { clip: 0, codec: CODECS[0] }, 24_000);
  const run = (measure) => {
    const before = process.cpuUsage();
    measure(...pair);
    const { user, system } = process.cpuUsage(before);
    return pair[0].durationSeconds / ((user + system) / 1e6);
  };
  return Object.fromEntries(
    Object.entries(TIMED).map(([name, measure]) => {
      for (let i = 0; i < WARM_UPS; i++) run(measure);
      return [name, Math.round(median(Array.from({ length: TIMED_RUNS }, () => run(measure))))];
    }),
  );
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      python: { type: "string", default: "python3" },
      pairs: { type: "string" },
      output: { type: "string", short: "o", default: join(root, "bench/results/metrics-agreement.json") },
    },
  });
  const [clips] = positionals;
  if (!clips) throw new Error("Usage: node bench/metrics/agreement.mjs FOLDER [--python python3] [--pairs FOLDER] [-o FILE]");
  const folder = values.pairs ?? mkdtempSync(join(tmpdir(), "twelvehz-agreement-"));
  mkdirSync(folder, { recursive: true });
  const files = await pairsIn(folder, clips);
  const { versions, scores } = kept(join(folder, "scores.json"), () => scoreInPython(values.python, folder, files.length, CODECS));
  const rows = await differences(folder, scores);
  const result = {
    measured: { ...measuredOn("node bench/metrics/agreement.mjs FOLDER"), ...versions },
    clips: files.length,
    pairs: rows.length,
    agreement: summaries(rows),
    furthest: rows.filter((row) => Math.max(Math.abs(row.pesqWb), Math.abs(row.pesqNb)) > COMPARED.pesqWb.within),
    timesRealTime: await speeds(folder),
  };
  if (!values.pairs) rmSync(folder, { recursive: true });
  writeFileSync(values.output, `${JSON.stringify(result, null, 2)}\n`);
  for (const [name, { codecs: _, ...all }] of Object.entries(result.agreement)) console.log(name, JSON.stringify(all));
}

await main();
