import { useEffect } from "preact/hooks";
import { tab, type Tab } from "../app-state.ts";
import type { Transport } from "./transport.ts";

/** Seconds by which an arrow key moves; with Shift ten times as far. */
const STEP_SECONDS = 1;

/** A key of {@link transportKey}. */
export type KeyPress = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

/**
 * What a key does to a transport: space plays and stops, left and right move by a second (with
 * Shift by ten), letters choose what is heard.
 * @param tracks which track each letter chooses, such as `{ a: "original" }`
 * @returns whether the key was one of these
 */
export function transportKey(transport: Transport, press: KeyPress, tracks: Readonly<Record<string, string>>): boolean {
  if (press.ctrlKey || press.metaKey || press.altKey || transport.duration.peek() === 0) return false;
  const step = STEP_SECONDS * (press.shiftKey ? 10 : 1);
  if (press.key === " ") transport.toggle();
  else if (press.key === "ArrowLeft") transport.seek(transport.position.peek() - step);
  else if (press.key === "ArrowRight") transport.seek(transport.position.peek() + step);
  else if (press.key.toLowerCase() in tracks) transport.hear(tracks[press.key.toLowerCase()]);
  else return false;
  return true;
}

/**
 * Whether an element needs the key itself: text fields all, buttons the space bar, tabs and radio
 * buttons the arrows.
 */
function wantsKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("textarea, select, [contenteditable], input:not([type=range], [type=radio], [type=checkbox])")) return true;
  if (key === " ") return target.closest("button, a, summary, input[type=checkbox], input[type=radio]") !== null;
  return key.startsWith("Arrow") && target.closest("[role=tab], input[type=radio], input[type=range]") !== null;
}

/**
 * Lets the keys of the whole page work a transport while its tab is shown.
 * @param more what other keys do; gives whether it was one of them
 */
export function useTransportKeys(
  transport: Transport,
  tracks: Readonly<Record<string, string>>,
  owner: Tab,
  more: (press: KeyPress) => boolean = () => false,
): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (tab.peek() !== owner || event.defaultPrevented) return;
      if (wantsKey(event.target, event.key)) return;
      if (transportKey(transport, event, tracks) || more(event)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [transport]);
}
