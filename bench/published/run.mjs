/**
 * twelvehz against the published PyTorch code, in turn, on the same checkpoint and with the same
 * threads. Writes bench/results/published.json.
 *
 *     QWEN_TTS=FOLDER node bench/published/run.mjs CHECKPOINT_DIR [--python python3] [--threads 2]
 *       [--rounds 3] [--peer PROGRAM --peer-model FILE] [--resume] [--only "decode 60"]
 *
 * FOLDER holds the unpacked wheel qwen-tts 0.1.1; Python needs torch, transformers 4.57.3 and
 * safetensors. PROGRAM times another port in decoding: called as pytorch.py is, with FILE, its own
 * conversion of the checkpoint, in place of the folder; it prints the same JSON. With --resume the
 * rounds are added to those in the results, with --only they are those of one task.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn, median, medians } from "../machine.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const RESULTS = join(root, "bench/results/published.json");
const TASKS = [
  { task: "decode", seconds: 10 },
  { task: "decode", seconds: 60 },
  { task: "encode", seconds: 10 },
];

function timed(program, args) {
  const result = spawnSync(program, args, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${program} ${args.join(" ")}\n${result.stderr}`);
  return JSON.parse(result.stdout.trim().split("\n").at(-1));
}

/** One round of a task: everyone once. */
function round({ task, seconds }, folder, { python, threads, peer, "peer-model": model }) {
  const args = [threads, task, String(seconds)];
  return {
    twelvehz: timed(process.execPath, [join(HERE, "twelvehz.mjs"), folder, ...args]),
    pytorch: timed(python, [join(HERE, "pytorch.py"), folder, ...args]),
    ...(peer && task === "decode" && { peer: timed(peer, [model, ...args]) }),
  };
}

function summary({ task, seconds }, rounds) {
  const of = (who) => rounds.map((one) => one[who]);
  const ratio = (who) => median(rounds.map((one) => one.twelvehz.xRealTime / one[who].xRealTime));
  return {
    task,
    seconds,
    ratio: ratio("pytorch"),
    twelvehz: medians(of("twelvehz")),
    pytorch: medians(of("pytorch")),
    ...(rounds[0].peer && { peerRatio: ratio("peer"), peer: medians(of("peer")) }),
    rounds,
  };
}

function written(versions) {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: "string", default: "python3" },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    peer: { type: "string" },
    "peer-model": { type: "string" },
    resume: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
if (positionals.length !== 1 || !process.env.QWEN_TTS || Boolean(values.peer) !== Boolean(values["peer-model"]))
  throw new Error(
    "Usage: QWEN_TTS=FOLDER node bench/published/run.mjs CHECKPOINT_DIR [--python python3] [--peer PROGRAM --peer-model FILE] [--resume]",
  );
const before = values.resume ? JSON.parse(readFileSync(RESULTS, "utf8")).tasks : [];
const rounds = TASKS.map((_, i) => before[i]?.rounds ?? []);
for (let n = 0; n < Number(values.rounds); n++)
  for (const [i, task] of TASKS.entries())
    if (!values.only || values.only === `${task.task} ${task.seconds}`) rounds[i].push(round(task, positionals[0], values));
const [{ pytorch, peer }] = rounds.flat();
const results = {
  measured: {
    ...measuredOn("node bench/published/run.mjs CHECKPOINT_DIR"),
    ...pytorch.versions,
    ...(peer && { peer: written(peer.versions) }),
  },
  threads: Number(values.threads),
  tasks: TASKS.map((task, i) => (rounds[i].length > 0 ? summary(task, rounds[i]) : { ...task, rounds: [] })),
};
writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
for (const { task, seconds, ratio, peerRatio } of results.tasks.filter((row) => row.rounds.length > 0))
  console.log(
    `${task} ${seconds} s: ${ratio.toFixed(2)} x PyTorch${peerRatio ? `, ${peerRatio.toFixed(2)} x ${results.measured.peer}` : ""}`,
  );
