/**
 * What the agreement of PESQ and STOI is tested with: two clips, each spoiled in ways that are the
 * same on every machine.
 */
import { join } from "node:path";
import { Audio, readAudio } from "@twelvehz/codec/node";
import { resample } from "../../packages/codec/dist/audio/resample.js";
import { root } from "../../scripts/prepare.mjs";

const RATE = 24_000;
const SECONDS = 4;

/** Names of the clips in examples/clips. */
export const CLIPS = ["english", "chinese"];

/** The first seconds of a clip, at 24 kHz. */
export async function readClip(name) {
  const audio = await readAudio(join(root, `examples/clips/${name}.flac`), { sampleRate: RATE });
  return new Audio(audio.samples.slice(0, SECONDS * RATE), RATE);
}

/** Park and Miller 1988; uniform with variance 1. */
function makeNoise() {
  let state = 7;
  return () => ((state = (state * 48_271) % 2_147_483_647) / 2 ** 30 - 1) * Math.sqrt(3);
}

function withNoise(x, decibels) {
  const noise = makeNoise();
  const gain = Math.sqrt(x.reduce((sum, s) => sum + s * s, 0) / x.length) * 10 ** (-decibels / 20);
  return x.map((s) => s + gain * noise());
}

/** Noise that follows the signal: the modulated noise reference unit of ITU-T P.810. */
function modulated(x, decibels) {
  const noise = makeNoise();
  return x.map((s) => s * (1 + 10 ** (-decibels / 20) * noise()));
}

function late(x, samples) {
  const out = new Float32Array(x.length);
  out.set(x.subarray(0, x.length - samples), samples);
  return out;
}

/** 8000 samples a second of 8 bits. */
function narrow(x) {
  const steps = resample(new Audio(x, RATE), 8000).samples.map((s) => Math.round(s * 128) / 128);
  return resample(new Audio(steps, 8000), RATE).samples.slice(0, x.length);
}

function clipped(x) {
  const limit = 0.1 * x.reduce((max, s) => Math.max(max, Math.abs(s)), 0);
  return x.map((s) => Math.max(-limit, Math.min(limit, s)));
}

const WAYS = {
  "noise-10": (x) => withNoise(x, 10),
  "modulated-15": (x) => modulated(x, 15),
  "modulated-5": (x) => modulated(x, 5),
  "late-quiet": (x) => late(withNoise(x, 20), 720).map((s) => 0.3 * s),
  "pcm-8": narrow,
  clipped,
  dropouts: (x) => x.map((s, i) => (i % 7680 < 960 ? 0 : s)),
};

/** Names of the degradations. */
export const DEGRADATIONS = Object.keys(WAYS);

/** A clip, spoiled. */
export function degrade(audio, name) {
  return new Audio(WAYS[name](audio.samples), audio.sampleRate);
}
