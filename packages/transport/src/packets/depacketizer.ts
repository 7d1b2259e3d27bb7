import type { Payload } from "./payload.ts";

/** What is known of one frame. */
export interface KnownFrame {
  /** `[k]`, the first k layers: the most that any packet brought. */
  readonly codes: Int16Array;
  /** Its own packet came, not copies alone. */
  readonly isWhole: boolean;
  /** Its own packet says that a pause may follow; undefined where only copies came. */
  readonly pauseFollows: boolean | undefined;
}

/** Packets to frames, in any order: of each frame the best that came is kept. */
export class Depacketizer {
  readonly #frames: Map<number, KnownFrame> = new Map();

  /** Takes a packet. Frames before number 0 do not exist and are passed over. */
  take(frame: number, { parts, pauseFollows }: Payload): void {
    for (const { offset, codes } of parts) {
      const number = frame + offset;
      const known = this.#frames.get(number);
      const isOwn = offset >= 0;
      if (number < 0 || (known && (known.isWhole || (!isOwn && known.codes.length >= codes.length)))) continue;
      this.#frames.set(number, { codes, isWhole: isOwn, pauseFollows: isOwn ? pauseFollows : undefined });
    }
  }

  /** What is known of a frame. */
  get(frame: number): KnownFrame | undefined {
    return this.#frames.get(frame);
  }

  /** Forgets frames below a number. */
  forget(before: number): void {
    for (const frame of this.#frames.keys()) if (frame < before) this.#frames.delete(frame);
  }

  /** Forgets everything. */
  clear(): void {
    this.#frames.clear();
  }

  /** Frames that are kept. */
  get size(): number {
    return this.#frames.size;
  }
}
