import { RecentDelays } from "./recent-delays.ts";

/** How much a {@link SampleBuffer} holds, in samples. */
export interface SampleBufferSizes {
  /** Hz of the samples. */
  readonly sampleRate: number;
  /**
   * Silence before the first samples: what later pieces may be late by. After an underrun it is
   * what 98 % of the pieces of late ask for, this at least and half of `most` at most.
   */
  readonly hold: number;
  /**
   * Silence before the samples after an underrun, where the source keeps its own pace: the piece
   * that was late comes late for good, and all later ones are early by that. Default: see `hold`.
   */
  readonly holdAgain?: number | undefined;
  /** More than this is never kept: the oldest samples are left out, down to half of it. */
  readonly most: number;
}

/**
 * Part of the pieces that are to come in time after an underrun: a source that stood still once
 * does not add to the delay for good.
 */
const QUANTILE = 0.98;
/** Pieces that tell what is spare: two seconds of frames. */
const SPARE_PIECES = 25;

/**
 * Between a source that gives pieces now and then and a sound card that takes a few samples at a
 * time. Says at any moment which sample of the source is played.
 */
export class SampleBuffer {
  readonly #sizes: SampleBufferSizes;
  readonly #delays = new RecentDelays();
  #pushed = 0;
  #pieces: Float32Array[] = [];
  /** Samples of the first piece that have been taken. */
  #taken = 0;
  #buffered = 0;
  #silence = 0;
  #isRunning = false;
  #position = 0;
  #underruns = 0;
  #dropped = 0;
  /** What was in hand when the last pieces came; silence before the first ones counts. */
  #inHand: number[] = [];

  constructor(sizes: SampleBufferSizes) {
    this.#sizes = sizes;
  }

  /** Samples that wait. */
  get buffered(): number {
    return this.#buffered;
  }
  /** Index in the source of the next sample to be taken; left-out samples count. */
  get position(): number {
    return this.#position;
  }
  /**
   * True while samples are taken, false before the first ones, in the silence before them and after
   * an underrun.
   */
  get isPlaying(): boolean {
    return this.#isRunning && this.#silence === 0;
  }
  /** How often it was empty while samples were wanted, not counting the time before the first. */
  get underruns(): number {
    return this.#underruns;
  }
  /**
   * Samples that were in hand whenever one of the last 25 pieces came: by so much the source may
   * give its pieces later. Undefined until so many have come after the beginning or an underrun.
   */
  get spare(): number | undefined {
    return this.#inHand.length < SPARE_PIECES ? undefined : Math.min(...this.#inHand);
  }
  /** Samples left out. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Adds a piece, which is kept, not copied.
   * @param atMs when it came, on any clock
   */
  push(samples: Float32Array, atMs: number): void {
    if (samples.length === 0) return;
    const { sampleRate, most } = this.#sizes;
    this.#pushed += samples.length;
    this.#delays.add(atMs - (1000 * this.#pushed) / sampleRate);
    if (!this.#isRunning) {
      this.#silence = this.#hold();
      this.#inHand = [];
    } else this.#inHand = [...this.#inHand.slice(1 - SPARE_PIECES), this.#buffered + this.#silence];
    this.#isRunning = true;
    this.#pieces.push(samples);
    this.#buffered += samples.length;
    if (this.#buffered > most) this.#dropped += this.#take(this.#buffered - Math.floor(most / 2), undefined);
  }

  /** Fills `out` with the next samples, and with silence where there are none. */
  pull(out: Float32Array): void {
    out.fill(0);
    const silent = Math.min(out.length, this.#silence);
    this.#silence -= silent;
    const taken = this.#take(out.length - silent, out.subarray(silent));
    if (taken === out.length - silent || !this.#isRunning) return;
    this.#isRunning = false;
    this.#underruns++;
  }

  #hold(): number {
    const { hold, holdAgain, most, sampleRate } = this.#sizes;
    if (holdAgain !== undefined && this.#position > 0) return holdAgain;
    const late = Math.round((this.#delays.quantileMs(QUANTILE) * sampleRate) / 1000);
    return Math.min(Math.max(hold, late), Math.floor(most / 2));
  }

  /** Takes samples from the front, to `out` if there is one; returns how many there were. */
  #take(wanted: number, out: Float32Array | undefined): number {
    let done = 0;
    while (done < wanted && this.#pieces.length > 0) {
      const piece = this.#pieces[0].subarray(this.#taken, this.#taken + wanted - done);
      out?.set(piece, done);
      done += piece.length;
      this.#taken += piece.length;
      if (this.#taken < this.#pieces[0].length) continue;
      this.#pieces.shift();
      this.#taken = 0;
    }
    this.#buffered -= done;
    this.#position += done;
    return done;
  }
}
