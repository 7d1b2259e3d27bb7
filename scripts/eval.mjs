/**
 * `npm run eval [-- FOLDER] [--noise FOLDER] [--limit N] [--seconds N] [--measures LIST] [--jobs N]
 * [--fresh]`: the comparison in docs/evaluation.md. Sends held-out speech (FOLDER, else the
 * environment variable TWELVEHZ_HELDOUT) through the compact model with 16, 8, 4 and 1 layers, Opus
 * and 8 kHz PCM, clean and in noise, and writes the means to bench/results/eval.json and a report
 * to out.eval/. What was interrupted goes on where it was. Noise is recorded where a folder of it
 * is given (else TWELVEHZ_NOISE), pink otherwise.
 *
 * Without held-out speech it takes the example clips, to show how it works; bench/results is left
 * as it is then.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { measuredOn } from "../bench/machine.mjs";
import { prepare, root } from "./prepare.mjs";

const CONDITIONS = "clean,noise:20,noise:10,noise:5";
const OUTPUT = join(root, "out.eval");
const RESULTS = join(root, "bench/results/eval.json");

prepare();
const { evaluate, listClips, openCodecs, openConditions, reportExamples, reportPage, textTables } = await import(
  "../packages/eval/dist/node/index.js"
);
const { DEFAULT_CODECS } = await import("../packages/cli/dist/commands/eval.js");

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      noise: { type: "string", default: process.env.TWELVEHZ_NOISE },
      limit: { type: "string" },
      seconds: { type: "string", default: "12" },
      measures: { type: "string" },
      jobs: { type: "string" },
      fresh: { type: "boolean", default: false },
    },
  });
  const from = process.env.INIT_CWD ?? process.cwd();
  const folder = positionals[0] === undefined ? process.env.TWELVEHZ_HELDOUT : resolve(from, positionals[0]);
  const number = (text) => (text === undefined ? undefined : Number(text));
  return {
    folder,
    noise: values.noise && resolve(from, values.noise),
    limit: number(values.limit),
    seconds: Number(values.seconds),
    measures: values.measures?.split(","),
    jobs: number(values.jobs),
    fresh: values.fresh,
  };
}

/**
 * Held-out speech, or the examples without the copies that they hold of one clip in other formats.
 */
async function clipsOf({ folder, limit }) {
  if (folder) return (await listClips(folder)).slice(0, limit);
  console.error("eval: no held-out speech is given (npm run eval -- FOLDER): these are the example clips, too few to compare codecs by");
  return (await listClips(join(root, "examples/clips"))).filter(({ name }) => name.endsWith(".flac")).slice(0, limit);
}

/** What was typed, with the folders left unnamed: they are somewhere else on every machine. */
function commandLine({ folder, noise, limit, seconds, measures }) {
  const given = [
    folder && "FOLDER",
    noise && "--noise FOLDER",
    limit && `--limit ${limit}`,
    seconds !== 12 && `--seconds ${seconds}`,
    measures && `--measures ${measures}`,
  ].filter(Boolean);
  return ["npm run eval", ...(given.length > 0 ? ["--"] : []), ...given].join(" ");
}

/** What the documentation takes: means and intervals, no clips. */
function compact(results, measured) {
  const round = (value) => Number(value.toPrecision(6));
  return {
    measured: { ...measured, libopus: results.made.versions["libopus-wasm"] },
    clips: results.clips.length,
    seconds: round(results.clips.reduce((sum, { seconds }) => sum + seconds, 0)),
    longestSeconds: results.longestSeconds,
    conditions: results.conditions,
    measures: results.measures,
    codecs: results.codecs,
    failures: results.failures.length,
    means: results.means.map((mean) => (mean.count > 0 ? { ...mean, mean: round(mean.mean), halfWidth: round(mean.halfWidth) } : mean)),
  };
}

function progressLine({ done, total, resumed }) {
  if (process.stderr.isTTY)
    process.stderr.write(`\r${done} of ${total} trials${resumed > 0 ? `, ${resumed} from the journal` : ""}\u001b[K`);
}

async function main() {
  const options = readArguments();
  const clips = await clipsOf(options);
  const { seconds, noise } = options;
  const { conditions, identities } = await openConditions(CONDITIONS, { clips, seconds, noise });
  const open = await openCodecs(DEFAULT_CODECS);
  const measured = measuredOn(commandLine(options));
  mkdirSync(OUTPUT, { recursive: true });
  const work = {
    ...options,
    clips,
    codecs: open.codecs,
    conditions,
    identities: { ...identities, ...open.identities },
    journal: join(OUTPUT, "journal.jsonl"),
    made: { command: measured.command, commit: measured.commit },
    onProgress: progressLine,
  };
  try {
    const results = await evaluate(work);
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    writeFileSync(join(OUTPUT, "results.json"), `${JSON.stringify(results, null, 1)}\n`);
    writeFileSync(join(OUTPUT, "report.html"), await reportPage(results, await reportExamples(results, work)));
    if (options.folder) writeFileSync(RESULTS, `${JSON.stringify(compact(results, measured), null, 1)}\n`);
    console.log(textTables(results));
    console.log(`Report: ${join(OUTPUT, "report.html")}${options.folder ? `, means: ${RESULTS}; now run "npm run generate"` : ""}`);
  } finally {
    await open.close();
  }
}

await main();
