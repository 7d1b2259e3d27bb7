/**
 * Our layouts beside what Opus has against loss: in-band FEC, deep concealment and DRED, which
 * libopus as WebAssembly does not have. Writes bench/results/opus.json, from which README and
 * docs/transport.md take a table.
 *
 *     node bench/transport/opus.mjs FOLDER --opus-link PROGRAM [--clips 12] [--seconds 6] [--jobs N] [-o FILE.json]
 *
 * FOLDER is held-out speech, of which clips at even distances are heard. PROGRAM is what
 * bench/transport/opus/CMakeLists.txt builds. What was interrupted goes on where it was
 * (out.transport/opus.jsonl).
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Audio, resample } from "@twelvehz/codec/node";
import { listClips } from "@twelvehz/clips";
import { evaluate, externalCodec, meanInterval, openCodecs, openConditions } from "@twelvehz/eval/node";
import { root } from "../../scripts/prepare.mjs";
import { spread } from "../clips.mjs";
import { measuredOn } from "../machine.mjs";

const OURS = ["transport:16+16@1+8@2+4@3/rohc", "transport:2x16+16@1+8@2/rtp/tag4"];
/** Kbit/s, what is done against loss, and what the table calls it. */
const OPUS = [
  [16, "plc", "concealment"],
  [16, "deep", "deep concealment"],
  [24, "fec", "in-band FEC"],
  [24, "dred", "DRED"],
  [32, "dred", "DRED"],
];
/** A packet, and what Opus looks ahead; FEC waits for one packet more. */
const DELAY_MS = { plc: 27, deep: 27, fec: 47, dred: 27 };
const LINKS = "clean,loss:20,burst:20x2.5";
/** What Opus is asked to take, for clips of any rate. */
const OPUS_RATE = 24_000;
const MEASURES = ["pesqWb", "stoi"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "opus-link": { type: "string" },
    clips: { type: "string", default: "12" },
    seconds: { type: "string", default: "6" },
    jobs: { type: "string" },
    output: { type: "string", short: "o", default: join(root, "bench/results/opus.json") },
  },
});
if (positionals.length !== 1 || !values["opus-link"]) throw new Error("Give one folder of held-out speech, and --opus-link PROGRAM");

const nameOf = ([kbps, , what]) => `Opus ${kbps} kbit/s CBR over RTP, ${what}`;
const commandOf = ([kbps, mode]) => `${resolve(values["opus-link"])} ${kbps} ${mode} {in} {out} {code} {lost}`;

/** The program at 24 kHz, as the baseline of libopus-wasm is. */
function opus(row) {
  const [, mode] = row;
  const name = nameOf(row);
  const codec = externalCodec(`${name}=${commandOf(row)}`);
  const at24 = async (clip, send) => {
    const coded = await send(resample(clip, OPUS_RATE));
    const { samples } = resample(coded.audio, clip.sampleRate);
    const whole = new Float32Array(clip.samples.length);
    whole.set(samples.subarray(0, whole.length));
    return { ...coded, audio: new Audio(whole, clip.sampleRate) };
  };
  return {
    name,
    algorithmicDelaySeconds: DELAY_MS[mode] / 1000,
    roundTrip: (clip, signal) => at24(clip, (input) => codec.roundTrip(input, signal)),
    overLink: (clip, link, signal) => at24(clip, (input) => codec.overLink(input, link, signal)),
  };
}

const round = (value) => Number(value.toPrecision(5));

mkdirSync(join(root, "out.transport"), { recursive: true });
const journal = join(root, "out.transport/opus.jsonl");
const clips = spread(await listClips(resolve(positionals[0])), Number(values.clips));
const seconds = Number(values.seconds);
const { conditions } = await openConditions(LINKS, { clips, seconds });
const open = await openCodecs(OURS.join(","));
try {
  const codecs = [...open.codecs, ...OPUS.map(opus)];
  const identities = { ...open.identities, ...Object.fromEntries(OPUS.map((row) => [nameOf(row), commandOf(row)])) };
  const jobs = values.jobs === undefined ? undefined : Number(values.jobs);
  const results = await evaluate({ clips, seconds, conditions, codecs, identities, measures: MEASURES, jobs, journal });
  const cell = (codec, condition, measure) => {
    const found = results.trials.filter((trial) => trial.codec === codec && trial.condition === condition);
    const { mean, halfWidth } = meanInterval(found.map((trial) => trial.values[measure]));
    return { mean: round(mean), halfWidth: round(halfWidth) };
  };
  const report = {
    measured: measuredOn(`node bench/transport/opus.mjs FOLDER --opus-link PROGRAM --clips ${clips.length} --seconds ${seconds}`),
    clips: clips.length,
    seconds: round(results.clips.reduce((sum, clip) => sum + clip.seconds, 0)),
    links: conditions.map(({ name }) => name),
    codecs: results.codecs.map(({ codec, kilobitsPerSecond, algorithmicDelaySeconds }) => ({
      codec,
      kilobitsPerSecond: round(kilobitsPerSecond),
      delayMs: Math.round(1000 * algorithmicDelaySeconds),
      ...Object.fromEntries(MEASURES.map((measure) => [measure, conditions.map(({ name }) => cell(codec, name, measure))])),
    })),
  };
  writeFileSync(resolve(values.output), `${JSON.stringify(report, null, 1)}\n`);
} finally {
  await open.close();
}
