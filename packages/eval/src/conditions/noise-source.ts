import { Audio } from "@twelvehz/codec";
import { filterByGain, type GainCurve } from "./magnitude-filter.ts";
import { SeededRandom } from "./seeded-random.ts";

/** Kinds of noise that are made here. */
export const NOISE_KINDS = ["white", "pink", "babble"] as const;

/** A kind of noise: `white`, `pink` (as much power in each octave), `babble` (as of a crowd). */
export type NoiseKind = (typeof NOISE_KINDS)[number];

/** 3.01 dB less for each octave from 20 Hz to 20.48 kHz. */
const PINK: GainCurve = [
  [20, 0],
  [20_480, -100 * Math.log10(2)],
];
/**
 * Long-term spectrum of speech: levels in thirds of octaves of Byrne et al., JASA 96 (1994), as
 * density relative to 500 Hz, rounded.
 */
const SPEECH: GainCurve = [
  [63, -14],
  [100, -1],
  [250, 1],
  [500, 0],
  [1000, -11],
  [2000, -19],
  [4000, -26],
  [8000, -30],
  [12_500, -35],
];
/** Voices of the crowd; more sound like steady noise. */
const VOICES = 6;
/** Length of a syllable, seconds: from the shortest to the longest, all as likely. */
const SYLLABLE_SECONDS = [0.12, 0.35] as const;
/** One syllable in so many is a pause. */
const PAUSE_EVERY = 5;

/**
 * Makes noise. Babble is noise with the spectrum of speech, modulated by the syllables of six
 * voices that know nothing of each other, in the manner of the ICRA noises (Dreschler et al.,
 * Audiology 40, 2001); it holds no words.
 * @param length samples
 * @param sampleRate Hz
 * @param key fixes what is random
 * @returns noise of no particular level, not silent
 */
export function makeNoise(kind: NoiseKind, length: number, sampleRate: number, key: string): Audio {
  const random = new SeededRandom(`${kind} noise ${key}`);
  const white = new Audio(whiteNoise(length, random), sampleRate);
  if (kind === "white") return white;
  if (kind === "pink") return filterByGain(white, PINK);
  return filterByGain(new Audio(crowd(length, sampleRate, random), sampleRate), SPEECH);
}

function whiteNoise(length: number, random: SeededRandom): Float32Array {
  return Float32Array.from({ length }, () => 0.1 * random.normal());
}

/** Sum of voices, each white noise under the arcs of its syllables. */
function crowd(length: number, sampleRate: number, random: SeededRandom): Float32Array {
  const out = new Float32Array(length);
  const [shortest, longest] = SYLLABLE_SECONDS;
  for (let voice = 0; voice < VOICES; voice++) {
    for (let at = -random.below(longest * sampleRate); at < length; ) {
      const syllable = Math.ceil((shortest + (longest - shortest) * random.uniform()) * sampleRate);
      const loudness = random.below(PAUSE_EVERY) === 0 ? 0 : 0.3 + 0.7 * random.uniform();
      addArc(out, at, syllable, 0.1 * loudness, random);
      at += syllable;
    }
  }
  return out;
}

function addArc(out: Float32Array, at: number, length: number, gain: number, random: SeededRandom): void {
  for (let n = Math.max(0, -at); n < length && at + n < out.length; n++)
    out[at + n] += gain * Math.sin((Math.PI * (n + 0.5)) / length) * random.normal();
}
