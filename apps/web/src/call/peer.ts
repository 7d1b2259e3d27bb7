import type { Call } from "@twelvehz/transport";
import type { BitRate } from "../live/bit-rate.ts";
import type { CallWay } from "./call-way.ts";
import type { DirectPath } from "./direct-path.ts";

/** Ms without a genuine packet after which the other end is taken to be gone. */
const SILENCE_MS = 6000;

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

/** Whether nothing comes any more, so that nothing is to be made up either. */
export function isSilent({ call }: Peer, nowMs: number): boolean {
  return nowMs - (call.heardMs ?? nowMs) > SILENCE_MS;
}

/** Whether a call goes on where the room has closed for good: by a direct way, and as long as the other end is heard. */
export function needsNoRoom(peer: Peer | undefined, nowMs: number): boolean {
  if (!peer?.call.isReady || peer.hasHungUp) return false;
  return wayTo(peer) !== "room" || !isSilent(peer, nowMs);
}

/** Hangs up with some byes at once: there is no time to wait for an answer. */
export async function sayBye({ call }: Peer, nowMs: number): Promise<void> {
  await call.hangUp();
  for (let i = 1; i <= 3; i++) await call.tick(nowMs + 1000 * i);
  await new Promise((resolve) => setTimeout(resolve, 100)); // for them to leave
}
