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

/** A ring of cells, `[capacity, rows]`, of which each is one pixel. */
abstract class Ring implements RollingColumns {
  readonly rows: number;
  readonly capacity: number;
  #count = 0;

  constructor(rows: number, capacity: number) {
    this.rows = rows;
    this.capacity = capacity;
  }

  get count(): number {
    return this.#count;
  }

  paint(from: number, to: number, dark = false): Uint8ClampedArray<ArrayBuffer> {
    const ink = inkFor(dark);
    const pixels = new Uint8ClampedArray(4 * this.rows * (to - from));
    for (let column = from; column < to; column++)
      for (let row = 0; row < this.rows; row++)
        pixels.set(this.pixel((column % this.capacity) * this.rows + row, ink), 4 * (row * (to - from) + column - from));
    return pixels;
  }

  /** Counts a column. @returns its first cell */
  protected next(): number {
    return (this.#count++ % this.capacity) * this.rows;
  }

  /** Red, green, blue and alpha of a cell. */
  protected abstract pixel(cell: number, ink: Uint8ClampedArray): Uint8ClampedArray;
}

/** Columns of a spectrogram. */
export class LevelColumns extends Ring {
  /** `[capacity, rows]`, 0 to 255. */
  readonly #levels: Uint8Array;

  constructor(rows: number, capacity: number) {
    super(rows, capacity);
    this.#levels = new Uint8Array(rows * capacity);
  }

  /** Takes columns. @param decibels `[columns, rows]` */
  push(decibels: Float32Array, loudness: Loudness): void {
    for (let at = 0; at < decibels.length; at += this.rows) {
      const column = decibels.subarray(at, at + this.rows);
      const loudest = loudness.take(column);
      const place = this.next();
      column.forEach((db, row) => (this.#levels[place + row] = levelOf(db, loudest, RANGE_DB)));
    }
  }

  protected pixel(cell: number, ink: Uint8ClampedArray): Uint8ClampedArray {
    const level = this.#levels[cell];
    return ink.subarray(4 * level, 4 * level + 4);
  }
}

const colors = codeColors(256);

/** Frames of codes, one column each. */
export class CodeColumns extends Ring {
  /** `[capacity, K, 4]` */
  readonly #pixels: Uint8ClampedArray;

  constructor(layers: number, capacity: number) {
    super(layers, capacity);
    this.#pixels = new Uint8ClampedArray(4 * layers * capacity);
  }

  /**
   * Takes a frame.
   * @param codes `[K]`, each 0 to `codebookSize` - 1
   * @param chosen layers that are off are faint
   */
  push(codes: Int16Array, codebookSize: number, chosen: ChosenLayers): void {
    const scale = (colors.length / 3 - 1) / Math.max(1, codebookSize - 1);
    const place = 4 * this.next();
    codes.forEach((code, layer) => {
      const color = 3 * Math.round(code * scale);
      this.#pixels.set(colors.subarray(color, color + 3), place + 4 * layer);
      this.#pixels[place + 4 * layer + 3] = chosen[layer] ? 255 : MUTED_ALPHA;
    });
  }

  protected pixel(cell: number): Uint8ClampedArray {
    return this.#pixels.subarray(4 * cell, 4 * cell + 4);
  }
}
