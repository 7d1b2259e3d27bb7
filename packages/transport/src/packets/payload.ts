// What an encrypted packet of codes holds: docs/packets.md, "Payload".
import { bitsPerCode, type Codes, CodecError, type CodesSpec, packCodes, packedBytes, unpackCodes } from "@twelvehz/codec";
import { codesIn, EXPLICIT_PROFILE, type Layout, parseLayout, payloadBytes, problemOf, profileOf, PROFILES } from "./layout.ts";

/** Bits of the first byte. */
const FRAMES_SHIFT = 4;
const PAUSE_FLAG = 0x40;
const RESERVED_FLAG = 0x80;

/** Part of a spec that a payload depends on. */
export type PayloadSpec = Pick<CodesSpec, "layers" | "codebookSize">;

/** The first layers of one frame, as some packet brought them. */
export interface FramePart {
  /**
   * Number of the frame, counted from the packet's first: 0 or more for its own, negative for
   * copies of earlier ones.
   */
  readonly offset: number;
  /** `[k]`, the first k layers. */
  readonly codes: Int16Array;
}

/** A payload that was read. */
export interface Payload {
  readonly layout: Layout;
  /** Nothing may come after this packet for a while: the speaker pauses. */
  readonly pauseFollows: boolean;
  /** The packet's own frames first, then copies from the newest to the oldest. */
  readonly parts: readonly FramePart[];
}

/**
 * Writes a payload.
 * @param history frames of all layers up to the packet's last one, at least those of the packet;
 * what the copies need before its beginning is written as zeros
 * @throws CodecError `usage` when the frames have fewer layers than the layout
 */
export function writePayload(layout: Layout, history: Codes, pauseFollows: boolean): Uint8Array {
  if (history.layers < layout.layers)
    throw new CodecError("usage", `Cannot send ${layout.layers} layers: the codes have ${history.layers}; choose a layout of no more`);
  const out = new Uint8Array(payloadBytes(layout, history));
  const profile = profileOf(layout);
  out[0] = profile | ((layout.frames - 1) << FRAMES_SHIFT) | (pauseFollows ? PAUSE_FLAG : 0);
  const at = profile === EXPLICIT_PROFILE ? writeLayout(layout, out) : 1;
  packCodes(codesOf(layout, history), bitsPerCode(history.codebookSize), out, at);
  return out;
}

function writeLayout({ layers, copies }: Layout, out: Uint8Array): number {
  out[1] = layers - 1;
  out[2] = copies.length;
  copies.forEach((copy, i) => out.set([copy.layers - 1, copy.back], 3 + 2 * i));
  return 3 + 2 * copies.length;
}

/** All codes of a payload in their order. */
function codesOf(layout: Layout, history: Codes): Int16Array {
  const out = new Int16Array(codesIn(layout));
  let at = 0;
  for (const { layers, back } of blocksOf(layout)) {
    const first = history.frames - layout.frames * (1 + back);
    for (let t = first; t < first + layout.frames; t++) {
      if (t >= 0) out.set(history.frame(t).subarray(0, layers), at);
      at += layers;
    }
  }
  return out;
}

/** The packet's own frames and its copies alike. */
function blocksOf({ layers, copies }: Layout): readonly { readonly layers: number; readonly back: number }[] {
  return [{ layers, back: 0 }, ...copies];
}

/**
 * Reads a payload.
 * @throws CodecError `unsupported` for a layout that is not known or has more layers than the
 * model, `bad-format` for a wrong length, `bad-codes` for a code that the codebook does not have
 */
export function readPayload(bytes: Uint8Array, spec: PayloadSpec): Payload {
  const { layout, at } = readLayout(bytes);
  if (layout.layers > spec.layers)
    throw new CodecError(
      "unsupported",
      `Cannot read a packet of ${layout.layers} layers: the model has ${spec.layers}; both ends need the same model`,
    );
  const bits = bitsPerCode(spec.codebookSize);
  const count = codesIn(layout);
  const wanted = at + packedBytes(count, bits);
  if (bytes.length !== wanted)
    throw new CodecError(
      "bad-format",
      `Cannot read a packet of ${bytes.length} bytes: its layout takes ${wanted}; it is damaged or cut short`,
    );
  const codes = unpackCodes(bytes.subarray(at), count, bits);
  const bad = codes.find((code) => code >= spec.codebookSize);
  if (bad !== undefined)
    throw new CodecError("bad-codes", `Cannot use code ${bad} of a packet: codes of this codebook are 0 to ${spec.codebookSize - 1}`);
  return { layout, pauseFollows: (bytes[0] & PAUSE_FLAG) !== 0, parts: [...partsOf(layout, codes)] };
}

function readLayout(bytes: Uint8Array): { layout: Layout; at: number } {
  const [toc] = bytes;
  if (toc === undefined) throw new CodecError("bad-format", "Cannot read a packet of 0 bytes: it is cut short");
  const profile = toc & 0x0f;
  const frames = 1 + ((toc >> FRAMES_SHIFT) & 0x03);
  if ((toc & RESERVED_FLAG) === 0 && profile < PROFILES.length) return { layout: { ...parseLayout(PROFILES[profile]), frames }, at: 1 };
  if ((toc & RESERVED_FLAG) === 0 && profile === EXPLICIT_PROFILE) return readExplicit(bytes, frames);
  throw new CodecError(
    "unsupported",
    `Cannot read a packet whose first byte is ${toc}: its layout is not known here; both ends need the same version`,
  );
}

function readExplicit(bytes: Uint8Array, frames: number): { layout: Layout; at: number } {
  const count = bytes[2] ?? 0;
  const at = 3 + 2 * count;
  if (bytes.length < at) throw new CodecError("bad-format", `Cannot read a packet of ${bytes.length} bytes: the layout in it is cut short`);
  const copies = Array.from({ length: count }, (_, i) => ({ layers: bytes[3 + 2 * i] + 1, back: bytes[4 + 2 * i] }));
  const layout = { frames, layers: bytes[1] + 1, copies };
  const problem = problemOf(layout);
  if (problem) throw new CodecError("unsupported", `Cannot use the layout in a packet: ${problem}; both ends need the same version`);
  return { layout, at };
}

function* partsOf(layout: Layout, codes: Int16Array): Generator<FramePart> {
  let at = 0;
  for (const { layers, back } of blocksOf(layout)) {
    for (let i = 0; i < layout.frames; i++, at += layers) {
      yield { offset: i - back * layout.frames, codes: codes.subarray(at, at + layers) };
    }
  }
}
