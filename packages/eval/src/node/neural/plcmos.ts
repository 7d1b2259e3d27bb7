// PLCMOS: Diener, Purin, Sootla, Saabas, Aichner and Cutler, "PLCMOS: a data-driven non-intrusive
// metric for the evaluation of packet loss concealment algorithms", Interspeech 2023. Network,
// features and number of raters are those of the PyPI package "speechmos" 0.0.1.1.

import { DirectSpectrum } from "../../direct-spectrum.ts";
import type { NeuralMeasure } from "./neural-measure.ts";
import { NeuralSession } from "./neural-session.ts";

/** Points of a frame, and samples from one to the next. */
const SIZE = 512;
const HOP = SIZE / 2;
const BINS = SIZE / 2 + 1;
/** Raters that are imagined, and the numbers that describe one. */
const RATERS = 15;
const RATER_SIZE = 64;
/** What a power of 0 is below the smallest power of the clip: 120 dB as a natural logarithm. */
const ZERO_BELOW = 12 * Math.LN10;
/** Logarithm of the powers of a clip of zeros: -80 dB. */
const SILENT_LOG = -8 * Math.LN10;
/** Features are logarithms divided by this. */
const SCALE = 20;
/** Where the numbers of the raters begin. */
const SEED = 2023;

/** Periodic Hamming window. */
const WINDOW = Float64Array.from({ length: SIZE }, (_, n) => 0.54 - 0.46 * Math.cos((2 * Math.PI * n) / SIZE));

/**
 * PLCMOS, 1 to 5: how speech sounds after packets were lost. The network takes the taste of a rater
 * as well; the score is the mean over 15 raters who are drawn at random in the Python package at
 * each call, and are the same for every clip here.
 * @param path of the network `plcmos_v2.onnx`
 * @throws CodecError `not-found`, `bad-model`
 */
export async function openPlcmos(path: string): Promise<NeuralMeasure> {
  const session = await NeuralSession.open(path);
  const raters = raterEmbeddings(RATERS);
  return {
    measures: [{ id: "plcmos", label: "PLCMOS", model: `PLCMOS v2, ${session.model}` }],
    async score(samples) {
      const data = plcmosFeatures(samples);
      const dims = [1, 1, data.length / BINS, BINS];
      let sum = 0;
      for (const rater of raters)
        sum += (await session.run({ degraded_audio: { dims, data }, rater_embed: { dims: [1, RATER_SIZE], data: rater } }))[0];
      return { plcmos: sum / raters.length };
    },
    close: () => session.close(),
  };
}

/**
 * Natural logarithms of the powers of frames of 32 ms every 16 ms, divided by 20; the first frame
 * begins 16 ms before the clip.
 * @param samples at 16 kHz
 * @returns `[frames, 257]` row-major
 */
export function plcmosFeatures(samples: Float32Array): Float32Array {
  const spectrum = new DirectSpectrum(SIZE);
  const frame = new Float64Array(SIZE);
  const frames = Math.ceil((samples.length + HOP) / HOP);
  const powers = new Float64Array(frames * BINS);
  for (let t = 0; t < frames; t++) {
    for (let n = 0; n < SIZE; n++) frame[n] = (samples[(t - 1) * HOP + n] ?? 0) * WINDOW[n];
    powers.set(spectrum.powers(frame), t * BINS);
  }
  const smallest = powers.reduce((a, b) => (b > 0 && b < a ? b : a), Infinity);
  const floor = smallest === Infinity ? SILENT_LOG : Math.log(smallest) - ZERO_BELOW;
  return Float32Array.from(powers, (power) => (power > 0 ? Math.log(power) : floor) / SCALE);
}

/**
 * Normal random numbers for some raters, `[64]` each: the generator mulberry32 and the transform of
 * Box and Muller. Always the same.
 */
export function raterEmbeddings(count: number): Float32Array[] {
  const random = mulberry32(SEED);
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: RATER_SIZE }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())),
  );
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
