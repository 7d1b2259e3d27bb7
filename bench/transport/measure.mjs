/**
 * Speech over links that lose packets: our layouts beside Opus, with every header counted. Writes
 * bench/results/transport.json, from which README and docs/transport.md take their tables.
 *
 *     node bench/transport/measure.mjs FOLDER [--quick] [--clips N] [--seeds 5] [--judged 8] [--jobs N] [-o bench/results/transport.json]
 *
 * FOLDER is held-out speech; clips are cut after 12 s; --clips takes so many at even distances. All
 * codecs are heard with the first seed of the losses, our protected layouts with all; a seed of 62
 * clips takes a processor some twenty minutes. --judged says how many clips PLCMOS hears too, with
 * the first seed: it takes six seconds of a processor for each sound. The file is written after each
 * pass, and what was interrupted goes on where it was (out.transport/journal.jsonl). --quick takes
 * twelve clips at even distances, of 6 s at most, one seed, and fewer codecs and links: some
 * minutes, for a first look.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { listClips } from "@twelvehz/clips";
import { evaluate, meanInterval, openCodecs, openConditions } from "@twelvehz/eval/node";
import { root } from "../../scripts/prepare.mjs";
import { spread } from "../clips.mjs";
import { measuredOn } from "../machine.mjs";

/** Without loss all of them sound alike: the first is heard for all. */
const BARE = ["transport:16/udp"];
const PROTECTED = [
  "transport:16+16@1+8@2+4@3/rohc",
  "transport:16+16@2+8@4+4@6/rohc",
  "transport:16+8@1+4@2+1@3/udp",
  "transport:2x16+16@1+8@2/rtp/tag4",
  "transport:2x16+16@1+5@2/srtp/tag4",
];
const OPUS = ["opus-rtp:16"];
/** Without loss it is as without FEC. */
const OPUS_FEC = ["opus-rtp-fec:16"];
const LINKS = ["loss:20", "burst:20x2.5", "loss:30"];
const FULL = { protected: PROTECTED, links: LINKS, clips: Number.POSITIVE_INFINITY, seconds: 12 };
const QUICK = { protected: PROTECTED.slice(0, 3), links: ["loss:20", "burst:20x2.5"], clips: 12, seconds: 6 };
const MEASURES = ["pesqWb", "stoi"];
const JUDGES = ["plcmos"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    clips: { type: "string", default: "Infinity" },
    seeds: { type: "string", default: "5" },
    judged: { type: "string", default: "8" },
    jobs: { type: "string" },
    output: { type: "string", short: "o", default: join(root, "bench/results/transport.json") },
  },
});
if (positionals.length !== 1) throw new Error("Give one folder of held-out speech");
const plan = values.quick
  ? { ...QUICK, seeds: 1, judged: 0 }
  : { ...FULL, clips: Number(values.clips), seeds: Number(values.seeds), judged: Number(values.judged) };

/** What is heard, in the order of what matters most. */
function passes(clips) {
  const beside = [...BARE, ...OPUS];
  const judged = spread(clips, plan.judged);
  const judge = (codecs, links) => (plan.judged > 0 ? [{ clips: judged, codecs, links, seed: 1, neural: true }] : []);
  const later = Array.from({ length: plan.seeds - 1 }, (_, i) => ({
    clips,
    codecs: plan.protected,
    links: plan.links.map((link) => `${link}#${i + 2}`),
    seed: i + 2,
  }));
  return [
    { clips, codecs: beside, links: ["clean"], seed: 0 },
    ...plan.links.map((link) => ({
      clips,
      codecs: link === "loss:30" ? plan.protected : [...beside, ...plan.protected],
      links: [link],
      seed: 1,
    })),
    ...judge(beside, ["clean"]),
    ...judge([...beside, ...plan.protected], plan.links.slice(0, 2)),
    { clips, codecs: OPUS_FEC, links: plan.links, seed: 1 },
    ...later,
  ];
}

function round(value) {
  return Number(value.toPrecision(5));
}

