import { CodecError } from "@twelvehz/codec";
import type { LossModel } from "./loss-model.ts";
import { LOSS_TRACES } from "./loss-traces.ts";

/** Names of the traces that come with this package, such as `lossgen-20`: see {@link lossTrace}. */
export const LOSS_TRACE_NAMES: readonly string[] = Object.keys(LOSS_TRACES);

/** Recorded losses, a packet after another: true = lost. */
export type LossTrace = readonly boolean[];

/**
 * A trace that comes with this package: 6000 packets of which about 10, 20 or 30 % are lost, by
 * `lossgen` of Opus, which was trained on traces of real calls.
 * @returns undefined for a name that is none of {@link LOSS_TRACE_NAMES}
 */
export function lossTrace(name: string): LossTrace | undefined {
  const found = Object.entries(LOSS_TRACES).find(([own]) => own === name);
  if (!found) return undefined;
  const bytes = Uint8Array.from(atob(found[1]), (letter) => letter.charCodeAt(0));
  return Array.from({ length: 8 * bytes.length }, (_, i) => ((bytes[i >> 3] >> (i & 7)) & 1) === 1);
}

/**
 * Reads a recorded trace: a 1 for each packet that was lost and a 0 for each that came, with blanks
 * and lines between them as you like.
 * @throws CodecError `bad-format` for anything else, and for no packet at all
 */
export function parseLossTrace(text: string): LossTrace {
  const digits = text.replace(/\s+/g, "");
  const strange = /[^01]/.exec(digits)?.[0];
  if (strange !== undefined || digits === "") {
    const found = strange === undefined ? "nothing" : JSON.stringify(strange);
    throw new CodecError(
      "bad-format",
      `Cannot read the trace of losses: ${found} stands in it; give a 1 for each lost packet and a 0 for each other`,
    );
  }
  return Array.from(digits, (digit) => digit === "1");
}

/**
 * Loses packets as a trace has it, again from its beginning at its end.
 * @param start packets of it that are passed over first
 */
export function traceLoss(trace: LossTrace, start: number): LossModel {
  let at = start % trace.length;
  return () => {
    const isLost = trace[at];
    at = (at + 1) % trace.length;
    return isLost;
  };
}

/** Part of the packets that a trace loses, 0 to 1. */
export function traceLossPart(trace: LossTrace): number {
  return trace.filter(Boolean).length / trace.length;
}
