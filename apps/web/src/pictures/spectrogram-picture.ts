import type { Audio } from "@twelvehz/codec/web";
import { hann, powerSpectrogram } from "@twelvehz/eval/measures";

/** Window of each spectrum, seconds: long enough to show the harmonics of a voice. */
const WINDOW_SECONDS = 0.032;
/** What is this far below the loudest place is as dark as silence, dB. */
const RANGE_DB = 75;
/** What counts as silence, however loud the clip is, dB of full scale. */
const SILENCE_DB = -120;
/** Highest frequency of the picture, Hz: what a model of 24 kHz can carry. */
const TOP_HERTZ = 12_000;
/** Mel of a frequency: O'Shaughnessy, "Speech Communication", 1987. */
const MEL_CORNER_HERTZ = 700;

/**
 * Levels of a spectrogram, 0 (silence) to 255 (loudest place), `[rows, columns]` with the highest
 * frequency first.
 */
export interface SpectrogramPicture {
  readonly levels: Uint8Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * A spectrogram with a mel scale from 0 to 12 kHz.
 * @param audio at least one sample
 * @param columns one spectrum each, spread evenly over the clip
 */
export function spectrogramPicture({ samples, sampleRate }: Audio, rows: number, columns: number): SpectrogramPicture {
  const window = hann(Math.round(WINDOW_SECONDS * sampleRate));
  const size = 2 ** Math.ceil(Math.log2(window.length));
  const powers = spectraOf(samples, window, size, columns);
  const bands = Array.from({ length: rows }, (_, row) => bandOf(row, rows, size / sampleRate, size / 2));
  const decibels = new Float32Array(rows * columns);
  powers.forEach((spectrum, column) => {
    bands.forEach(
      ([from, to], row) => (decibels[row * columns + column] = 10 * Math.log10(meanOf(spectrum, from, to) + 10 ** (SILENCE_DB / 10))),
    );
  });
  const loudest = decibels.reduce((a, b) => Math.max(a, b), SILENCE_DB + RANGE_DB);
  const levels = Uint8Array.from(decibels, (db) => Math.max(0, Math.min(255, Math.round((255 * (db - loudest + RANGE_DB)) / RANGE_DB))));
  return { levels, rows, columns };
}

/** One spectrum for each column, centred on it. */
function spectraOf(samples: Float32Array, window: Float64Array, size: number, columns: number): Float64Array[] {
  const gathered = new Float32Array(columns * window.length);
  for (let column = 0; column < columns; column++) {
    const start = Math.round(((column + 0.5) * samples.length) / columns - window.length / 2);
    for (let i = Math.max(0, -start); i < window.length && start + i < samples.length; i++)
      gathered[column * window.length + i] = samples[start + i];
  }
  return powerSpectrogram(gathered, { hop: window.length, size, window, count: columns });
}

/** Bins of a row, the last one excluded: at least one. */
function bandOf(row: number, rows: number, binsPerHertz: number, bins: number): [from: number, to: number] {
  const edge = (at: number): number => Math.min(bins, hertzAt(1 - at / rows) * binsPerHertz);
  const from = Math.floor(edge(row + 1));
  return [from, Math.max(from + 1, Math.round(edge(row)))];
}

/** Frequency at a height of the picture, 0 = bottom, 1 = top, Hz. */
export function hertzAt(height: number): number {
  return MEL_CORNER_HERTZ * ((1 + TOP_HERTZ / MEL_CORNER_HERTZ) ** height - 1);
}

/** Height of a frequency in the picture, 0 = bottom, 1 = top. */
export function heightOfHertz(hertz: number): number {
  return Math.log1p(hertz / MEL_CORNER_HERTZ) / Math.log1p(TOP_HERTZ / MEL_CORNER_HERTZ);
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  return sum / (to - from);
}
