/** What an engine in a worker tells its user besides answers. */
import type { Port } from "./remote-engine.ts";

/** A message of the worker that is for the user. */
interface Note {
  /** A part of a sentence. */
  readonly note: string;
}

/** Sends a note to the other side. */
export function sendNote(port: Port, reason: string): void {
  port.postMessage({ note: reason } satisfies Note, []);
}

/** The port as the engine knows it: notes go elsewhere. */
export function withoutNotes(port: Port, onNote: ((reason: string) => void) | undefined): Port {
  return diverted(port, isNote, ({ note }) => onNote?.(note));
}

/** A port without some of its messages, which go elsewhere. */
export function diverted<T>(port: Port, isMeant: (message: unknown) => message is T, to: ((message: T) => void) | undefined): Port {
  const onMessage = (receive: (message: unknown) => void): void =>
    port.onMessage((message) => (isMeant(message) ? to?.(message) : receive(message)));
  return { ...port, onMessage };
}

function isNote(message: unknown): message is Note {
  return typeof message === "object" && message !== null && "note" in message;
}
