/**
 * `npm run verify:published -- DIR [--golden FILE.npz] [--stand-in]` or `npm run verify:published
 * -- --seeded full|tiny [--seed N] [--golden FILE.npz]`: everything that weights of
 * Qwen3-TTS-Tokenizer-12Hz need checking for. Prints a table; exits 1 when a check fails.
 *
 * `--stand-in` says that the weights come from a seed and mean nothing, so that what comes out need
 * not sound like what went in. `--seeded` writes such weights into a temporary folder (682 MB for
 * `full`) and checks them.
 */
import { createHash } from "node:crypto";
import { closeSync, createReadStream, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { prepare, root } from "./prepare.mjs";

prepare();
const { Audio, Codes, folderFiles, openCodec, readAudio } = await import("@twelvehz/codec/node");
const { parsePublishedConfig } = await import("../packages/codec/dist/model/published/config.js");
const { seededConfig, tensorShapes, writeSeededCheckpoint } = await import("../test/reference/seeded-checkpoint.mjs");
const { readNpz } = await import("../test/support/npz.mjs");

const FRAME = 1920;
const RATE = 24000;
/** PCM of two ways to compute the same (docs/conformance.md). */
const TOLERANCE = { full: 2e-4, tiny: 2e-5 };
/**
 * Share of codes that may differ between two ways to compute the same, each at a near tie
 * (docs/conformance.md).
 */
const NEAR_TIE_SHARE = 1e-3;
/**
 * Least correlation of the 10 ms levels of speech and what real weights make of it: weights that
 * mean nothing stay under 0.5.
 */
const LEAST_LIKENESS = 0.8;

const rows = [];

/** Adds a row; `found` is what is printed. */
function check(name, passed, found) {
  rows.push({ name, passed, found });
  console.error(`${passed ? "ok  " : "FAIL"} ${name}: ${found}`);
}

/** Runs one step; an error is a failed check, and the other steps still run. */
async function step(name, work) {
  try {
    return await work();
  } catch (error) {
    check(name, false, error.message);
    return undefined;
  }
}

function note(name, found) {
  rows.push({ name, passed: undefined, found });
  console.error(`     ${name}: ${found}`);
}

function largestDifference(a, b) {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) if (!(Math.abs(a[i] - b[i]) <= largest)) largest = Math.abs(a[i] - b[i]);
  return Number.isNaN(largest) ? Infinity : largest;
}

function share(a, b) {
  return a.length === b.length ? a.reduce((n, code, i) => n + Number(code !== b[i]), 0) / a.length : 1;
}

function checkSound(name, found, wanted, tolerance) {
  const difference = largestDifference(found, wanted);
  check(name, difference <= tolerance, `largest difference ${difference.toExponential(1)}, at most ${tolerance.toExponential(0)}`);
}

function checkCodes(name, found, wanted, allowed = 0) {
  const different = share(found, wanted);
  check(
    name,
    different <= allowed,
    `${(different * 100).toFixed(2)} % of ${wanted.length} codes differ${allowed ? `, at most ${allowed * 100} %` : ""}`,
  );
}

/**
 * Correlation of the levels, dB, of every 10 ms; levels 60 dB under the loudest count as silence.
 */
function likeness(a, b) {
  const levels = (samples) => {
    const powers = Array.from({ length: Math.floor(Math.min(a.length, b.length) / 240) }, (_, t) =>
      samples.subarray(t * 240, (t + 1) * 240).reduce((sum, x) => sum + x * x, 0),
    );
    const floor = Math.max(...powers, 1e-12) * 1e-6;
    return powers.map((power) => Math.log10(Math.max(power, floor)));
  };
  const [x, y] = [levels(a), levels(b)];
  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = (f, g) => x.reduce((sum, _, i) => sum + f(i) * g(i), 0);
  const [dx, dy] = [(i) => x[i] - mx, (i) => y[i] - my];
  return covariance(dx, dy) / Math.sqrt(covariance(dx, dx) * covariance(dy, dy) || 1);
}

