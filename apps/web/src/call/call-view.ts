import type { CallFigures } from "@twelvehz/transport";

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

/** How a call is now. */
export interface CallView {
  readonly phase: CallPhase;
  readonly troubles: readonly CallTrouble[];
  /** How packets go: from page to page, or through the server. */
  readonly via: "direct" | "room";
  /** Kbit/s with all headers over three seconds. */
  readonly sentKbps: number | undefined;
  readonly receivedKbps: number | undefined;
  /** From mouth to ear, ms, as far as it can be known here; undefined before sound is heard. */
  readonly delayMs: number | undefined;
  /** Loudest sample of this end and of the other since the last view, 0 to 1. */
  readonly ownPeak: number;
  readonly otherPeak: number;
  readonly figures: CallFigures | undefined;
}
