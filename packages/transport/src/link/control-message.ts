// What the ends of a link tell each other beside codes: docs/packets.md, "Control messages".
import { CodecError } from "@twelvehz/codec";

/** How the sound arrives, told to who sends it. */
export interface LinkReport {
  readonly kind: "report";
  /** Part of the packets that did not come, 0 to 1. */
  readonly loss: number;
  /** Mean packets lost in a row, 0 or 1 to 15.9. */
  readonly burst: number;
  /**
   * By how much half of the packets of late were slower than the fastest, ms: what a queue on the
   * way adds.
   */
  readonly queueMs: number;
  /** Part of the frames of which nothing came in time, 0 to 1. */
  readonly concealed: number;
}

/** The sender has finished. */
export interface Bye {
  readonly kind: "bye";
  /** Frames since the beginning, pauses that were not sent included. */
  readonly frames: number;
}

/** A control message. */
export type ControlMessage = LinkReport | Bye;

const REPORT = 1;
const BYE = 2;
const BURST_UNIT = 1 / 16;

/** A part of 1 in 256ths; what is all but 1 is not told from 1. */
function byteOf(part: number): number {
  return Math.min(255, Math.round(256 * part));
}

/** Bytes of a message. */
export function writeControl(message: ControlMessage): Uint8Array {
  const out = new Uint8Array(message.kind === "report" ? 6 : 5);
  const view = new DataView(out.buffer);
  if (message.kind === "bye") {
    out[0] = BYE;
    view.setUint32(1, message.frames, true);
    return out;
  }
  out.set([REPORT, byteOf(message.loss), Math.min(255, Math.round(message.burst / BURST_UNIT))]);
  view.setUint16(3, Math.min(0xffff, Math.round(message.queueMs)), true);
  out[5] = byteOf(message.concealed);
  return out;
}

/**
 * Reads a message.
 * @throws CodecError `bad-format` for another length, `unsupported` for another kind
 */
export function readControl(bytes: Uint8Array): ControlMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wanted = { [REPORT]: 6, [BYE]: 5 }[bytes[0]];
  if (wanted === undefined)
    throw new CodecError("unsupported", `Cannot read a control message of kind ${bytes[0]}: both ends need the same version`);
  if (bytes.length !== wanted)
    throw new CodecError("bad-format", `Cannot read a control message of ${bytes.length} bytes: one of its kind has ${wanted}`);
  if (bytes[0] === BYE) return { kind: "bye", frames: view.getUint32(1, true) };
  return {
    kind: "report",
    loss: bytes[1] / 256,
    burst: bytes[2] * BURST_UNIT,
    queueMs: view.getUint16(3, true),
    concealed: bytes[5] / 256,
  };
}