async function bundledClip(seconds) {
  const { samples } = await readAudio(join(root, "examples/clips/english.flac"), { sampleRate: RATE });
  const out = new Float32Array(Math.round(seconds * RATE));
  for (let at = 0; at < out.length; at += samples.length) out.set(samples.subarray(0, out.length - at), at);
  return out;
}

function sha256(path) {
  return new Promise((done, failed) => {
    const hash = createHash("sha256");
    createReadStream(path)
      .on("data", (bytes) => hash.update(bytes))
      .on("error", failed)
      .on("end", () => done(hash.digest("hex")));
  });
}

function checkConfig(folder) {
  const json = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const config = parsePublishedConfig(json);
  const published = parsePublishedConfig(seededConfig("full"));
  const size = JSON.stringify(config) === JSON.stringify(published) ? "full" : "tiny";
  check("config.json", true, size === "full" ? "the published dimensions" : "other dimensions than the published ones");
  return { json, config, size };
}

async function checkTensors(folder, json) {
  const weights = await folderFiles(folder).weights();
  const wanted = tensorShapes(json);
  const types = new Set();
  const odd = [];
  for (const [name, shape] of wanted) {
    const { type } = weights.weight(name, shape);
    types.add(type);
    if (type === "float32" && !finite(weights.stored(name)[0])) odd.push(name);
  }
  check("tensors", true, `all ${wanted.size} are there with their shapes, ${[...types].join(" and ")}`);
  check("values are finite", odd.length === 0, odd[0] ?? "all");
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".safetensors"))) {
    const unknown = tensorNames(join(folder, name)).filter((tensor) => !wanted.has(tensor));
    check(`no other tensors in ${name}`, unknown.length === 0, unknown.length === 0 ? "none" : `${unknown.length}, such as ${unknown[0]}`);
    note(`SHA-256 of ${name}`, await sha256(join(folder, name)));
  }
}

/** An exponent of all ones is infinity or NaN (IEEE 754 binary32, little-endian). */
function finite(bytes) {
  for (let at = 2; at < bytes.length; at += 4) if ((bytes[at + 1] & 0x7f) === 0x7f && (bytes[at] & 0x80) !== 0) return false;
  return true;
}

function tensorNames(path) {
  const file = openSync(path, "r");
  try {
    const length = Buffer.alloc(8);
    readSync(file, length);
    const header = Buffer.alloc(Number(length.readBigUInt64LE()));
    readSync(file, header, 0, header.length, 8);
    return Object.keys(JSON.parse(header.toString("utf8"))).filter((name) => name !== "__metadata__");
  } finally {
    closeSync(file);
  }
}

async function checkIdentity(folder, codec) {
  const again = await openCodec(folder);
  check("identity", again.info.id === codec.info.id && /^[0-9a-f]{32}$/.test(codec.info.id), `${codec.info.name} ${codec.info.id}`);
  await again.close();
}

async function checkRoundTrip({ codec, tolerance, config, standIn }) {
  const windowFrames = Math.floor(config.encoder.slidingWindow / 2);
  const clip = await bundledClip(Math.min(12, (windowFrames + 25) / 12.5) + 0.0123);
  const audio = new Audio(clip, RATE);
  const codes = {};
  for (const attention of ["reference", "windowed"]) {
    codes[attention] = await codec.encode(audio, { attention });
    const { samples } = await codec.decode(codes[attention]);
    const inRange = samples.every((x) => Math.abs(x) <= 1);
    check(`round trip, ${attention}`, samples.length === clip.length && inRange, `${samples.length} samples of ${clip.length}, in [-1, 1]`);
    const alike = likeness(clip, samples);
    if (standIn) note(`likeness of the sound, ${attention}`, alike.toFixed(2));
    else check(`likeness of the sound, ${attention}`, alike >= LEAST_LIKENESS, `${alike.toFixed(2)}, at least ${LEAST_LIKENESS}`);
  }
  const used = new Set(codes.reference.data).size;
  check("codes vary", used > 16, `${used} different ones of ${codec.info.codebookSize}`);
  const end = windowFrames * codec.info.layers;
  checkCodes(
    "both attentions agree within the window",
    codes.windowed.data.subarray(0, end),
    codes.reference.data.subarray(0, end),
    NEAR_TIE_SHARE,
  );
  return { clip, codes, tolerance };
}

