import { BandSpectrum } from "../../pictures/band-spectrum.ts";

/** The columns of a spectrogram, as the sound comes. */
export class RollingSpectrum {
  readonly #spectrum: BandSpectrum;
  readonly #hop: number;
  /** What the next column begins with. */
  #kept: Float32Array;

  /**
   * @param sampleRate Hz
   * @param rows bands of a column
   * @param hop samples of a column; its spectrum is of the sound around its middle
   */
  constructor(sampleRate: number, rows: number, hop: number) {
    this.#spectrum = new BandSpectrum(sampleRate, rows);
    this.#hop = hop;
    this.#kept = new Float32Array(Math.max(0, Math.round((this.#spectrum.windowLength - hop) / 2))); // silence before the sound
  }

  /**
   * Takes sound, and gives the columns that are known now.
   * @returns `[columns, rows]`, dB, the highest band first
   */
  push(samples: Float32Array): Float32Array {
    const sound = new Float32Array(this.#kept.length + samples.length);
    sound.set(this.#kept);
    sound.set(samples, this.#kept.length);
    const columns = Math.max(0, Math.floor((sound.length - this.#spectrum.windowLength) / this.#hop) + 1);
    this.#kept = sound.slice(columns * this.#hop);
    return this.#spectrum.decibels(sound, this.#hop, columns);
  }
}
