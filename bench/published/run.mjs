/**
 * twelvehz against the published PyTorch code, in turn, on the same checkpoint and with the same
 * threads. Writes bench/results/published.json.
 *
 *     QWEN_TTS=FOLDER node bench/published/run.mjs CHECKPOINT_DIR [--python python3] [--threads 2] [--rounds 3]
 *
 * FOLDER holds the unpacked wheel qwen-tts 0.1.1; Python needs torch, transformers 4.57.3 and
 * safetensors.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn, median, medians } from "../machine.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
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

function compare({ task, seconds }, folder, { python, threads, rounds }) {
  const [ours, theirs] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const args = [folder, threads, task, String(seconds)];
    ours.push(timed(process.execPath, [join(HERE, "twelvehz.mjs"), ...args]));
    theirs.push(timed(python, [join(HERE, "pytorch.py"), ...args]));
  }
  const ratio = median(ours.map(({ xRealTime }, i) => xRealTime / theirs[i].xRealTime));
  const row = { task, seconds, ratio, twelvehz: medians(ours), pytorch: medians(theirs) };
  console.log(
    `${task} ${seconds} s: ${row.twelvehz.xRealTime.toFixed(2)} x real time, PyTorch ${row.pytorch.xRealTime.toFixed(2)} x, ratio ${ratio.toFixed(2)}`,
  );
  return { row, versions: theirs[0].versions };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: "string", default: "python3" },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
  },
});
if (positionals.length !== 1 || !process.env.QWEN_TTS)
  throw new Error("Usage: QWEN_TTS=FOLDER node bench/published/run.mjs CHECKPOINT_DIR [--python python3]");
const compared = TASKS.map((task) => compare(task, positionals[0], { ...values, rounds: Number(values.rounds) }));
const results = {
  measured: { ...measuredOn("node bench/published/run.mjs CHECKPOINT_DIR"), ...compared[0].versions },
  threads: Number(values.threads),
  rounds: Number(values.rounds),
  tasks: compared.map(({ row }) => row),
};
writeFileSync(join(root, "bench/results/published.json"), `${JSON.stringify(results, null, 2)}\n`);
