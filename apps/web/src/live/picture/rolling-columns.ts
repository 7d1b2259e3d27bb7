import { inkFor } from "../../pictures/ink.ts";
import { levelOf } from "../../pictures/spectrogram-picture.ts";
import { codeColors } from "../../pictures/code-colors.ts";
import type { ChosenLayers } from "../../steps/chosen-layers.ts";

/** What is this far below the loudest place is as dark as silence, dB. */
const RANGE_DB = 65;
/** The quietest sound that is shown with all its ink, dB: the noise of a room stays faint. */
const LOWEST_LOUDEST_DB = 5;
/** How fast the picture grows used to quieter sound, dB for each column of 10 ms. */
const EASE_DB = 0.01;
/** How much of its colour a layer keeps that is off, 0 to 255. */
const MUTED_ALPHA = 46;

/** Columns of a picture that rolls: the newest are kept. */
export interface RollingColumns {
  /** Pixels of a column. */
  readonly rows: number;
  /** How many of the newest columns are kept. */
  readonly capacity: number;
  /** Columns so far. */
  readonly count: number;
  /**
   * Paints columns that are kept, from `from` to `to`, the last one excluded.
   * @returns `[rows, to - from, 4]` red, green, blue, alpha
   */
  paint(from: number, to: number, dark: boolean): Uint8ClampedArray<ArrayBuffer>;
}

/** The loudest place of late, to which the levels of both spectrograms refer. */
export class Loudness {
  #decibels = LOWEST_LOUDEST_DB;

  /** Takes the levels of a column, dB. @returns the loudest place of late, dB */
  take(column: Float32Array): number {
    const eased = Math.max(LOWEST_LOUDEST_DB, this.#decibels - EASE_DB);
    this.#decibels = column.reduce((highest, decibels) => Math.max(highest, decibels), eased);
    return this.#decibels;
  }
}

/** Columns of a spectrogram. */
export class LevelColumns implements RollingColumns {
  readonly rows: number;
  readonly capacity: number;
  /** `[capacity, rows]`, 0 to 255. */
  readonly #levels: Uint8Array;
  #count = 0;

  constructor(rows: number, capacity: number) {
    this.rows = rows;
    this.capacity = capacity;
    this.#levels = new Uint8Array(rows * capacity);
  }

  get count(): number {
    return this.#count;
  }

  /** Takes columns. @param decibels `[columns, rows]` */
  push(decibels: Float32Array, loudness: Loudness): void {
    for (let at = 0; at < decibels.length; at += this.rows) {
      const column = decibels.subarray(at, at + this.rows);
      const loudest = loudness.take(column);
      const place = (this.#count++ % this.capacity) * this.rows;
      column.forEach((db, row) => (this.#levels[place + row] = levelOf(db, loudest, RANGE_DB)));
    }
  }

  paint(from: number, to: number, dark: boolean): Uint8ClampedArray<ArrayBuffer> {
    const ink = inkFor(dark);
    const pixels = new Uint8ClampedArray(4 * this.rows * (to - from));
    for (let column = from; column < to; column++)
      for (let row = 0; row < this.rows; row++) {
        const level = this.#levels[(column % this.capacity) * this.rows + row];
        pixels.set(ink.subarray(4 * level, 4 * level + 4), 4 * (row * (to - from) + column - from));
      }
    return pixels;
  }
}

const colors = codeColors(256);

/** Frames of codes, one column each. */
export class CodeColumns implements RollingColumns {
  readonly rows: number;
  readonly capacity: number;
  /** `[capacity, K, 4]` */
  readonly #pixels: Uint8ClampedArray;
  #count = 0;

  constructor(layers: number, capacity: number) {
    this.rows = layers;
    this.capacity = capacity;
    this.#pixels = new Uint8ClampedArray(4 * layers * capacity);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Takes a frame.
   * @param codes `[K]`, each 0 to `codebookSize` - 1
   * @param chosen layers that are off are faint
   */
  push(codes: Int16Array, codebookSize: number, chosen: ChosenLayers): void {
    const scale = (colors.length / 3 - 1) / Math.max(1, codebookSize - 1);
    const place = 4 * this.rows * (this.#count++ % this.capacity);
    codes.forEach((code, layer) => {
      const color = 3 * Math.round(code * scale);
      this.#pixels.set(colors.subarray(color, color + 3), place + 4 * layer);
      this.#pixels[place + 4 * layer + 3] = chosen[layer] ? 255 : MUTED_ALPHA;
    });
  }

  paint(from: number, to: number): Uint8ClampedArray<ArrayBuffer> {
    const pixels = new Uint8ClampedArray(4 * this.rows * (to - from));
    for (let column = from; column < to; column++)
      for (let layer = 0; layer < this.rows; layer++) {
        const place = 4 * ((column % this.capacity) * this.rows + layer);
        pixels.set(this.#pixels.subarray(place, place + 4), 4 * (layer * (to - from) + column - from));
      }
    return pixels;
  }
}
