/**
 * `node bench/published/opening.mjs CHECKPOINT_DIR`: how long the published decoder takes to open,
 * in a process of its own each time: with no network kept, for the first time, and later. And what
 * two threads inside each operation gain over one in decoding, and so what a pipeline of two
 * workers with one thread each could gain at the most. Writes bench/results/published-opening.json.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn, median, medians, processorMs } from "../machine.mjs";

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
  writeResults();
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

function decoding() {
  const rounds = Array.from({ length: ROUNDS }, () => ["1", "2"].map((n) => run([TIMER, folder, n, "decode", `${SECONDS}`]).xRealTime));
  const [one, two] = [0, 1].map((i) => median(rounds.map((round) => round[i])));
  return { seconds: SECONDS, oneThread: one, twoThreads: two };
}

function writeResults() {
  const results = {
    measured: measuredOn("node bench/published/opening.mjs CHECKPOINT_DIR"),
    threads: THREADS,
    rounds: ROUNDS,
    opening: openings(),
    decoding: decoding(),
  };
  writeFileSync(join(root, "bench/results/published-opening.json"), `${JSON.stringify(results, null, 2)}\n`);
  console.log(JSON.stringify(results, null, 2));
}
