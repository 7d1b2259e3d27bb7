/**
 * Checks any port of Qwen3-TTS-Tokenizer-12Hz against the vectors: files in, files out. See
 * docs/conformance.md.
 *
 *     node test/conformance/run.mjs --encode 'port encode --model {model} {in} {out}' --decode 'port decode --model {model} {in} {out}'
 *
 * Needs Node only: no packages, no build. Exits 1 when a vector fails.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { readNpy } from "../support/npz.mjs";

const VECTORS = join(dirname(fileURLToPath(import.meta.url)), "vectors");

/**
 * Runs every vector through the commands.
 * @param {object} options
 * @param {string} options.encode command with `{in}` (WAV) and `{out}` (.npy), and where it has
 * them `{model}` and `{attention}`
 * @param {string} options.decode command with `{in}` (.npy) and `{out}`, and where it has them
 * `{model}` and `{chunking}`
 * @param {string} [options.encodeBatch] command with `{ins}` (several WAV files) and `{folder}`
 * (for NAME.npy)
 * @param {string} [options.decodeBatch] command with `{ins}` (several .npy files) and `{folder}`
 * @param {string} [options.decodeExtension] of decoded files: wav (default), npy or f32
 * @param {string} [options.vectors] folder with manifest.json
 * @param {string} [options.model] folder of the checkpoint; by default it is made, in a temporary
 * folder
 * @param {number} [options.jobs] commands at once
 * @param {(vector: object) => boolean} [options.only] which vectors to run one by one; by default
 * all
 * @returns {Promise<{ name: string, status: "ok" | "FAIL" | "skipped", found: string }[]>}
 */
export async function runConformance(options) {
  const { vectors = VECTORS, jobs = 1, only = () => true } = options;
  const manifest = JSON.parse(readFileSync(join(vectors, "manifest.json"), "utf8"));
  const work = mkdtempSync(join(tmpdir(), "twelvehz-conformance-"));
  try {
    const model = options.model ?? makeCheckpoint(join(work, "model"), manifest.checkpoint);
    const context = { ...options, decodeExtension: options.decodeExtension ?? "wav", vectors, manifest, model, work };
    const tasks = [
      ...manifest.vectors.filter(only).map((vector, i) => () => runVector(context, vector, i)),
      () => runBatch(context, "encode", options.encodeBatch, "npy"),
      () => runBatch(context, "decode", options.decodeBatch, context.decodeExtension),
    ];
    const results = [];
    const worker = async () => {
      for (let i = next++; i < tasks.length; i = next++) results[i] = await tasks[i]();
    };
    let next = 0;
    await Promise.all(Array.from({ length: jobs }, worker));
    return results.flat();
  } finally {
    rmSync(work, { recursive: true });
  }
}

function makeCheckpoint(folder, { size, seed }) {
  writeSeededCheckpoint(folder, seededConfig(size), seed);
  return folder;
}

/** What the command must be able to be told, and what it does when it cannot. */
const CHOICES = { encode: ["attention", "reference"], decode: ["chunking", "exact"] };

async function runVector(context, vector, index) {
  const { kind, input, trap } = vector;
  const [choice, usual] = CHOICES[kind];
  const name = `${input} (${trap}${vector[choice] && vector[choice] !== "any" ? `; ${vector[choice]} ${choice}` : ""})`;
  const template = context[kind];
  const wanted = vector[choice] === "any" ? usual : vector[choice];
  if (!template.includes(`{${choice}}`) && wanted !== usual) return { name, status: "skipped", found: `the command has no {${choice}}` };
  const out = join(context.work, `${index}.${kind === "encode" ? "npy" : context.decodeExtension}`);
  return attempt(name, async () => {
    await runCommand(template, { model: context.model, in: join(context.vectors, input), out, [choice]: wanted });
    return compare(context, vector, out);
  });
}

/** All vectors of the usual choice in one command: each must give what it gives alone. */
async function runBatch(context, kind, template, extension) {
  const [choice, usual] = CHOICES[kind];
  const vectors = context.manifest.vectors.filter(
    (vector) => vector.kind === kind && (vector[choice] === usual || vector[choice] === "any"),
  );
  const name = `${vectors.length} files at once (${kind}; clips of different lengths must not change one another)`;
  if (!template) return [{ name, status: "skipped", found: `give --${kind}-batch` }];
  const folder = join(context.work, `${kind}-batch`);
  mkdirSync(folder);
  return attempt(name, async () => {
    const ins = vectors.map(({ input }) => join(context.vectors, input));
    await runCommand(template, { model: context.model, ins, folder, [choice]: usual });
    const results = vectors.map((vector) =>
      compare(context, vector, join(folder, basename(vector.input).replace(/\.[^.]+$/, `.${extension}`))),
    );
    const bad = results.findIndex(({ ok }) => !ok);
    return bad < 0 ? { ok: true, found: "all" } : { ok: false, found: `${vectors[bad].input}: ${results[bad].found}` };
  });
}

