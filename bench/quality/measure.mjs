/**
 * Quality on a folder of speech, by the published measures: sends every clip through the codec with
 * 16, 8 and 4 layers, and through Opus where `opusenc` and `opusdec` are on the PATH, and has
 * score.py compare. With a folder of noise recordings the same clips with noise at 20 dB go through
 * too, and what comes out is compared with the clean clips.
 *
 *     node bench/quality/measure.mjs FOLDER [--noise FOLDER] [--python python3] [--model compact] [-o bench/results/quality.json]
 *
 * Clips are cut at 12 s. Needs Python with numpy, soundfile, soxr, pesq and pystoi.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCodec, writeAudio } from "@twelvehz/codec/node";
import { noise } from "@twelvehz/eval";
import { root } from "../../scripts/prepare.mjs";
import { LONGEST_SECONDS, readClips } from "../clips.mjs";
import { measuredOn } from "../machine.mjs";
import { score } from "./score.mjs";

const LAYERS = [16, 8, 4];
const OPUS_KILOBITS = [6, 8, 12, 16];
const SNR_DB = 20;

/**
 * What goes in is NAME.reference.wav or NAME.noisy.wav; what comes out has one of these suffixes
 * instead.
 */
const REFERENCE = "reference";
const NOISY = "noisy";
const suffixOf = (input, codec) => (input === REFERENCE ? codec : `${input}-${codec}`);
const opusName = (kilobits) => `opus-${kilobits}`;

function hasOpus() {
  return spawnSync("opusenc", ["--version"]).status === 0 && spawnSync("opusdec", ["--version"]).status === 0;
}

/** Hard constant bit rate, tuned for speech; opusdec takes the delay out. */
function opusRoundTrip(folder, name, input, kilobits) {
  const packed = join(folder, `${name}.opus`);
  const decoded = join(folder, `${name}.${suffixOf(input, opusName(kilobits))}.wav`);
  const steps = [
    ["opusenc", ["--quiet", "--speech", "--hard-cbr", "--bitrate", String(kilobits), join(folder, `${name}.${input}.wav`), packed]],
    ["opusdec", ["--quiet", "--float", "--rate", "24000", packed, decoded]],
  ];
  for (const [program, args] of steps) if (spawnSync(program, args).status !== 0) throw new Error(`${program} failed on ${name}`);
}

/** Writes what goes in, and what comes out of the codec and of Opus. */
async function roundTrips(codec, audio, folder, name, input, opus) {
  await writeAudio(join(folder, `${name}.${input}.wav`), audio, { float: true });
  const codes = await codec.encode(audio);
  for (const layers of LAYERS) {
    const decoded = await codec.decode(codes, { layers });
    await writeAudio(join(folder, `${name}.${suffixOf(input, layers)}.wav`), decoded, { float: true });
  }
  for (const kilobits of opus) opusRoundTrip(folder, name, input, kilobits);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      noise: { type: "string" },
      python: { type: "string", default: "python3" },
      output: { type: "string", short: "o", default: join(root, "bench/results/quality.json") },
      model: { type: "string" },
    },
  });
  if (positionals.length !== 1)
    throw new Error("Usage: node bench/quality/measure.mjs FOLDER [--noise FOLDER] [--python python3] [-o FILE]");
  const clips = await readClips(positionals[0]);
  const condition = values.noise && noise(SNR_DB, await readClips(values.noise));
  const inputs = condition ? [REFERENCE, NOISY] : [REFERENCE];
  const opus = hasOpus() ? OPUS_KILOBITS : [];
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-quality-"));
  const codec = await openCodec(values.model);
  for (const [i, clip] of clips.entries())
    for (const input of inputs)
      await roundTrips(codec, input === NOISY ? condition.apply(clip, String(i)) : clip, folder, String(i), input, opus);
  await codec.close();
  const codecs = [...LAYERS.map(String), ...opus.map(opusName)];
  const suffixes = inputs.flatMap((input) => codecs.map((name) => suffixOf(input, name)));
  const { versions, scores } = score(values.python, folder, condition ? [...suffixes, NOISY] : suffixes);
  rmSync(folder, { recursive: true });
  const layersOf = (input) => LAYERS.map((layers) => ({ layers, ...scores[suffixOf(input, layers)] }));
  const baselinesOf = (input) =>
    opus.map((kilobits) => ({ name: `Opus ${kilobits} kbit/s`, kilobits, ...scores[suffixOf(input, opusName(kilobits))] }));
  const results = {
    measured: { ...measuredOn(`node bench/quality/measure.mjs FOLDER${condition ? " --noise FOLDER" : ""}`), ...versions },
    model: codec.info.name,
    clips: clips.length,
    longestSeconds: LONGEST_SECONDS,
    layers: layersOf(REFERENCE),
    baselines: baselinesOf(REFERENCE),
    noise: condition && { snrDb: SNR_DB, unprocessed: scores[NOISY], layers: layersOf(NOISY), baselines: baselinesOf(NOISY) },
  };
  writeFileSync(values.output, `${JSON.stringify(results, null, 2)}\n`);
  console.log(JSON.stringify(scores, null, 1));
}

await main();