function progressLine({ done, total }) {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total} trials of this pass\u001b[K`);
}

const baseOf = (condition) => condition.replace(/ \(seed \d+\)$/, "");

/** What has been heard so far. */
class Findings {
  /** By codec, link and measure: by clip the values of the seeds. */
  #values = new Map();
  codecs = [];
  clips = [];

  add({ trials, codecs, clips, made }, isFirst) {
    this.made = made;
    if (isFirst) this.clips = clips;
    for (const cost of codecs) if (!this.codecs.some(({ codec }) => codec === cost.codec)) this.codecs.push(cost);
    for (const trial of trials) for (const [measure, value] of Object.entries(trial.values)) this.#add(trial, measure, value);
  }

  #add({ codec, condition, clip }, measure, value) {
    const key = JSON.stringify([codec, baseOf(condition), measure]);
    const perClip = this.#values.get(key) ?? new Map();
    this.#values.set(key, perClip);
    perClip.set(clip, [...(perClip.get(clip) ?? []), value]);
  }

  /** By clip the mean over the seeds; the sound without loss is that of the codec `alike`. */
  #perClip(codec, link, measure) {
    const found = this.#values.get(JSON.stringify([codec, link, measure])) ?? new Map();
    return new Map([...found].map(([clip, list]) => [clip, list.reduce((sum, value) => sum + value, 0) / list.length]));
  }

  /**
   * Mean over clips, what of it the losses took, each with half of its 95 % interval over clips,
   * and the seeds. Undefined where nothing was heard.
   */
  cell(codec, alike, link, measure) {
    const clean = this.#perClip(alike, "clean", measure);
    const heard = link === "clean" ? clean : this.#perClip(codec, link, measure);
    if (heard.size === 0) return undefined;
    const { mean, halfWidth } = meanInterval([...heard.values()]);
    const drop = meanInterval([...heard].map(([clip, value]) => clean.get(clip) - value));
    const seeds = Math.max(
      1,
      ...[...(this.#values.get(JSON.stringify([codec, link, measure]))?.values() ?? [])].map((list) => list.length),
    );
    return {
      mean: round(mean),
      halfWidth: round(halfWidth),
      drop: round(drop.mean),
      dropHalfWidth: round(drop.halfWidth),
      clips: heard.size,
      seeds,
    };
  }
}

async function hear({ clips, codecs, links, neural }, jobs, findings) {
  const { conditions } = await openConditions(links.join(","), { clips, seconds: plan.seconds });
  const open = await openCodecs(codecs.join(","));
  const journal = join(root, "out.transport/journal.jsonl");
  try {
    const what = { clips, seconds: plan.seconds, conditions, codecs: open.codecs, identities: open.identities };
    const how = { measures: neural ? JUDGES : MEASURES, neural: neural ? {} : undefined, jobs, journal, onProgress: progressLine };
    findings.add(await evaluate({ ...what, ...how }), !neural && findings.clips.length === 0);
  } finally {
    await open.close();
  }
}

function write(findings, seeds) {
  const links = ["clean", ...plan.links].map((link) => (link === "clean" ? link : nameOf(link)));
  const isOpus = (codec) => codec.startsWith("Opus");
  const alike = (codec) => findings.codecs.find((other) => isOpus(other.codec) === isOpus(codec)).codec;
  const cells = (codec, measure) => links.map((link) => findings.cell(codec, alike(codec), link, measure) ?? null);
  const codecs = findings.codecs.map(({ codec, kilobitsPerSecond, algorithmicDelaySeconds }) => ({
    codec,
    kilobitsPerSecond: round(kilobitsPerSecond),
    delayMs: Math.round(1000 * algorithmicDelaySeconds),
    ...Object.fromEntries([...MEASURES, ...JUDGES].map((id) => [id, cells(codec, id)])),
  }));
  const order = (codec) => (isOpus(codec) ? 1 : 0);
  const options = values.quick ? " --quick" : `${Number.isFinite(plan.clips) ? ` --clips ${plan.clips}` : ""} --seeds ${seeds}`;
  const report = {
    measured: { ...measuredOn(`node bench/transport/measure.mjs FOLDER${options}`), libopus: findings.made.versions["libopus-wasm"] },
    clips: findings.clips.length,
    seconds: round(findings.clips.reduce((sum, { seconds }) => sum + seconds, 0)),
    seeds,
    isQuick: values.quick,
    links,
    codecs: codecs.sort((a, b) => order(a.codec) - order(b.codec)),
  };
  writeFileSync(resolve(values.output), `${JSON.stringify(report, null, 1)}\n`);
}

/** What a link calls itself in results. */
function nameOf(link) {
  const [, kind, percent, burst] = /^(loss|burst):(\d+)(?:x([\d.]+))?$/.exec(link);
  return `${percent} % loss${kind === "burst" ? ` in bursts of ${burst}` : ""}`;
}

const clips = spread(await listClips(resolve(positionals[0])), plan.clips);
const findings = new Findings();
mkdirSync(join(root, "out.transport"), { recursive: true });
for (const pass of passes(clips)) {
  await hear(pass, values.jobs === undefined ? undefined : Number(values.jobs), findings);
  if (pass.seed > 0) write(findings, pass.seed);
  process.stderr.write(`${new Date().toISOString()} ${pass.links.join(",")}${pass.neural ? " (PLCMOS)" : ""} is done\n`);
}
