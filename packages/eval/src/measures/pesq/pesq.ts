// Perceptual evaluation of speech quality: ITU-T Recommendations P.862 (02/2001), P.862.1 (11/2003)
// and P.862.2 (11/2007), in the order of clause 10 of P.862, whose sections are cited by their
// titles, with the numbers of pesq-tables.ts. Envelopes are searched for delays of 4 s over the
// whole clip and of 300 ms in an utterance. Where a codec makes its own phases, the delays of its
// utterances are ill-defined, and in rare clips so is the score: it has been seen 0.9 from that of
// the reference implementation, which itself moves by 0.6 when both clips are shifted by a
// millisecond.

import { type Audio, resample } from "@twelvehz/codec";
import { isComparable } from "../pair.ts";
import { alignUtterances, type Utterance } from "./alignment.ts";
import { delayAt, DisturbanceModel, type Disturbances } from "./disturbance.ts";
import { realignBadIntervals } from "./realignment.ts";
import { type PaddedSignal, prepareSignal } from "./signal.ts";
import { type PesqRate, RATE_16K, RATE_8K } from "./tables.ts";
import { type MeasureFamily, measureInfo, singleMeasure } from "../measure.ts";

/** The clip begins and ends where five samples together reach this. */
const AUDIBLE_SUM = 500;
/**
 * Frames whose reference is loud count less: "Aggregation of the disturbance densities over
 * frequency and emphasis on soft parts of the original".
 */
const LOUDNESS_OFFSET = 1e5;
const LOUDNESS_SCALE = 1e7;
const LOUDNESS_POWER = 0.04;
/** Largest disturbance of a frame after that. */
const LARGEST_DISTURBANCE = 45;
/**
 * Frames of a syllable, and from one to the next, 320 and 160 ms: "Aggregation of the disturbance
 * within split second intervals".
 */
const SYLLABLE = 20;
const SYLLABLE_STEP = SYLLABLE / 2;
const SYLLABLE_POWER = 6;
/** In clips of more frames, the beginning counts less. */
const MEMORY_FRAMES = 1000;
const MEMORY_RANGE = 5500;
const LARGEST_FORGETTING = 0.5;
/** Weights of the two disturbances in the score: "Computation of the PESQ score". */
const SYMMETRIC_WEIGHT = 0.1;
const ASYMMETRIC_WEIGHT = 0.0309;

/**
 * PESQ of wide-band speech by P.862.2, MOS-LQO above 1 and up to 4.64. Both clips are taken to 16
 * kHz; constant gain and delay do not count. returns undefined when the clips are shorter than 0.5
 * s, or either has nothing between 350 and 3250 Hz (below -90 dB of full scale) throws RangeError
 * when rates or lengths differ, or the rate is not whole throws CodecError `bad-audio` when a
 * sample is not finite
 */
export function pesqWideBand(reference: Audio, degraded: Audio): number | undefined {
  const raw = rawScore(reference, degraded, RATE_16K, true);
  return raw === undefined ? undefined : 0.999 + 4 / (1 + Math.exp(-1.3669 * raw + 3.8224)); // mapping function of P.862.2
}

/**
 * PESQ of telephone speech by P.862, as MOS-LQO of P.862.1, above 1 and up to 4.55. Both clips are
 * taken to 8 kHz. Undefined cases and errors as {link pesqWideBand}.
 */
export function pesqNarrowBand(reference: Audio, degraded: Audio): number | undefined {
  const raw = rawScore(reference, degraded, RATE_8K, false);
  return raw === undefined ? undefined : 0.999 + 4 / (1 + Math.exp(-1.4945 * raw + 4.6607)); // mapping function of P.862.1
}

function rawScore(reference: Audio, degraded: Audio, rate: PesqRate, isWideBand: boolean): number | undefined {
  if (!isComparable(reference, degraded)) return undefined;
  const [x, y] = [reference, degraded].map((audio) => prepareSignal(resample(audio, rate.sampleRate).samples, rate, isWideBand));
  if (!x || !y) return undefined;
  const utterances = alignUtterances(x.aligned, y.aligned, rate);
  return compare(x.heard, y.heard, utterances, rate);
}