async function checkStreaming(codec, { clip, codes, tolerance }) {
  for (const attention of ["reference", "windowed"]) {
    for (const size of [FRAME, 4801]) {
      const stream = codec.openEncodeStream({ attention });
      const parts = [];
      for (let at = 0; at < clip.length; at += size) parts.push(await stream.push(clip.subarray(at, at + size)));
      parts.push(await stream.flush());
      await stream.close();
      const found = Int16Array.from(parts.flatMap((part) => [...part.data]));
      checkCodes(`encode stream equals whole, ${attention}, pieces of ${size} samples`, found, codes[attention].data, NEAR_TIE_SHARE);
    }
  }
  const whole = (await codec.decode(codes.reference)).samples;
  for (const size of [1, 3]) {
    const found = await decodedInPieces(codec, codes.reference, size);
    checkSound(`decode stream equals whole, pieces of ${size} frames`, found.subarray(0, whole.length), whole, tolerance);
  }
}

async function decodedInPieces(codec, codes, size) {
  const stream = codec.openDecodeStream();
  const out = new Float32Array(codes.frames * FRAME);
  for (let t = 0; t < codes.frames; t += size) out.set(await stream.push(codes.slice(t, Math.min(codes.frames, t + size))), t * FRAME);
  await stream.flush();
  await stream.close();
  return out;
}

async function checkBatch(codec, { clip, tolerance }) {
  const clips = [1, 1000, 3 * FRAME + 5].map((length) => new Audio(clip.slice(0, length), RATE));
  const alone = [];
  for (const audio of clips) alone.push(await codec.encode(audio));
  const together = await Promise.all(clips.map((audio) => codec.encode(audio)));
  check(
    "clips at once equal clips alone, codes",
    together.every((codes, i) => share(codes.data, alone[i].data) === 0),
    `${clips.length} clips of different lengths`,
  );
  const sounds = await Promise.all(alone.map((codes) => codec.decode(codes)));
  let largest = 0;
  for (const [i, codes] of alone.entries())
    largest = Math.max(largest, largestDifference(sounds[i].samples, (await codec.decode(codes)).samples));
  check("clips at once equal clips alone, sound", largest <= tolerance, `largest difference ${largest.toExponential(1)}`);
}

/** Frames 300 on start anew after 25 frames of context; the frames before are the network's. */
async function checkChunking(codec, tolerance) {
  const { layers, codebookSize } = codec.info;
  const frames = 304;
  const data = Int16Array.from({ length: frames * layers }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 8) % codebookSize);
  const codes = new Codes(data, layers, { codebookSize });
  const chunked = (await codec.decode(codes, { chunking: "reference" })).samples;
  const exact = (await codec.decode(codes.slice(0, 300))).samples;
  checkSound("chunking as the package: up to frame 300 the network's", chunked.subarray(0, 300 * FRAME), exact, tolerance);
  const piece = (await codec.decode(codes.slice(275, frames))).samples.subarray(25 * FRAME);
  checkSound("chunking as the package: from frame 300 a fresh piece's", chunked.subarray(300 * FRAME), piece, tolerance);
}

async function checkGolden(codec, file, tolerance) {
  const golden = readNpz(readFileSync(file));
  const names = (half) => [
    ...new Set(
      Object.keys(golden)
        .filter((name) => name.startsWith(`${half}/`))
        .map((name) => name.split("/")[1]),
    ),
  ];
  for (const name of names("encode")) {
    const audio = new Audio(
      Float32Array.from(golden[`encode/${name}/pcm`].data, (x) => x / 32768),
      RATE,
    );
    for (const [attention, key] of [
      ["reference", "codes"],
      ["windowed", "codes_windowed"],
    ]) {
      const wanted = golden[`encode/${name}/${key}`];
      if (wanted) checkCodes(`golden encode/${name}, ${attention}`, (await codec.encode(audio, { attention })).data, wanted.data);
    }
  }
  for (const name of names("decode")) await checkGoldenDecode(codec, golden, `decode/${name}`, tolerance);
}

