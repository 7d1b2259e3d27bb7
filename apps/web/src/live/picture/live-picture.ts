import type { Codes, ModelInfo } from "@twelvehz/codec/web";
import type { ChosenLayers } from "../../steps/chosen-layers.ts";
import type { LiveObserver } from "../live-loop.ts";
import { CodeColumns, LevelColumns, Loudness } from "./rolling-columns.ts";
import { RollingSpectrum } from "./rolling-spectrum.ts";
import { SteadyClock } from "./steady-clock.ts";

/** Columns of the spectrograms for each frame of codes: 10 ms at 12.5 frames a second. */
export const COLUMNS_PER_FRAME = 8;
/** Bands of the spectrograms. */
const ROWS = 96;
/** How many frames are kept: as much as the widest screen shows. */
const KEPT_FRAMES = 512;
/**
 * How far the edge of the picture lies behind the present, seconds: a spectrum needs the sound
 * after it.
 */
const EDGE_SECONDS = 0.04;

/** What a live loop hears, makes of it and plays, as columns of three pictures in step. */
export class LivePicture implements LiveObserver {
  readonly input: LevelColumns = new LevelColumns(ROWS, KEPT_FRAMES * COLUMNS_PER_FRAME);
  readonly codes: CodeColumns;
  readonly output: LevelColumns = new LevelColumns(ROWS, KEPT_FRAMES * COLUMNS_PER_FRAME);
  readonly #columnSeconds: number;
  readonly #inputSpectrum: RollingSpectrum;
  readonly #outputSpectrum: RollingSpectrum;
  readonly #loudness = new Loudness();
  readonly #clock = new SteadyClock();
  #now = 0;

  constructor({ sampleRate, samplesPerFrame, layers }: Pick<ModelInfo, "sampleRate" | "samplesPerFrame" | "layers">) {
    const hop = samplesPerFrame / COLUMNS_PER_FRAME;
    this.#columnSeconds = hop / sampleRate;
    this.codes = new CodeColumns(layers, KEPT_FRAMES);
    this.#inputSpectrum = new RollingSpectrum(sampleRate, ROWS, hop);
    this.#outputSpectrum = new RollingSpectrum(sampleRate, ROWS, hop);
  }

  /** The edge of the picture, in columns; as it was when the clock was last read. */
  get now(): number {
    return this.#now;
  }

  /** How far the edge lies behind the present, in columns. */
  get edgeColumns(): number {
    return this.columnsOf(EDGE_SECONDS);
  }

  /** Columns of a time, with their fraction. */
  columnsOf(seconds: number): number {
    return seconds / this.#columnSeconds;
  }

  /**
   * Reads the clock.
   * @param elapsedSeconds since the first captured sound, by the clock of the sound
   * @param evenSeconds by the clock of the page
   */
  readClock(elapsedSeconds: number, evenSeconds: number): void {
    const now = this.columnsOf(this.#clock.at(elapsedSeconds, evenSeconds) - EDGE_SECONDS);
    this.#now = Math.max(this.#now, now); // never back
  }

  takeInput(samples: Float32Array): void {
    this.input.push(this.#inputSpectrum.push(samples), this.#loudness);
  }

  takeCodes(codes: Codes, chosen: ChosenLayers): void {
    for (let frame = 0; frame < codes.frames; frame++) this.codes.push(codes.frame(frame), codes.codebookSize, chosen);
  }

  takeOutput(samples: Float32Array): void {
    this.output.push(this.#outputSpectrum.push(samples), this.#loudness);
  }
}
