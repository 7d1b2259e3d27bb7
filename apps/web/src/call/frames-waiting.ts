import { joinFloats } from "@twelvehz/codec/internal";

/** Frames that may wait; more are a device that is too slow, and late words are worth less than a gap. */
const MOST_WAITING = 8;

/** Frames of the microphone that the codec has not taken yet. */
export class FramesWaiting {
  #frames: Float32Array[] = [];
  #missed = 0;

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** Adds a frame. Where too many wait, half of them are left out, the oldest first. */
  add(frame: Float32Array): void {
    this.#frames.push(frame);
    if (this.#frames.length > MOST_WAITING) this.#missed += this.#frames.splice(0, this.#frames.length - MOST_WAITING / 2).length;
  }

  /** All that wait, and how many before them were left out since the last question. */
  take(): { readonly missed: number; readonly samples: Float32Array } {
    const taken = { missed: this.#missed, samples: joinFloats(this.#frames) };
    this.clear();
    return taken;
  }

  /** Forgets all. */
  clear(): void {
    this.#frames = [];
    this.#missed = 0;
  }
}
