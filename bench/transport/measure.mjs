/**
 * Speech over links that lose packets: our layouts beside Opus, with every header counted. Writes
 * bench/results/transport.json, from which README and docs/transport.md take their tables.
 *
 *     node bench/transport/measure.mjs FOLDER [--quick] [--seeds 5] [--jobs N] [-o bench/results/transport.json]
 *
 * FOLDER is held-out speech; clips are cut after 12 s. All 62 clips with five seeds take some hours
 * of two cores; what was interrupted goes on where it was (out.transport/journal.jsonl). --quick
 * takes twelve clips at even distances, of 6 s at most, one seed, and fewer codecs and links: some
 * minutes, for a first look.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { listClips } from "@twelvehz/clips";
import { evaluate, meanInterval, openCodecs, openConditions } from "@twelvehz/eval/node";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn } from "../machine.mjs";

const CODECS = [
  "transport:16/udp",
  "transport:16+8@1+4@2+1@3/udp",
  "transport:16+8@2+4@4+1@6/udp",
  "transport:16+16@1+8@2+4@3/rohc",
  "transport:16+16@2+8@4+4@6/rohc",
  "transport:2x16+16@1+8@2/rtp/tag4",
  "transport:2x16+16@1+5@2/srtp/tag4",
  "opus-rtp:12,16,24",
  "opus-rtp-fec:16,24",
];
/** Each with its seeds, but for the first. */
const LINKS = ["clean", "loss:10", "loss:20", "loss:30", "burst:20x2.5"];
const QUICK = {
  codecs: [
    "transport:16/udp",
    "transport:16+8@1+4@2+1@3/udp",
    "transport:16+8@2+4@4+1@6/udp",
    "transport:16+16@1+8@2+4@3/rohc",
    "transport:16+16@2+8@4+4@6/rohc",
    "transport:2x16+16@1+8@2/rtp/tag4",
    "opus-rtp:16",
    "opus-rtp-fec:16",
  ],
  links: ["clean", "loss:20", "burst:20x2.5"],
  clips: 12,
  seconds: 6,
  seeds: 1,
};
const MEASURES = ["pesqWb", "stoi"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    seeds: { type: "string", default: "5" },
    jobs: { type: "string" },
    output: { type: "string", short: "o", default: join(root, "bench/results/transport.json") },
  },
});
if (positionals.length !== 1) throw new Error("Give one folder of held-out speech");
const plan = values.quick
  ? QUICK
  : { codecs: CODECS, links: LINKS, clips: Number.POSITIVE_INFINITY, seconds: 12, seeds: Number(values.seeds) };

function spread(clips, limit) {
  return limit >= clips.length ? clips : Array.from({ length: limit }, (_, i) => clips[Math.floor((i * clips.length) / limit)]);
}

/** Mean over clips of each clip's mean over seeds, with half of the 95 % interval over clips. */
function cell(trials, codec, link, measure) {
  const own = trials.filter((trial) => trial.codec === codec && (trial.condition === link || trial.condition.startsWith(`${link} (seed`)));
  const clips = [...new Set(own.map(({ clip }) => clip))];
  const perClip = clips.flatMap((clip) => {
    const found = own.filter((trial) => trial.clip === clip).flatMap((trial) => trial.values[measure] ?? []);
    return found.length === 0 ? [] : [found.reduce((sum, value) => sum + value, 0) / found.length];
  });
  const { mean, halfWidth } = meanInterval(perClip);
  return { mean: round(mean), halfWidth: round(halfWidth) };
}

function round(value) {
  return Number(value.toPrecision(5));
}

function progressLine({ done, total }) {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total} trials\u001b[K`);
}

async function main() {
  const all = await listClips(resolve(positionals[0]));
  const clips = spread(all, plan.clips);
  const seeded = plan.links.flatMap((link) =>
    link === "clean" ? [link] : Array.from({ length: plan.seeds }, (_, i) => (i === 0 ? link : `${link}#${i + 1}`)),
  );
  const { conditions } = await openConditions(seeded.join(","), { clips, seconds: plan.seconds });
  const open = await openCodecs(plan.codecs.join(","));
  const folder = join(root, "out.transport");
  mkdirSync(folder, { recursive: true });
  try {
    const jobs = values.jobs === undefined ? undefined : Number(values.jobs);
    const work = {
      clips,
      seconds: plan.seconds,
      conditions,
      codecs: open.codecs,
      identities: open.identities,
      measures: MEASURES,
      jobs,
    };
    const results = await evaluate({ ...work, journal: join(folder, "journal.jsonl"), onProgress: progressLine });
    write(results, conditions);
  } finally {
    await open.close();
  }
}

function write(results, conditions) {
  const links = [...new Set(conditions.map(({ name }) => name.replace(/ \(seed \d+\)$/, "")))];
  const codecs = results.codecs.map(({ codec, kilobitsPerSecond, algorithmicDelaySeconds }) => ({
    codec,
    kilobitsPerSecond: round(kilobitsPerSecond),
    delayMs: Math.round(1000 * algorithmicDelaySeconds),
    ...Object.fromEntries(MEASURES.map((id) => [id, links.map((link) => cell(results.trials, codec, link, id))])),
  }));
  const measured = measuredOn(`node bench/transport/measure.mjs FOLDER${values.quick ? " --quick" : ""}`);
  const report = {
    measured: { ...measured, libopus: results.made.versions["libopus-wasm"] },
    clips: results.clips.length,
    seconds: round(results.clips.reduce((sum, { seconds }) => sum + seconds, 0)),
    seeds: plan.seeds,
    isQuick: values.quick,
    links,
    codecs,
  };
  writeFileSync(resolve(values.output), `${JSON.stringify(report, null, 1)}\n`);
}

await main();
