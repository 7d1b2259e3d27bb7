/**
 * `npm run fuzz -- [--count 10000] [--reader NAME] [--seed N] [--only INDEX | --file PATH]`: gives
 * damaged files to every reader. Ends with 1 when one of them broke a law. Documentation:
 * docs/fuzzing.md.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { compareWithFfmpeg } from "./fuzz-ffmpeg.mjs";
import { prepare, root } from "./prepare.mjs";

/** A process that says nothing for so long hangs, in milliseconds. */
const HANG_MS = 60_000;
/** Most memory of a process, in bytes, and of its JavaScript heap, in MiB. */
const MAX_RSS = 1.5 * 2 ** 30;
const MAX_HEAP_MIB = 768;
/** After this many failures a reader is left. */
const MAX_FAILURES = 50;

prepare();
const { makeInput, READER_NAMES, tryInTime } = await import("../test/fuzz/harness.mjs");
const options = readOptions();

function readOptions() {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "10000" },
      reader: { type: "string", multiple: true, default: [...READER_NAMES] },
      seed: { type: "string", default: "1" },
      only: { type: "string" },
      file: { type: "string" },
      compare: { type: "boolean", default: false },
    },
  });
  const unknown = values.reader.find((name) => !READER_NAMES.includes(name));
  if (unknown !== undefined) usage(`there is no reader "${unknown}"; the readers are ${READER_NAMES.join(", ")}`);
  const [count, seed, only] = [values.count, values.seed, values.only ?? "0"].map(Number);
  if (![count, seed, only].every((n) => Number.isSafeInteger(n) && n >= 0)) usage("--count, --seed and --only are whole numbers");
  if ((values.only ?? values.file) !== undefined && values.reader.length !== 1) usage("--only and --file want one --reader");
  return {
    compare: values.compare,
    readers: values.reader,
    count,
    seed,
    only: values.only === undefined ? undefined : only,
    file: values.file,
  };
}

function usage(problem) {
  console.error(`fuzz: ${problem}`);
  process.exit(2);
}

/** Runs all inputs of one reader, in as many processes as it takes. */
async function fuzz(reader, keep) {
  const tally = { reader, inputs: 0, accepted: 0, refused: {}, slowestMs: 0, failures: 0, rss: 0 };
  const fail = (index, problem) => {
    tally.failures++;
    keep(reader, index, problem);
  };
  for (let next = 0; next < options.count && tally.failures < MAX_FAILURES; ) next = await runFrom(reader, next, tally, fail);
  return tally;
}

/** Starts a process at one input; returns where to go on. */
async function runFrom(reader, from, tally, fail) {
  const args = [`--max-old-space-size=${MAX_HEAP_MIB}`, join(root, "test/fuzz/worker.mjs"), reader, options.seed, from, options.count];
  const child = spawn(process.execPath, args.map(String), { stdio: ["ignore", "ignore", "pipe", "pipe"] });
  const stderr = [];
  child.stderr.on("data", (chunk) => stderr.push(chunk));
  const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve(signal ?? code)));
  let begun = from - 1;
  let done = from - 1;
  let stopped;
  const stop = (why) => {
    stopped ??= why;
    child.kill("SIGKILL");
  };
  let timer = setTimeout(stop, HANG_MS, `hangs: no answer in ${HANG_MS / 1000} s`);
  for await (const line of createInterface({ input: child.stdio[3] })) {
    const result = JSON.parse(line);
    begun = result.index;
    if (result.outcome === undefined) continue;
    done = result.index;
    clearTimeout(timer);
    timer = setTimeout(stop, HANG_MS, `hangs: no answer in ${HANG_MS / 1000} s`);
    count(tally, result);
    if (result.problem) fail(done, result.problem);
    if (result.rss > MAX_RSS) stop(`the process took ${Math.round(result.rss / 2 ** 20)} MiB`);
    if (tally.failures >= MAX_FAILURES) stop("too many failures");
    progress(reader, done + 1, tally);
  }
  clearTimeout(timer);
  const status = await ended;
  if (status === 0 || tally.failures >= MAX_FAILURES) return options.count;
  fail(begun, stopped ?? `ended the process with ${status}: ${Buffer.concat(stderr).toString().slice(0, 500)}`);
  return begun + 1;
}

function count(tally, { outcome, ms, rss }) {
  tally.inputs++;
  if (outcome === "accepted") tally.accepted++;
  else tally.refused[outcome] = (tally.refused[outcome] ?? 0) + 1;
  tally.slowestMs = Math.max(tally.slowestMs, ms);
  tally.rss = Math.max(tally.rss, rss);
}

let shown = 0;
function progress(reader, inputs, { failures }) {
  if (!process.stderr.isTTY || performance.now() - shown < 200) return;
  shown = performance.now();
  process.stderr.write(`\r${reader} ${inputs} of ${options.count}, ${failures} failed\u001b[K`);
}

/** Writes failing inputs into a new folder, and tells how to run each again. */
function failureFolder() {
  let folder;
  return (reader, index, problem) => {
    folder ??= mkdtempSync(join(tmpdir(), "twelvehz-fuzz-"));
    mkdirSync(join(folder, reader), { recursive: true });
    const path = join(folder, reader, `${options.seed}-${index}.bin`);
    writeFileSync(path, makeInput(reader, options.seed, index));
    console.error(`\n${reader} ${index}: ${problem}\n  npm run fuzz -- --reader ${reader} --file ${path}`);
  };
}

function printTable(tallies) {
  const rows = tallies.map((t) => [
    t.reader,
    String(t.inputs),
    String(t.accepted),
    Object.entries(t.refused)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, n]) => `${code} ${n}`)
      .join(", "),
    t.slowestMs.toFixed(1),
    String(Math.round(t.rss / 2 ** 20)),
    String(t.failures),
  ]);
  const all = [["reader", "inputs", "accepted", "refused", "slowest ms", "MiB", "failures"], ...rows];
  const widths = all[0].map((_, i) => Math.max(...all.map((row) => row[i].length)));
  for (const row of all)
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join("  ")
        .trimEnd(),
    );
}

/** Runs one input here, and tells what became of it. */
async function runOne([reader]) {
  const input = options.file === undefined ? makeInput(reader, options.seed, options.only) : new Uint8Array(readFileSync(options.file));
  const { outcome, problem, ms } = await tryInTime(reader, input);
  console.log(`${reader}, ${input.length} bytes: ${outcome} in ${ms.toFixed(1)} ms${problem ? `\n${problem}` : ""}`);
  return problem ? 1 : 0;
}

async function runAll(readers) {
  const keep = failureFolder();
  const tallies = [];
  for (const reader of readers) {
    tallies.push(await fuzz(reader, keep));
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    else console.error(`${reader}: ${tallies.at(-1).inputs} inputs, ${tallies.at(-1).failures} failures`);
  }
  printTable(tallies);
  return tallies.some(({ failures }) => failures > 0) ? 1 : 0;
}

if (options.compare) process.exit(await compareWithFfmpeg({ ...options, count: Math.min(options.count, 1000) }));
process.exit(options.only === undefined && options.file === undefined ? await runAll(options.readers) : await runOne(options.readers));