async function attempt(name, work) {
  try {
    const { ok, found } = await work();
    return { name, status: ok ? "ok" : "FAIL", found };
  } catch (error) {
    return { name, status: "FAIL", found: error.message };
  }
}

/**
 * Words of a template are separated by spaces and may be quoted; places are filled in afterwards,
 * so that a path may hold spaces.
 */
function runCommand(template, places) {
  const words = [...template.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3]);
  const [program, ...args] = words.flatMap((word) =>
    word === "{ins}" ? places.ins : [word.replace(/\{(\w+)\}/g, (text, place) => places[place] ?? text)],
  );
  return new Promise((done, failed) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (bytes) => (stderr += bytes));
    child.on("error", (error) => failed(new Error(`cannot start ${program}: ${error.message}`)));
    child.on("close", (status) =>
      status === 0 ? done() : failed(new Error(`exit status ${status}: ${stderr.trim().split("\n").at(-1)}`)),
    );
  });
}

function compare({ vectors, manifest }, { kind, expected, fromFrame }, out) {
  const wanted = readNpy(readFileSync(join(vectors, expected)));
  if (kind === "encode") return compareCodes(readNpy(readFileSync(out)), wanted);
  const samples = readSamples(readFileSync(out), out);
  const from = fromFrame * manifest.samplesPerFrame;
  return comparePcm(samples.subarray(from, from + wanted.data.length), wanted.data, manifest.pcmTolerance);
}

function compareCodes(found, { data, shape }) {
  if (found.shape.join() !== shape.join()) return { ok: false, found: `shape [${found.shape}], wanted [${shape}] (frames, layers)` };
  const at = data.findIndex((code, i) => code !== Number(found.data[i]));
  if (at < 0) return { ok: true, found: "equal" };
  return { ok: false, found: `frame ${Math.floor(at / shape[1])}, layer ${at % shape[1]} is ${found.data[at]}, wanted ${data[at]}` };
}

function comparePcm(found, wanted, tolerance) {
  if (found.length !== wanted.length) return { ok: false, found: `${found.length} samples, wanted ${wanted.length}` };
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) if (!(Math.abs(found[i] - wanted[i]) <= largest)) largest = Math.abs(found[i] - wanted[i]);
  return { ok: largest <= tolerance, found: `largest difference ${largest.toExponential(1)}, at most ${tolerance.toExponential(0)}` };
}

/** Samples of a 32-bit float WAV, a float32 .npy, or raw little-endian float32. */
function readSamples(bytes, name) {
  if (bytes.subarray(1, 6).toString("latin1") === "NUMPY") return readNpy(bytes).data;
  if (bytes.toString("latin1", 0, 4) !== "RIFF") return new Float32Array(new Uint8Array(bytes).buffer);
  let format = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [id, length] = [bytes.toString("latin1", at, at + 4), bytes.readUInt32LE(at + 4)];
    if (id === "fmt ") format = bytes.readUInt16LE(at + 8 + 14);
    if (id === "data") {
      if (format !== 32)
        throw new Error(`${basename(name)} has samples of ${format} bits: write 32-bit float, 16 bits are too coarse for the tolerance`);
      return new Float32Array(new Uint8Array(bytes.subarray(at + 8, at + 8 + length)).buffer);
    }
    at += 8 + length + (length % 2);
  }
  throw new Error(`${basename(name)} has no samples`);
}

function printTable(results) {
  for (const { name, status, found } of results) console.log(`${status.padEnd(7)} ${name}: ${found}`);
  const count = (status) => results.filter((result) => result.status === status).length;
  console.log(`\n${count("ok")} passed, ${count("FAIL")} failed, ${count("skipped")} skipped`);
  return count("FAIL");
}

async function main() {
  const { values } = parseArgs({
    options: {
      encode: { type: "string" },
      decode: { type: "string" },
      "encode-batch": { type: "string" },
      "decode-batch": { type: "string" },
      "decode-extension": { type: "string" },
      vectors: { type: "string" },
      model: { type: "string" },
      jobs: { type: "string", default: "1" },
      "write-model": { type: "string" },
    },
  });
  const vectors = resolve(values.vectors ?? VECTORS);
  if (values["write-model"]) {
    makeCheckpoint(values["write-model"], JSON.parse(readFileSync(join(vectors, "manifest.json"), "utf8")).checkpoint);
    return;
  }
  if (!values.encode || !values.decode) {
    console.error(
      "Usage: node test/conformance/run.mjs --encode 'CMD {in} {out}' --decode 'CMD {in} {out}' | --write-model FOLDER; see docs/conformance.md",
    );
    process.exitCode = 2;
    return;
  }
  const results = await runConformance({
    encode: values.encode,
    decode: values.decode,
    encodeBatch: values["encode-batch"],
    decodeBatch: values["decode-batch"],
    decodeExtension: values["decode-extension"],
    vectors,
    model: values.model,
    jobs: Number(values.jobs),
  });
  process.exitCode = printTable(results) > 0 ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
