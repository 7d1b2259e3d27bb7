/**
 * Figures of `twelvehz tokenize`: `node bench/tokenize/measure.mjs [--quick] PART...` with the parts
 *
 * - `rejects`: 10 000 files, 100 of them broken in ten ways;
 * - `memory`: most memory of coordinator and worker with 1000 and with 100 000 clips: of the process,
 *   and what is alive of it at the end of the run;
 * - `plan`: most memory of the coordinator with a manifest of a million lines;
 * - `speed FOLDER [RUNS]`: time of `encode` and of `tokenize` with one and with two processes on the
 *   speech in a folder, so many times in turn, three where nothing is said;
 * - `size MANIFEST`: bytes of the corpus and of its export to Parquet.
 *
 * All but the last two use the toy codec of the tests, which takes no time: what is measured is all
 * that is around the codec. Results go to bench/results/tokenize.json, a part at a time; with
 * --quick, all is a hundred times smaller and kept nowhere.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Audio, encodeWav } from "../../packages/codec/dist/index.js";
import { openStore, readRows } from "../../packages/corpus/dist/index.js";
import { root } from "../../scripts/prepare.mjs";
import { uniform } from "../../test/reference/seeded-checkpoint.mjs";
import { measuredOn, median } from "../machine.mjs";

const MAIN = join(root, "packages/cli/dist/main.js");
const TOY = ["--codec-module", join(root, "test/support/toy-codec.mjs")];
const RESULTS = join(root, "bench/results/tokenize.json");
const RATE = 16_000;
const QUICK = process.argv.includes("--quick");
/** So many of something, fewer with --quick. */
const many = (count) => (QUICK ? Math.ceil(count / 100) : count);
/** Time between two looks at the memory, ms. */
const LOOK_MS = 100;

const home = mkdtempSync(join(tmpdir(), "twelvehz-bench-"));
process.on("exit", () => rmSync(home, { recursive: true, force: true }));

function wav(samples) {
  return encodeWav(new Audio(samples, RATE)).bytes;
}

function noise(seconds, seed) {
  return wav(Float32Array.from(uniform("noise", Math.round(seconds * RATE), -0.2, 0.2, seed)));
}

function statusOf(pid, field) {
  try {
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1000;
  } catch {
    return 0; // it has ended
  }
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  } catch {
    return [];
  }
}

/** What all processes have used that were started here and have ended, s (Linux counts hundredths). */
function processorSeconds() {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** Runs the command; most memory of it and of its processes, MB, and how long it took, s. */
async function run(args, env = {}) {
  const [began, used] = [performance.now(), processorSeconds()];
  const options = { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } };
  const child = spawn(process.execPath, [MAIN, ...args, "--json"], options);
  let [out, coordinatorMb, workerMb] = ["", 0, 0];
  child.stdout.on("data", (bytes) => (out += bytes));
  const timer = setInterval(() => {
    coordinatorMb = Math.max(coordinatorMb, statusOf(child.pid, "VmHWM"));
    for (const pid of childrenOf(child.pid)) workerMb = Math.max(workerMb, statusOf(pid, "VmHWM"));
  }, LOOK_MS);
  const status = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(timer);
  if (status !== 0 && status !== 3) throw new Error(`twelvehz ${args.join(" ")} ended with ${status}`);
  return {
    report: out === "" ? {} : JSON.parse(out.trim().split("\n").at(-1)),
    seconds: (performance.now() - began) / 1000,
    processor: processorSeconds() - used,
    coordinatorMb,
    workerMb,
    status,
  };
}

const BROKEN = {
  empty: () => "",
  text: () => "This is a letter, not a sound.\n".repeat(99),
  header: (good) => good.subarray(0, 30),
  cut: (good) => good.subarray(0, good.length - 2000),
  channels: (good) => patched(good, 22, 0, 0),
  rate: (good) => patched(good, 24, 0, 0, 0, 0),
  short: () => noise(0.1, 2),
  silent: () => wav(new Float32Array(8000)),
  none: () => wav(new Float32Array(0)),
  crash: () => wav(Float32Array.from({ length: 8000 }, (_, i) => (i === 0 ? 0.75 : 0.1))),
};

function patched(bytes, offset, ...values) {
  const out = bytes.slice();
  out.set(values, offset);
  return out;
}

async function rejects() {
  const folder = join(home, "rejects");
  mkdirSync(folder);
  const sounds = Array.from({ length: 50 }, (_, i) => noise(0.3, i));
  const kinds = Object.entries(BROKEN);
  const files = QUICK ? 1000 : 10_000;
  for (let i = 0; i < files; i++) {
    const [kind, make] = kinds[((i / 100) % 10) | 0];
    const name = i % 100 === 37 ? `${i}-${kind}.wav` : `${i}.wav`;
    writeFileSync(join(folder, name), i % 100 === 37 ? make(sounds[0]) : sounds[i % 50]);
  }
  const output = join(home, "rejects.out");
  const { report, seconds, status } = await run(["tokenize", folder, "-o", output, ...TOY]);
  const lines = readFileSync(join(output, "rejects.jsonl"), "utf8").trim().split("\n");
  const codes = {};
  for (const line of lines) codes[JSON.parse(line).code] = (codes[JSON.parse(line).code] ?? 0) + 1;
  return { files, rows: report.corpus.clips, rejects: lines.length, codes, exitStatus: status, seconds };
}

