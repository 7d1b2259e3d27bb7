/**
 * `npm run fuzz -- --compare [--count 200] [--seed N]`: mutated good sound files through our
 * readers and through an ffmpeg on the PATH. We may read more than it, or say more, but may not
 * lose sound that it finds without a word. Ends with 1 when we did. Documentation: docs/fuzzing.md.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { root } from "./prepare.mjs";

/** Sound that may be missing, in seconds: a page of Ogg or some frames of MP3 at a hole. */
const TOLERANCE = 0.3;

/** Runs the comparison; returns the exit status. */
export async function compareWithFfmpeg({ count, seed }) {
  if (spawnSync("ffmpeg", ["-version"]).status !== 0) throw new Error("there is no ffmpeg on the PATH");
  const { openAudioStream } = await import(join(root, "packages/codec/dist/index.js"));
  const folder = join(root, "test/fixtures/audio");
  const files = readdirSync(folder).filter((name) => /\.(wav|aiff|aifc|flac|mp3|ogg|oga|opus)$/.test(name) && !name.includes("expected"));
  const random = generator(seed);
  const work = mkdtempSync(join(tmpdir(), "twelvehz-fuzz-"));
  const lost = new Set();
  process.once("exit", () => tidy(work, lost));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
  const tally = { equal: 0, more: 0, said: 0, both: 0, lost: 0 };
  for (let i = 0; i < count; i++) {
    const name = files[i % files.length];
    const bytes = mutated(new Uint8Array(readFileSync(join(folder, name))), random);
    const path = join(work, `${i}${extname(name)}`);
    writeFileSync(path, bytes);
    const theirs = ffmpegSeconds(path);
    const ours = await ourSeconds(openAudioStream, bytes);
    const outcome = judge(ours, theirs);
    tally[outcome]++;
    if (outcome !== "lost") rmSync(path);
    else {
      lost.add(basename(path));
      console.error(`lost: ${name}, ours ${ours.seconds.toFixed(2)} s (${ours.words}), ffmpeg ${theirs.toFixed(2)} s: ${path}`);
    }
  }
  console.log(
    `${count} files: ${Object.entries(tally)
      .map(([what, n]) => `${what} ${n}`)
      .join(", ")}`,
  );
  return tally.lost > 0 ? 1 : 0;
}

/** Keeps nothing but the files that are to be looked at, also where the work is interrupted. */
function tidy(work, lost) {
  for (const name of readdirSync(work)) if (!lost.has(name)) rmSync(join(work, name));
  if (lost.size === 0) rmSync(work, { recursive: true });
}

function judge(ours, theirs) {
  if (ours.seconds === 0 && theirs === 0) return "both";
  if (ours.seconds > theirs + TOLERANCE) return "more";
  if (ours.seconds >= theirs - TOLERANCE) return "equal";
  return ours.words === "" ? "lost" : "said";
}

/** Numbers in [0, 1) that a seed repeats: mulberry32. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of: bytes changed in the head or anywhere, a cut, bytes put in, bytes taken out. */
function mutated(bytes, random) {
  const at = Math.floor(random() * bytes.length);
  const kind = Math.floor(random() * 5);
  if (kind === 0) bytes[Math.floor(random() * Math.min(80, bytes.length))] = Math.floor(random() * 256);
  if (kind === 1) bytes[at] ^= 1 << Math.floor(random() * 8);
  if (kind === 2) return bytes.subarray(0, at);
  if (kind === 3) return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(Math.floor(random() * 600), 7), bytes.subarray(at)]);
  if (kind === 4) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + Math.floor(random() * 600))]);
  return bytes;
}

function ffmpegSeconds(path) {
  const args = ["-nostdin", "-v", "quiet", "-i", path, "-map", "0:a:0", "-ac", "1", "-ar", "8000", "-f", "s16le", "pipe:1"];
  return spawnSync("ffmpeg", args, { maxBuffer: 2 ** 28 }).stdout.length / 16_000;
}

async function ourSeconds(openAudioStream, bytes) {
  let seconds = 0;
  try {
    const stream = await openAudioStream(
      (async function* () {
        yield new Uint8Array(bytes);
      })(),
      { byteLength: bytes.length },
    );
    for await (const [channel] of stream.chunks) seconds += channel.length / stream.info.sampleRate;
    return { seconds, words: stream.findings.map(({ reason }) => reason).join("; ") };
  } catch (error) {
    return { seconds, words: error.message };
  }
}
