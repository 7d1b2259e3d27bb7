import { Codes, type CodesSpec, concatCodes } from "@twelvehz/codec";
import { depthOf, type Layout, MOST_BACK, MOST_FRAMES } from "./layout.ts";
import { writePayload } from "./payload.ts";

/** A packet to be sealed and sent. */
export interface OutgoingPacket {
  /** Number of its first frame. */
  readonly frame: number;
  readonly payload: Uint8Array;
}

/** Frames that are kept for the copies of any layout: it may change at any time. */
const KEPT_FRAMES = MOST_FRAMES * (2 + MOST_BACK);
/** Quiet frames after speech that are sent as speech: the ends of words are quiet. */
const HANGOVER_FRAMES = 6;
/**
 * In a pause, so many frames go between two packets, which keep the link alive and the noise at the
 * other end like the one here: about a second.
 */
const PAUSE_FRAMES = 12;

/**
 * Codes to packets: cuts frames into packets of a layout, adds copies of earlier frames, and stops
 * in pauses.
 */
export class Packetizer {
  #layout: Layout;
  /** The last frames, waiting ones included. */
  #history: Codes;
  /** Frames at the end of the history that no packet holds yet. */
  #waiting = 0;
  #frames = 0;
  /** Quiet frames in a row. */
  #quiet = 0;
  /** Packets of the pause that were sent. */
  #pausePackets = 0;
  #unsent = 0;

  /**
   * @param spec of the codes that are pushed
   * @throws CodecError `usage`, at the first packet, when the layout has more layers than the codes
   */
  constructor(spec: CodesSpec, layout: Layout) {
    this.#layout = layout;
    this.#history = Codes.empty(spec);
  }

  /** Frames that were pushed: the number of the next one. */
  get frames(): number {
    return this.#frames;
  }

  get layout(): Layout {
    return this.#layout;
  }

  /** Uses another layout from the next packet on. What waits is sent in packets of the new one. */
  setLayout(layout: Layout): void {
    this.#layout = layout;
  }

  /**
   * @param codes any number of frames, next in order
   * @param isQuiet nothing but background is in them: after a while of it packets are left out.
   * Default false: every packet is sent
   */
  push(codes: Codes, isQuiet = false): OutgoingPacket[] {
    const out: OutgoingPacket[] = [];
    for (let t = 0; t < codes.frames; t++) {
      this.#add(codes.slice(t, t + 1), isQuiet);
      while (this.#waiting >= this.#layout.frames) out.push(...this.#packet());
    }
    return out;
  }

  /** What still waits, in packets of fewer frames. */
  flush(): OutgoingPacket[] {
    const out: OutgoingPacket[] = [];
    while (this.#waiting > 0) out.push(...this.#packet());
    return out;
  }

  /**
   * Passes over frames that were said and never coded, so that those after them keep their place in
   * time. Their packets are as good as lost; copies repeat the frame before.
   * @param count 0 or more
   * @returns what still waited
   */
  skip(count: number): OutgoingPacket[] {
    const out = count > 0 ? this.flush() : [];
    const { frames, spec } = this.#history;
    const last = frames > 0 ? this.#history.slice(frames - 1, frames) : new Codes(new Int16Array(spec.layers), spec.layers, spec);
    for (let i = 0; i < count; i++) {
      this.#add(last, false);
      this.#waiting = 0;
    }
    return out;
  }

  #add(frame: Codes, isQuiet: boolean): void {
    const { frames } = this.#history;
    this.#history = concatCodes([this.#history.slice(Math.max(0, frames - KEPT_FRAMES), frames), frame]);
    this.#frames++;
    this.#waiting++;
    this.#quiet = isQuiet ? this.#quiet + 1 : 0;
    if (!isQuiet) this.#pausePackets = 0;
  }

  /** The next frames that wait, as a packet, or nothing in the middle of a pause. */
  #packet(): OutgoingPacket[] {
    const layout = { ...this.#layout, frames: Math.min(this.#waiting, this.#layout.frames) };
    const frame = this.#frames - this.#waiting;
    this.#waiting -= layout.frames;
    const history = this.#history.slice(0, this.#history.frames - this.#waiting);
    const pauseFollows = this.#quiet > HANGOVER_FRAMES;
    if (pauseFollows && this.#pausePackets > depthOf(layout) && this.#unsent + layout.frames < PAUSE_FRAMES) {
      this.#unsent += layout.frames;
      return [];
    }
    if (pauseFollows) this.#pausePackets++;
    this.#unsent = 0;
    return [{ frame, payload: writePayload(layout, history, pauseFollows) }];
  }
}
