import type { Call } from "@twelvehz/transport";
import type { BitRate } from "../live/bit-rate.ts";
import type { CallWay } from "./call-way.ts";
import type { DirectPath } from "./direct-path.ts";

/** What there is of the other end. */
export interface Peer {
  readonly name: string;
  readonly call: Call;
  readonly path: DirectPath | undefined;
  readonly sent: BitRate;
  readonly received: BitRate;
  wrongKeys: number;
  /** Ms of the sound card's clock at which the next frame is to be played; undefined = as soon as there is one. */
  playMs: number | undefined;
  hasHungUp: boolean;
}

/** How packets go to the other end now. */
export function wayTo(peer: Peer | undefined): CallWay {
  return peer?.path?.way ?? "room";
}
