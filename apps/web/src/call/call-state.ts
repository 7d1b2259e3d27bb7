import { type Codec, CodecError } from "@twelvehz/codec/web";
import { batch, signal, type Signal } from "@preact/signals";
import { newLinkKey, parseLinkKey, roomAddress, roomKeyIn } from "@twelvehz/transport";
import { pauseAll } from "../playback/transport.ts";
import { openMicrophone } from "../source/microphone.ts";
import { type Beside, besideOpus } from "./opus-beside.ts";
import type { CallView } from "./call-view.ts";
import { PageCall } from "./page-call.ts";

/** Rates to choose from, kbit/s in all. */
export const RATES = ["8", "12", "16", "24"] as const;
/** One of them. */
export type Rate = (typeof RATES)[number];

/** How far the call is. */
export const callPhase: Signal<"none" | "starting" | "running"> = signal("none");
/** How it runs, or last ran. */
export const view: Signal<CallView | undefined> = signal(undefined);
/** Why it does not run. */
export const callFailure: Signal<unknown> = signal(undefined);
/** Why there is no microphone; the call goes on without. */
export const microphoneFailure: Signal<unknown> = signal(undefined);
/** Most to send. */
export const rate: Signal<Rate> = signal("16");
/** Percent of the packets that are dropped on purpose. */
export const drop: Signal<number> = signal(0);
/** Whether the microphone is muted. */
export const isMuted: Signal<boolean> = signal(false);
/** The address with the key; undefined before a room is opened. */
export const roomLink: Signal<string | undefined> = signal(undefined);
/** The last words through both codecs. */
export const beside: Signal<Beside | undefined> = signal(undefined);
/** Whether they are being computed. */
export const isComparing: Signal<boolean> = signal(false);
/** Why that did not work; `"nothing"` = nothing was said. */
export const besideFailure: Signal<unknown> = signal(undefined);

interface Running {
  readonly call: PageCall;
  readonly context: AudioContext;
}

let now: Running | undefined;
/** Counts starts and hang-ups: a start that was overtaken gives up. */
let turn = 0;

/** What the address names: the key of a room, none, or one that cannot be. */
export function roomInAddress(): { readonly kind: "known"; readonly key: string } | { readonly kind: "none" | "bad" } {
  try {
    const key = roomKeyIn(location.hash);
    return key === undefined ? { kind: "none" } : { kind: "known", key };
  } catch {
    return { kind: "bad" };
  }
}

/**
 * Enters the room of the address, or a new one; what goes wrong is in {@link callFailure}. Call it
 * from a click or a key.
 */
export async function startCall(codec: Codec): Promise<void> {
  const mine = ++turn;
  const known = roomInAddress();
  const key = known.kind === "known" ? known.key : newLinkKey();
  const link = roomAddress(location.href, key);
  history.replaceState(null, "", link); // a page that is loaded again comes back into its room
  pauseAll();
  batch(() => {
    callPhase.value = "starting";
    roomLink.value = link;
    view.value = callFailure.value = microphoneFailure.value = beside.value = undefined;
  });
  const context = new AudioContext({ latencyHint: "interactive" });
  const microphone = await openMicrophone({ echoCancellation: true }).catch((error: unknown) => void (microphoneFailure.value = error));
  try {
    const options = {
      codec,
      context,
      microphone: microphone ?? undefined,
      secret: parseLinkKey(key),
      page: location.href,
      kbps: Number(rate.peek()),
    };
    const call = await PageCall.start({
      ...options,
      onView: (next) => mine === turn && (view.value = next),
      onFailure: (error) => mine === turn && fail(error),
    });
    if (mine !== turn) return await end({ call, context });
    call.setLoss(drop.peek() / 100);
    call.setMuted(isMuted.peek());
    now = { call, context };
    callPhase.value = "running";
  } catch (error) {
    for (const track of microphone?.getTracks() ?? []) track.stop();
    await context.close();
    if (mine === turn) fail(error);
  }
}

/** Hangs up and leaves the room. */
export async function hangUp(): Promise<void> {
  turn++;
  callPhase.value = "none";
  const ended = now;
  now = undefined;
  if (ended) await end(ended);
}

async function end({ call, context }: Running): Promise<void> {
  await call.stop();
  await context.close();
}

function fail(error: unknown): void {
  void hangUp();
  callFailure.value = error;
}

/** Drops this many percent of the packets, to try. */
export function chooseDrop(percent: number): void {
  drop.value = percent;
  now?.call.setLoss(percent / 100);
}

/** Mutes the microphone, or not. */
export function mute(is: boolean): void {
  isMuted.value = is;
  now?.call.setMuted(is);
}

/** Another room than that of the address: for a link that cannot be used. */
export function forgetRoom(): void {
  history.replaceState(null, "", "#call");
  roomLink.value = undefined;
}

/** Has the last words sent by both codecs, over the link that was chosen. */
export async function compareWithOpus(codec: Codec): Promise<void> {
  const audio = now?.call.lastWords.audio;
  besideFailure.value = undefined;
  if (!audio || audio.samples.every((sample) => Math.abs(sample) < 0.01)) return void (besideFailure.value = "nothing");
  isComparing.value = true;
  try {
    const way = view.peek()?.way ?? "room";
    beside.value = await besideOpus(codec, audio, { kbps: Number(rate.peek()), loss: drop.peek() / 100, way });
  } catch (error) {
    besideFailure.value = error instanceof Error ? error : new CodecError("runtime", String(error));
  } finally {
    isComparing.value = false;
  }
}
