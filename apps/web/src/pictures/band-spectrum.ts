import { hann, powerSpectrogram } from "@twelvehz/eval/measures";

/** Window of each spectrum, seconds: long enough to show the harmonics of a voice. */
const WINDOW_SECONDS = 0.032;
/** What counts as silence, however loud the clip is, dB of full scale. */
export const SILENCE_DB = -120;
/** Highest frequency of the pictures, Hz: what a model of 24 kHz can carry. */
const TOP_HERTZ = 12_000;
/** Mel of a frequency: O'Shaughnessy, "Speech Communication", 1987. */
const MEL_CORNER_HERTZ = 700;

/** Frequency at a height of the picture, 0 = bottom, 1 = top, Hz. */
export function hertzAt(height: number): number {
  return MEL_CORNER_HERTZ * ((1 + TOP_HERTZ / MEL_CORNER_HERTZ) ** height - 1);
}

/** Height of a frequency in the picture, 0 = bottom, 1 = top. */
export function heightOfHertz(hertz: number): number {
  return Math.log1p(hertz / MEL_CORNER_HERTZ) / Math.log1p(TOP_HERTZ / MEL_CORNER_HERTZ);
}

/** Spectra in bands of a mel scale from 0 to 12 kHz: the columns of a spectrogram. */
export class BandSpectrum {
  /** Samples of one spectrum. */
  readonly windowLength: number;
  readonly #window: Float64Array;
  readonly #size: number;
  readonly #bands: readonly (readonly [from: number, to: number])[];

  /**
   * @param sampleRate Hz
   * @param rows bands
   */
  constructor(sampleRate: number, rows: number) {
    this.#window = hann(Math.round(WINDOW_SECONDS * sampleRate));
    this.windowLength = this.#window.length;
    this.#size = 2 ** Math.ceil(Math.log2(this.windowLength));
    this.#bands = Array.from({ length: rows }, (_, row) => bandOf(row, rows, this.#size / sampleRate, this.#size / 2));
  }

  /**
   * Levels of spectra that begin every `hop` samples.
   * @param count how many; the samples reach to the end of the last
   * @returns `[count, rows]`, dB, the highest band first
   */
  decibels(samples: Float32Array, hop: number, count: number): Float32Array {
    const rows = this.#bands.length;
    const out = new Float32Array(count * rows);
    powerSpectrogram(samples, { hop, size: this.#size, window: this.#window, count }).forEach((spectrum, column) => {
      this.#bands.forEach(
        ([from, to], row) => (out[column * rows + row] = 10 * Math.log10(meanOf(spectrum, from, to) + 10 ** (SILENCE_DB / 10))),
      );
    });
    return out;
  }
}

/** Bins of a row, the last one excluded: at least one. */
function bandOf(row: number, rows: number, binsPerHertz: number, bins: number): [from: number, to: number] {
  const edge = (at: number): number => Math.min(bins, hertzAt(1 - at / rows) * binsPerHertz);
  const from = Math.floor(edge(row + 1));
  return [from, Math.max(from + 1, Math.round(edge(row)))];
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  return sum / (to - from);
}
