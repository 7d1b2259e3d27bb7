import type { Audio } from "@twelvehz/codec";
import { encodePng } from "./png.ts";

/** Rows of the picture: frequencies from 0 to half the rate. */
const ROWS = 112;
/** Time from one column to the next, seconds. */
const COLUMN_SECONDS = 0.01;
/** Length of the spectra, seconds. */
const WINDOW_SECONDS = 0.022;
/** Levels from black to white, dB. */
const RANGE_DB = 75;
/** Colours of the picture, from quiet to loud: ink, sea, sand. */
const STOPS = [
  [13, 18, 30],
  [24, 56, 84],
  [36, 112, 121],
  [130, 173, 131],
  [240, 214, 140],
  [255, 248, 224],
] as const;
const COLOURS = 64;

/** Colour by level, `[64, 3]`. */
const PALETTE = Uint8Array.from({ length: COLOURS * 3 }, (_, i) => {
  const at = (Math.floor(i / 3) / (COLOURS - 1)) * (STOPS.length - 1);
  const [from, to] = [STOPS[Math.floor(at)], STOPS[Math.ceil(at)]];
  return from[i % 3] + (at % 1) * (to[i % 3] - from[i % 3]);
});

/**
 * A picture of the spectrum over time, 0 Hz at the bottom, half the rate on top.
 * @param powers as {@link pictureSpectrum} gives them
 * @param loudest power that is shown brightest: the same for pictures that are to be compared
 * @returns a PNG file
 */
export function spectrogramImage(powers: readonly Float32Array[], loudest: number): Promise<Uint8Array<ArrayBuffer>> {
  const width = powers.length;
  const pixels = new Uint8Array(width * ROWS);
  powers.forEach((column, x) => {
    for (let row = 0; row < ROWS; row++) {
      const below = 10 * Math.log10(Math.max(column[row], Number.MIN_VALUE) / Math.max(loudest, 1e-12));
      const level = Math.min(1, Math.max(0, 1 + below / RANGE_DB));
      pixels[(ROWS - 1 - row) * width + x] = Math.round(level * (COLOURS - 1));
    }
  });
  return encodePng({ width, height: ROWS, pixels, palette: PALETTE });
}

/** The largest power in a picture. */
export function loudestPower(powers: readonly Float32Array[]): number {
  return powers.reduce((max, column) => column.reduce((a, b) => Math.max(a, b), max), 0);
}

/**
 * Power in every row of a picture, low frequencies first, one `[112]` for each column of 10 ms: a
 * discrete Fourier transform at the rows' frequencies only.
 */
export function pictureSpectrum({ samples, sampleRate }: Audio): Float32Array[] {
  const length = Math.round(WINDOW_SECONDS * sampleRate);
  const [cosines, sines] = [Math.cos, Math.sin].map((wave) =>
    Array.from({ length: ROWS }, (_, row) => windowedWave(wave, (row + 0.5) / (2 * ROWS), length)),
  );
  const count = Math.max(1, Math.floor(samples.length / sampleRate / COLUMN_SECONDS));
  return Array.from({ length: count }, (_, t) => {
    const at = Math.round((t + 0.5) * COLUMN_SECONDS * sampleRate) - (length >> 1);
    const frame = Float64Array.from({ length }, (_, i) => samples[at + i] ?? 0);
    return Float32Array.from(cosines, (cosine, row) => product(frame, cosine) ** 2 + product(frame, sines[row]) ** 2);
  });
}

/** @param frequency in cycles a sample */
function windowedWave(wave: (x: number) => number, frequency: number, length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / length) ** 2 * wave(2 * Math.PI * frequency * i));
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