async function memory() {
  writeFileSync(join(home, "c.wav"), noise(0.3, 1));
  const measure = async (clips) => {
    const list = join(home, `list-${clips}.jsonl`);
    writeFileSync(list, Array.from({ length: clips }, (_, i) => `{"id":"clip-${i}","audio":"c.wav","text":"sentence ${i}"}`).join("\n"));
    const command = (name) => ["tokenize", list, "-o", join(home, name), "-j", "1", ...TOY];
    const { coordinatorMb, workerMb } = await run(command(`memory-${clips}`));
    const heaps = join(home, `heaps-${clips}`);
    mkdirSync(heaps);
    await run(command(`live-${clips}`), { LIVE_HEAP: heaps, NODE_OPTIONS: `--require ${join(root, "bench/tokenize/live-heap.cjs")}` });
    const live = (script) =>
      Math.max(
        ...readdirSync(heaps).flatMap((name) => (name.startsWith(script) ? [Number(readFileSync(join(heaps, name), "utf8")) / 1e6] : [])),
      );
    return { clips, coordinatorMb, workerMb, coordinatorLiveMb: live("main.js"), workerLiveMb: live("unit-process.js") };
  };
  return [await measure(1000), await measure(QUICK ? 2000 : 100_000)];
}

async function plan() {
  writeFileSync(join(home, "c.wav"), noise(0.3, 1));
  const list = join(home, "million.jsonl");
  for (let block = 0; block < many(100); block++)
    writeFileSync(
      list,
      Array.from(
        { length: 10_000 },
        (_, i) => `{"id":"clip-${10_000 * block + i}","audio":"c.wav","text":"sentence ${i}","duration":0.3}\n`,
      ).join(""),
      { flag: "a" },
    );
  const { coordinatorMb, seconds } = await run(["tokenize", list, "-o", join(home, "million.out"), "--plan-only", ...TOY]);
  return { lines: 10_000 * many(100), coordinatorMb, seconds };
}

function encode(files, output) {
  const [began, used] = [performance.now(), processorSeconds()];
  mkdirSync(output);
  const args = [MAIN, "encode", ...files, "-o", `${output}/`, "-j", "1", "--json"];
  execFileSync(process.execPath, args, { maxBuffer: 2 ** 28 });
  return { seconds: (performance.now() - began) / 1000, processor: processorSeconds() - used };
}

async function speed(folder, times) {
  const turns = QUICK ? 1 : Number(times) || 3;
  const files = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => /\.(flac|wav|mp3|ogg|opus)$/.test(path))
    .slice(0, QUICK ? 20 : undefined);
  const list = join(home, "speed.jsonl");
  writeFileSync(list, files.map((audio) => JSON.stringify({ audio: resolve(audio) })).join("\n"));
  const runs = { encode: [], one: [], two: [] };
  const tokenized = (name, jobs) => run(["tokenize", list, "-o", join(home, name), "-j", String(jobs)]);
  for (let turn = 0; turn < turns; turn++) {
    runs.encode.push(encode(files, join(home, `codes-${turn}`)));
    runs.one.push(await tokenized(`one-${turn}`, 1));
    runs.two.push(await tokenized(`two-${turn}`, 2));
    console.log(
      turn,
      Object.entries(runs).map(([name, all]) => `${name} ${all.at(-1).seconds} s, of processors ${all.at(-1).processor} s`),
    );
  }
  const { corpus } = runs.one[0].report;
  const [encodeSeconds, oneSeconds, twoSeconds] = Object.values(runs).map((all) => median(all.map(({ seconds }) => seconds)));
  const [encodeProcessor, oneProcessor] = Object.values(runs).map((all) => median(all.map(({ processor }) => processor)));
  return {
    clips: corpus.clips,
    soundSeconds: corpus.seconds,
    runs: turns,
    encodeSeconds,
    oneSeconds,
    twoSeconds,
    shareOfEncode: encodeSeconds / oneSeconds,
    shareOfEncodeByProcessor: encodeProcessor / oneProcessor,
    twoWorkers: oneSeconds / twoSeconds,
  };
}

async function size(manifest) {
  const { report } = await run(["tokenize", manifest, "-o", join(home, "size")]);
  await run(["corpus", "export", join(home, "size"), "-f", "parquet", "-o", join(home, "parquet")]);
  const { clips, seconds, shards } = report.corpus;
  let strings = 0;
  const store = await openStore(join(home, "size"));
  for await (const { id, text, speaker, language, source, extra } of readRows(store, shards))
    for (const value of [id, text, speaker, language, source, extra]) strings += Buffer.byteLength(value ?? "");
  const parquet = readdirSync(join(home, "parquet")).reduce((sum, name) => sum + statSync(join(home, "parquet", name)).size, 0);
  const arrow = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  const percent = (bytes) => (100 * bytes) / (seconds * RATE * 2);
  return {
    clips,
    soundSeconds: seconds,
    stringsPercent: percent(strings),
    arrowPercent: percent(arrow),
    arrowWithoutStringsPercent: percent(arrow - strings),
    parquetPercent: percent(parquet),
  };
}

const PARTS = { rejects, memory, plan, speed, size };
const ARGUMENTS = { speed: " FOLDER", size: " MANIFEST" };
const words = process.argv.slice(2).filter((word) => word !== "--quick");
for (const [i, word] of words.entries()) {
  const part = PARTS[word];
  if (!part) continue;
  const figures = await part(words[i + 1], words[i + 2]);
  const command = `node bench/tokenize/measure.mjs ${word}${ARGUMENTS[word] ?? ""}`;
  console.log(word, figures);
  if (QUICK) continue;
  const results = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, "utf8")) : {}; // as others may have left it
  results[word] = { ...measuredOn(command), figures };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
}
