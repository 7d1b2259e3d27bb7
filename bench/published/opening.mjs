/**
 * `node bench/published/opening.mjs CHECKPOINT_DIR`: how long the published decoder takes to open,
 * in a process of its own each time: with no network kept, for the first time, and later. And how
 * fast it decodes with one thread inside each operation, with two, and in two processes at once with
 * one thread each, which is what a pipeline of two workers could reach at the most. Writes
 * bench/results/published-opening.json.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn, medians, processorMs } from "../machine.mjs";

const [ME, TIMER] = [fileURLToPath(import.meta.url), fileURLToPath(new URL("twelvehz.mjs", import.meta.url))];
const THREADS = 2;
const ROUNDS = 3;
const SECONDS = 6;

const [folder, job] = process.argv.slice(2);
if (!folder) throw new Error("No model: node bench/published/opening.mjs CHECKPOINT_DIR");

if (job === "open") {
  const { openCodec } = await import("@twelvehz/codec/node");
  const began = performance.now();
  const [processor, codec] = await processorMs(async () => {
    const opened = await openCodec(folder, { threads: THREADS });
    await opened.prepare({ decoder: true });
    return opened;
  });
  process.stdout.write(JSON.stringify({ ms: performance.now() - began, processorMs: processor }));
  await codec.close();
} else {
  await writeResults();
}

function run(args, env = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function openings() {
  const [nothing, first, later] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const cache = mkdtempSync(join(tmpdir(), "twelvehz-opening-"));
    try {
      nothing.push(run([ME, folder, "open"], { TWELVEHZ_KEEP_NETWORKS: "0" }));
      first.push(run([ME, folder, "open"], { XDG_CACHE_HOME: cache }));
      later.push(run([ME, folder, "open"], { XDG_CACHE_HOME: cache }));
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  }
  return { nothingKept: medians(nothing), first: medians(first), later: medians(later) };
}

async function decoding() {
  const decode = async (threads) => {
    const { stdout } = await promisify(execFile)(process.execPath, [TIMER, folder, `${threads}`, "decode", `${SECONDS}`]);
    return JSON.parse(stdout).xRealTime;
  };
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [oneThread, twoThreads] = [await decode(1), await decode(2)];
    const [a, b] = await Promise.all([decode(1), decode(1)]);
    rounds.push({ oneThread, twoThreads, twoProcesses: a + b, gain: (a + b) / twoThreads - 1 });
  }
  return { seconds: SECONDS, ...medians(rounds) };
}

async function writeResults() {
  const results = {
    measured: measuredOn("node bench/published/opening.mjs CHECKPOINT_DIR"),
    threads: THREADS,
    rounds: ROUNDS,
    opening: openings(),
    decoding: await decoding(),
  };
  writeFileSync(join(root, "bench/results/published-opening.json"), `${JSON.stringify(results, null, 2)}\n`);
  console.log(JSON.stringify(results, null, 2));
}
