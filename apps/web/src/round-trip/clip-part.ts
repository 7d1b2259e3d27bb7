import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { following, lengthOf, moved, type Part, partBetween, zoomed } from "../playback/part.ts";
import { Transport } from "../playback/transport.ts";
import type { KeyPress } from "../playback/transport-keys.ts";

/** How much one step zooms. */
const STEP = 2;

/** Plays the original and what became of it. */
export const transport = new Transport();

const shown = signal<Part | undefined>(undefined);

/** What is shown of the clip; undefined for all of it. */
export const view: ReadonlySignal<Part | undefined> = shown;

/** What is shown of the clip, seconds. */
export const viewNow: ReadonlySignal<Part> = computed(() => shown.value ?? { start: 0, end: transport.duration.value });

/** Shows a part, or all. */
export function show(part: Part | undefined): void {
  const isAll = part && lengthOf(part) >= transport.duration.peek() - 1e-6;
  shown.value = isAll ? undefined : part;
}

/** Zooms in (above 0) or out, around what is chosen, or where it plays. */
export function zoomBy(steps: number): void {
  const [now, loop, position] = [viewNow.peek(), transport.loop.peek(), transport.position.peek()];
  const middle = loop ? (loop.start + loop.end) / 2 : position;
  const around = Math.min(now.end, Math.max(now.start, middle));
  show(zoomed(now, STEP ** steps, around, transport.duration.peek()));
}

/** Moves what is shown so that it begins at a time, seconds. */
export function showFrom(seconds: number): void {
  const now = viewNow.peek();
  show(moved(now, seconds - now.start, transport.duration.peek()));
}

/** Moves what is shown to where it plays. */
export function followPosition(): void {
  if (shown.peek() && transport.isPlaying.peek()) show(following(viewNow.peek(), transport.position.value, transport.duration.peek()));
}

/** Chooses a part, which is then played again and again; without one, the whole. */
export function choosePart(part: Part | undefined): void {
  transport.setLoop(part);
}

/** Lets the part begin where it plays; it ends where it did, or with the clip. */
export function beginPartHere(): void {
  const [here, loop, duration] = [transport.position.peek(), transport.loop.peek(), transport.duration.peek()];
  choosePart(partBetween(here, loop && loop.end > here ? loop.end : duration, duration) ?? loop);
}

/** Lets the part end where it plays; it begins where it did, or with the clip. */
export function endPartHere(): void {
  const [here, loop, duration] = [transport.position.peek(), transport.loop.peek(), transport.duration.peek()];
  choosePart(partBetween(loop && loop.start < here ? loop.start : 0, here, duration) ?? loop);
}

/** What the keys do, besides those of the transport: `[` `]` begin and end the part, Escape gives it up, `+` `-` `0` zoom. */
export function partKey({ key, ctrlKey, metaKey, altKey }: KeyPress): boolean {
  const work = KEYS[key];
  if (!work || ctrlKey || metaKey || altKey || transport.duration.peek() === 0) return false;
  work();
  return true;
}

const KEYS: Readonly<Record<string, (() => void) | undefined>> = {
  "[": beginPartHere,
  "]": endPartHere,
  Escape: () => choosePart(undefined),
  "+": () => zoomBy(1),
  "=": () => zoomBy(1),
  "-": () => zoomBy(-1),
  "0": () => show(undefined),
};
