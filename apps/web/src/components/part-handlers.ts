import type { ReadonlySignal, Signal } from "@preact/signals";
import { contains, lengthOf, type Part, partBetween } from "../playback/part.ts";
import type { Transport } from "../playback/transport.ts";

/** What of a clip is shown, and which part is chosen. */
export interface PartChoice {
  /** What is shown. */
  readonly view: ReadonlySignal<Part>;
  /** Called with a part that was chosen by a drag, or without one when a click has given it up. */
  readonly onChoose: (part: Part | undefined) => void;
}

/** A pointer that has moved less is a click, CSS pixels. */
const LEAST_DRAG = 4;
/** How near to an end of the part a drag takes hold of it, CSS pixels: a finger is not exact. */
const REACH = 8;

/** A pointer that is down. */
interface Drag {
  /** The end that stays, seconds. */
  readonly anchor: number;
  readonly fromX: number;
  readonly hasHold: boolean;
}

const drags = new WeakMap<Signal<Part | undefined>, Drag>();

/** What a pointer does on the pictures of a clip. */
export interface PartHandlers {
  readonly onPointerDown: (event: PointerEvent) => void;
  readonly onPointerMove: (event: PointerEvent) => void;
  readonly onPointerUp: (event: PointerEvent) => void;
  readonly onPointerCancel: () => void;
}

/**
 * A drag chooses a part, from an end of the one that is chosen it moves that end; a click goes to a
 * place, and outside the part gives it up.
 * @param options.draft the part while it is dragged
 */
export function partHandlers(options: {
  readonly transport: Transport;
  readonly parts: PartChoice;
  readonly draft: Signal<Part | undefined>;
}): PartHandlers {
  const { transport, parts, draft } = options;
  const { view, onChoose } = parts;
  const placeOf = (event: PointerEvent): { readonly seconds: number; readonly secondsPerPixel: number } => {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const { start } = view.peek();
    const secondsPerPixel = lengthOf(view.peek()) / width;
    return { seconds: start + (event.clientX - left) * secondsPerPixel, secondsPerPixel };
  };
  const end = (): void => {
    drags.delete(draft);
    draft.value = undefined;
  };
  return {
    onPointerDown: (event) => {
      if (event.button !== 0) return;
      const { seconds, secondsPerPixel } = placeOf(event);
      const held = oppositeEnd(transport.loop.peek(), seconds, REACH * secondsPerPixel);
      drags.set(draft, { anchor: held ?? seconds, fromX: event.clientX, hasHold: held !== undefined });
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    },
    onPointerMove: (event) => {
      const drag = drags.get(draft);
      if (!drag || (draft.peek() === undefined && Math.abs(event.clientX - drag.fromX) < LEAST_DRAG)) return;
      draft.value = partBetween(drag.anchor, placeOf(event).seconds, transport.duration.peek()) ?? draft.peek();
    },
    onPointerUp: (event) => {
      const [drag, chosen] = [drags.get(draft), draft.peek()];
      end();
      if (chosen) onChoose(chosen);
      else if (drag && !drag.hasHold) {
        const { seconds } = placeOf(event);
        const loop = transport.loop.peek();
        if (loop && !contains(loop, seconds)) onChoose(undefined);
        transport.seek(seconds);
      }
    },
    onPointerCancel: end,
  };
}

/** Of the end that is within reach, the other one. */
function oppositeEnd(part: Part | undefined, seconds: number, reach: number): number | undefined {
  if (part && Math.abs(seconds - part.start) <= reach) return part.end;
  if (part && Math.abs(seconds - part.end) <= reach) return part.start;
  return undefined;
}
