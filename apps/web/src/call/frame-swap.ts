/** Frames that are kept for datagrams to come: as many as come within a burst of packets. */
const MOST_FRAMES = 4;
/** Datagrams that may wait for a frame: what comes late is worth nothing. */
const MOST_WAITING = 16;

/**
 * Puts datagrams into the frames of an encoder that runs by a clock of its own. Frames are kept, the
 * newest of them, so that a datagram need not wait for the next one; frames that none was there for
 * are dropped. What goes out is in the order in which frames and datagrams came.
 */
export class FrameSwap<Frame extends { data: ArrayBuffer }> {
  readonly #write: (frame: Frame) => void;
  readonly #frames: Frame[] = [];
  readonly #waiting: ArrayBuffer[] = [];

  /** @param write sends a frame, whose data are a datagram now */
  constructor(write: (frame: Frame) => void) {
    this.#write = write;
  }

  /** The encoder has made a frame. */
  addFrame(frame: Frame): void {
    this.#frames.push(frame);
    if (this.#frames.length > MOST_FRAMES) this.#frames.shift();
    this.#swap();
  }

  /** A datagram is to be sent. Where too many wait, the oldest is dropped. */
  addDatagram(datagram: ArrayBuffer): void {
    this.#waiting.push(datagram);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    this.#swap();
  }

  #swap(): void {
    for (let left = Math.min(this.#frames.length, this.#waiting.length); left > 0; left--) {
      const [frame, datagram] = [this.#frames.shift(), this.#waiting.shift()];
      if (!frame || !datagram) return;
      frame.data = datagram;
      this.#write(frame);
    }
  }
}
