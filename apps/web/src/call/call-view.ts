import type { CallFigures } from "@twelvehz/transport";
import type { CallWay } from "./call-way.ts";

/** How far a call is. */
export type CallPhase =
  /** The room is looked for. */
  | "entering"
  /** Nobody else is there. */
  | "alone"
  /** The other end is there; keys are agreed on. */
  | "meeting"
  | "talking"
  /** Nothing comes any more. */
  | "silent"
  /** The other end has hung up. */
  | "left";

/** What is wrong while the call goes on. */
export type CallTrouble = "wrong-key" | "other-model" | "no-room" | "no-direct" | "no-microphone";

/**
 * Where the time between mouth and ear goes, ms, in the order of the way, as far as it can be known
 * at this end: what the other needs for its work is taken to be what this one needs.
 */
export interface CallDelay {
  /** A frame has to be full before it is coded. */
  readonly frame: number;
  /** Coding, encryption, and what waits for them. */
  readonly encode: number;
  /** Half of the way there and back. */
  readonly network: number;
  /** The wait for late packets and for copies. */
  readonly buffer: number;
  readonly decode: number;
  /** What the decoder keeps open until it knows the next frame. */
  readonly lookAhead: number;
  /** The wait before the audio thread takes the sound. */
  readonly playout: number;
  /** The way to the loudspeaker, by the browser's account. */
  readonly device: number;
}

/** How a call is now. */
export interface CallView {
  readonly phase: CallPhase;
  readonly troubles: readonly CallTrouble[];
  readonly way: CallWay;
  /** Kbit/s with all headers over three seconds. */
  readonly sentKbps: number | undefined;
  readonly receivedKbps: number | undefined;
  /** From mouth to ear, ms, as far as it can be known here; undefined before sound is heard. */
  readonly delay: CallDelay | undefined;
  /** Loudest sample of this end and of the other since the last view, 0 to 1. */
  readonly ownPeak: number;
  readonly otherPeak: number;
  readonly figures: CallFigures | undefined;
}
