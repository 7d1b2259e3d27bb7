import type { Audio } from "@twelvehz/codec";
import { f0Contour } from "../measures/index.ts";
import { DirectSpectrum } from "../direct-spectrum.ts";

/** What is measured of every frame. */
export type Quantity = "voicing" | "energy" | "f0" | "centroid";

/** All quantities, with words for people. */
export const QUANTITIES: readonly { readonly id: Quantity; readonly label: string; readonly unit: string }[] = [
  { id: "voicing", label: "Voicing", unit: "" },
  { id: "energy", label: "Energy", unit: "dB" },
  { id: "f0", label: "F0", unit: "Hz" },
  { id: "centroid", label: "Spectral centroid", unit: "Hz" },
];

/** What a frame is: the parts of speech that a codebook is said to be made of. */
export const FRAME_KINDS = ["pause", "unvoiced onset", "other unvoiced", "voiced"] as const;

/** Acoustics of the frames of a clip, `[T]` each. */
export interface FrameAcoustics {
  /** Share of the frame's 10 ms steps that are voiced, 0 to 1. */
  readonly voicing: Float64Array;
  /** Mean power, dB of full scale, -90 at least. */
  readonly energy: Float64Array;
  /** Geometric mean of F0 over the voiced steps, Hz; NaN where none is. */
  readonly f0: Float64Array;
  /** Centre of the power spectrum, Hz; NaN in pauses. */
  readonly centroid: Float64Array;
  /** Index into {@link FRAME_KINDS}. */
  readonly kind: Uint8Array;
}

const FLOOR_DB = -90;
/** Frames this far below the clip's loudest are pauses, dB. */
const PAUSE_DB = 40;
/** A rise of an unvoiced frame over the one before that makes it an onset, dB. */
const ONSET_DB = 6;
/** Windows of the spectrum in a frame. */
const WINDOWS = 4;
/** A value of `f0Contour` is for the middle of this time after its own, seconds. */
const F0_WINDOW_SECONDS = 0.025;
const F0_STEP_SECONDS = 0.01;

/**
 * Voicing, energy, F0 and centroid of every codec frame of a clip.
 * @param audio at the model's rate
 * @param samplesPerFrame of the model
 * @returns ceil(samples / samplesPerFrame) frames; the last may be filled up with silence
 */
export function frameAcoustics(audio: Audio, samplesPerFrame: number): FrameAcoustics {
  const count = Math.ceil(audio.samples.length / samplesPerFrame);
  const pitch = framePitch(audio, samplesPerFrame, count);
  const frames = Array.from({ length: count }, (_, t) => frameOf(audio.samples, t, samplesPerFrame));
  const energy = Float64Array.from(frames, energyOf);
  const quiet = energy.reduce((a, b) => Math.max(a, b), FLOOR_DB) - PAUSE_DB;
  const centroids = new CentroidMeter(samplesPerFrame, audio.sampleRate);
  const centroid = Float64Array.from(frames, (frame, t) => (energy[t] <= quiet ? Number.NaN : centroids.of(frame)));
  const kind = Uint8Array.from(energy, (level, t) => {
    if (level <= quiet) return 0;
    if (pitch.voicing[t] >= 0.5) return 3;
    return level - (t === 0 ? FLOOR_DB : energy[t - 1]) >= ONSET_DB ? 1 : 2;
  });
  return { ...pitch, energy, centroid, kind };
}

function frameOf(samples: Float32Array, t: number, size: number): Float64Array {
  const frame = new Float64Array(size);
  frame.set(samples.subarray(t * size, (t + 1) * size));
  return frame;
}

function energyOf(frame: Float64Array): number {
  const power = frame.reduce((sum, x) => sum + x * x, 0) / frame.length;
  return Math.max(FLOOR_DB, 10 * Math.log10(power));
}

function framePitch(audio: Audio, samplesPerFrame: number, count: number): Pick<FrameAcoustics, "voicing" | "f0"> {
  const [steps, voiced, octaves] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const frameSeconds = samplesPerFrame / audio.sampleRate;
  f0Contour(audio).forEach((f0, i) => {
    const t = Math.floor((i * F0_STEP_SECONDS + F0_WINDOW_SECONDS / 2) / frameSeconds);
    if (t >= count) return;
    steps[t]++;
    if (f0 === 0) return;
    voiced[t]++;
    octaves[t] += Math.log2(f0);
  });
  return {
    voicing: voiced.map((n, t) => (steps[t] === 0 ? 0 : n / steps[t])),
    f0: octaves.map((sum, t) => (voiced[t] === 0 ? Number.NaN : 2 ** (sum / voiced[t]))),
  };
}

/** Centre of the power spectrum of a frame, over four windows. */
class CentroidMeter {
  readonly #spectrum: DirectSpectrum;
  readonly #window: Float64Array;
  readonly #binHertz: number;

  constructor(samplesPerFrame: number, sampleRate: number) {
    const size = Math.floor(samplesPerFrame / WINDOWS);
    this.#spectrum = new DirectSpectrum(size);
    this.#window = Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size));
    this.#binHertz = sampleRate / size;
  }

  of(frame: Float64Array): number {
    let [weighted, total] = [0, 0];
    for (let at = 0; at + this.#window.length <= frame.length; at += this.#window.length) {
      const powers = this.#spectrum.powers(this.#window.map((w, n) => w * frame[at + n]));
      for (let k = 1; k < powers.length; k++) {
        weighted += k * powers[k];
        total += powers[k];
      }
    }
    return total === 0 ? Number.NaN : (this.#binHertz * weighted) / total;
  }
}