async function checkGoldenDecode(codec, golden, name, tolerance) {
  const codes = new Codes(golden[`${name}/codes`].data, codec.info.layers, { codebookSize: codec.info.codebookSize });
  for (const [key, chunking] of [
    ["pcm", "exact"],
    ["pcm_from_frame_295", "reference"],
    ["unchunked_from_frame_295", "exact"],
  ]) {
    const wanted = golden[`${name}/${key}`]?.data;
    if (!wanted) continue;
    const from = key === "pcm" ? 0 : 295 * FRAME;
    const { samples } = await codec.decode(codes, { chunking });
    checkSound(`golden ${name}, ${chunking}`, samples.subarray(from, from + wanted.length), wanted, tolerance);
  }
}

async function measure(codec, { clip, codes }) {
  const seconds = clip.length / RATE;
  const timed = async (work) => {
    const began = performance.now();
    await work();
    return (performance.now() - began) / 1000;
  };
  for (const attention of ["reference", "windowed"])
    note(
      `encode, ${attention}`,
      `${(seconds / (await timed(() => codec.encode(new Audio(clip, RATE), { attention })))).toFixed(2)} x real time`,
    );
  note("decode", `${(seconds / (await timed(() => codec.decode(codes.reference)))).toFixed(2)} x real time`);
  const stream = codec.openDecodeStream();
  note("first samples of a decode stream", `${((await timed(() => stream.push(codes.reference.slice(0, 1)))) * 1000).toFixed(0)} ms`);
  await stream.close();
  note("peak memory of the process, weights included", `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
}

function printTable() {
  const width = Math.max(...rows.map(({ name }) => name.length));
  console.log("");
  for (const { name, passed, found } of rows)
    console.log(`${passed === undefined ? "    " : passed ? "ok  " : "FAIL"}  ${name.padEnd(width)}  ${found}`);
  const failed = rows.filter(({ passed }) => passed === false).length;
  console.log(`\n${rows.filter(({ passed }) => passed).length} passed, ${failed} failed`);
  return failed;
}

async function verify(folder, { golden, standIn, threads }) {
  const found = await step("config.json", () => checkConfig(folder));
  if (!found) return;
  const { json, config, size } = found;
  await step("tensors", () => checkTensors(folder, json));
  const codec = await step("opening", () => openCodec(folder, { threads }));
  if (!codec) return;
  const tolerance = TOLERANCE[size];
  await step("identity", () => checkIdentity(folder, codec));
  const trip = await step("round trip", () => checkRoundTrip({ codec, tolerance, config, standIn }));
  if (trip) {
    await step("streaming", () => checkStreaming(codec, trip));
    await step("batch", () => checkBatch(codec, trip));
    await step("speed", () => measure(codec, trip));
  }
  await step("chunking", () => checkChunking(codec, tolerance));
  if (golden) await step("golden", () => checkGolden(codec, golden, tolerance));
  await codec.close();
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    golden: { type: "string" },
    seeded: { type: "string" },
    seed: { type: "string", default: "11" },
    threads: { type: "string", default: "2" },
    "stand-in": { type: "boolean", default: false },
  },
});
if ((positionals.length === 1) === (values.seeded !== undefined) || (values.seeded && !["full", "tiny"].includes(values.seeded))) {
  console.error(
    "Usage: npm run verify:published -- DIR [--golden FILE.npz] [--stand-in] [--threads N]\n       npm run verify:published -- --seeded full|tiny [--seed N] [--golden FILE.npz]",
  );
  process.exit(2);
}
const temporary = values.seeded && mkdtempSync(join(tmpdir(), "twelvehz-verify-"));
try {
  if (temporary) writeSeededCheckpoint(temporary, seededConfig(values.seeded), Number(values.seed));
  await verify(temporary ?? resolve(positionals[0]), {
    golden: values.golden,
    standIn: values["stand-in"] || temporary !== undefined,
    threads: Number(values.threads),
  });
} finally {
  if (temporary) rmSync(temporary, { recursive: true });
}
process.exitCode = printTable() > 0 ? 1 : 0;
