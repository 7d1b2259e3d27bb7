import type { Audio } from "@twelvehz/codec/web";
import { BandSpectrum, SILENCE_DB } from "./band-spectrum.ts";

/** What is this far below the loudest place is as dark as silence, dB. */
const RANGE_DB = 75;
/** Spectra that are computed at once: a long clip has thousands. */
const BLOCK = 256;

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
  const spectrum = new BandSpectrum(sampleRate, rows);
  const decibels = new Float32Array(rows * columns);
  for (let first = 0; first < columns; first += BLOCK) {
    const count = Math.min(BLOCK, columns - first);
    const windows = windowsOf(samples, { length: spectrum.windowLength, columns, first, count });
    const block = spectrum.decibels(windows, spectrum.windowLength, count);
    for (let i = 0; i < block.length; i++) decibels[(i % rows) * columns + first + Math.floor(i / rows)] = block[i];
  }
  const loudest = decibels.reduce((a, b) => Math.max(a, b), SILENCE_DB + RANGE_DB);
  return { levels: Uint8Array.from(decibels, (db) => levelOf(db, loudest, RANGE_DB)), rows, columns };
}

/** The level of a place of the picture, 0 to 255, where `loudest` is 255 and `range` below it 0. */
export function levelOf(decibels: number, loudest: number, range: number): number {
  return Math.max(0, Math.min(255, Math.round((255 * (decibels - loudest + range)) / range)));
}

/** The sound around each of some columns, one after another; what lies outside the clip is silence. */
function windowsOf(
  samples: Float32Array,
  { length, columns, first, count }: { readonly length: number; readonly columns: number; readonly first: number; readonly count: number },
): Float32Array {
  const gathered = new Float32Array(count * length);
  for (let column = 0; column < count; column++) {
    const start = Math.round(((first + column + 0.5) * samples.length) / columns - length / 2);
    const from = Math.max(0, start);
    const to = Math.min(samples.length, start + length);
    if (to > from) gathered.set(samples.subarray(from, to), column * length + from - start);
  }
  return gathered;
}