function compare(reference: PaddedSignal, degraded: PaddedSignal, utterances: readonly Utterance[], rate: PesqRate): number | undefined {
  const [first, end] = comparedFrames(reference, rate);
  if (end <= first) return undefined;
  const model = new DisturbanceModel(reference, degraded, utterances, rate, end);
  const places = Array.from({ length: end }, (_, t) => model.startOf(t) + delayAt(utterances, model.startOf(t), rate.step));
  const found = model.disturbances(degraded.samples, places, 0);
  forgetLostFrames(found, model, utterances, rate);
  realignBadIntervals({ reference, degraded, utterances, rate, model }, found);
  const weights = model.powers.map((power) => ((power + LOUDNESS_OFFSET) / LOUDNESS_SCALE) ** LOUDNESS_POWER);
  const memory = memoryWeights(first, end, (2 * (reference.length - 2 * reference.margin)) / rate.frame - 1);
  const [symmetric, asymmetric] = [found.symmetric, found.asymmetric].map((disturbances) =>
    aggregate(disturbances.map((d, t) => Math.min(d / weights[t], LARGEST_DISTURBANCE)).subarray(first), memory),
  );
  return 4.5 - SYMMETRIC_WEIGHT * symmetric - ASYMMETRIC_WEIGHT * asymmetric;
}

/**
 * The first frame that is counted, and the one after the last, without silence at the ends:
 * "Computation of the active speech time interval".
 */
function comparedFrames({ samples, margin, length }: PaddedSignal, rate: PesqRate): [first: number, end: number] {
  const clip = samples.subarray(margin, samples.length - margin);
  const isAudible = (at: number): boolean => clip.subarray(at, at + 5).reduce((sum, x) => sum + Math.abs(x), 0) >= AUDIBLE_SUM;
  const most = Math.floor(length / 2);
  let [start, stop] = [0, clip.length];
  while (start < most && !isAudible(start)) start++;
  while (clip.length - stop < most && !isAudible(stop - 5)) stop--;
  return [Math.floor((2 * start) / rate.frame), Math.floor((2 * stop) / rate.frame)];
}

/**
 * Frames in which the delay falls by half a frame or more have lost a part that nobody misses:
 * "Zeroing of the frame disturbance".
 */
function forgetLostFrames(found: Disturbances, model: DisturbanceModel, utterances: readonly Utterance[], rate: PesqRate): void {
  const half = rate.frame / 2;
  const frameAt = (step: number, delay: number): number => Math.floor((step * rate.step - model.startOf(0) + delay) / half);
  for (let i = 1; i < utterances.length; i++) {
    const [before, after] = [utterances[i - 1], utterances[i]];
    const jump = after.delay - before.delay;
    if (jump >= -half) continue;
    const from = Math.max(0, Math.min(frameAt(after.start, after.delay), frameAt(before.end, before.delay)));
    const to = frameAt(after.start, -jump) + 2;
    found.symmetric.fill(0, from, to);
    found.asymmetric.fill(0, from, to);
  }
}

/**
 * Weight of each frame that is counted: in clips over 16 s, what was heard long ago counts less.
 */
function memoryWeights(first: number, end: number, frames: number): Float64Array {
  const forgetting = end > MEMORY_FRAMES ? Math.min(LARGEST_FORGETTING, (frames - MEMORY_FRAMES) / MEMORY_RANGE) : 0;
  return Float64Array.from({ length: end - first }, (_, i) => 1 - forgetting + (forgetting * (i + first)) / frames);
}

/**
 * Power 6 within syllables that overlap by half, power 2 over them: aggregation within split second
 * intervals and over the duration of the signal.
 */
function aggregate(disturbances: Float64Array, weights: Float64Array): number {
  let [sum, total] = [0, 0];
  for (let at = 0; at < disturbances.length; at += SYLLABLE_STEP) {
    const syllable = disturbances.subarray(at, at + SYLLABLE).reduce((s, d) => s + d ** SYLLABLE_POWER, 0);
    sum += (weights[at] * (syllable / SYLLABLE) ** (1 / SYLLABLE_POWER)) ** 2;
    total += weights[at] ** 2;
  }
  return Math.sqrt(sum / total);
}

/** {@link pesqWideBand} as a measure. */
export const PESQ_WB: MeasureFamily = singleMeasure(
  measureInfo({
    id: "pesqWb",
    label: "PESQ-WB",
    unit: "MOS",
    better: "higher",
    decimals: 2,
    main: true,
    description: "Quality of wide-band speech, 1 to 4.64: ITU-T P.862.2",
  }),
  pesqWideBand,
);

/** {@link pesqNarrowBand} as a measure. */
export const PESQ_NB: MeasureFamily = singleMeasure(
  measureInfo({
    id: "pesqNb",
    label: "PESQ-NB",
    unit: "MOS",
    better: "higher",
    decimals: 2,
    main: true,
    description: "Quality of telephone speech, 1 to 4.55: ITU-T P.862 with the mapping of P.862.1",
  }),
  pesqNarrowBand,
);
