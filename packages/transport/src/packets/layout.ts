import { bitsPerCode, CodecError, type CodesSpec } from "@twelvehz/codec";

/** Layers of earlier frames that a packet repeats. */
export interface LayoutCopy {
  /** The first so many layers, 1 to those of the packet's own frames. */
  readonly layers: number;
  /** Packets back, 1 to 15. */
  readonly back: number;
}

/**
 * What a packet holds: its own frames, and thinner copies of earlier ones. Written `2x16+16@1+8@2`:
 * see docs/packets.md, "Layouts".
 */
export interface Layout {
  /** Frames in a packet, 1 to 4. */
  readonly frames: number;
  /** Layers of the packet's own frames, 1 to 64. */
  readonly layers: number;
  /** In the order of `back`, which differ; at most 7. */
  readonly copies: readonly LayoutCopy[];
}

/** Most frames in a packet. */
export const MOST_FRAMES = 4;
const MOST_LAYERS = 64;
/** Most packets that a copy may be old. */
export const MOST_BACK = 15;
const MOST_COPIES = 7;

/**
 * Layouts that the first byte of a payload names by number: docs/packets.md, "Profiles". Their
 * frames a packet stand in that byte too.
 */
export const PROFILES: readonly string[] = [
  "16",
  "16+8@1",
  "16+16@1",
  "16+8@1+8@2",
  "16+16@1+5@2",
  "16+16@1+8@2",
  "16+8@1+4@2+1@3",
  "16+8@1+4@2+4@3",
  "16+16@1+8@2+4@3",
  "16+16@1+8@2+8@3",
  "8",
  "8+8@1",
  "8+8@1+4@2",
  "16+16@2+8@4+4@6",
  "16+8@2+4@4+1@6",
];
/** Number in place of a profile's: the layout stands in the payload. */
export const EXPLICIT_PROFILE = 15;

const FORM = /^(?:([1-9]\d?)x)?([1-9]\d?)((?:\+[1-9]\d?@[1-9]\d?)*)$/;

/**
 * Reads a layout such as `16+8@1+4@2+4@3`: 16 layers of this packet's frames, and the first 8, 4
 * and 4 layers of those one, two and three packets before; `2x16+16@1` has two frames in a packet.
 * @throws CodecError `usage` for another form or numbers out of range
 */
export function parseLayout(text: string): Layout {
  const [, frames = "1", layers, tail] = FORM.exec(text.trim()) ?? [];
  if (layers === undefined) throw badLayout(text, "it is not of that form");
  const copies = tail
    .split("+")
    .slice(1)
    .map((part) => part.split("@").map(Number))
    .map(([count, back]) => ({ layers: count, back }));
  const layout = { frames: Number(frames), layers: Number(layers), copies };
  const problem = problemOf(layout);
  if (problem) throw badLayout(text, problem);
  return layout;
}

function badLayout(text: string, problem: string): CodecError {
  return new CodecError(
    "usage",
    `Cannot use the layout ${JSON.stringify(text)}: ${problem}; write layers, then copies as LAYERS@PACKETS-BACK, such as 16+8@1+4@2 or 2x16+16@1`,
  );
}

/** What is wrong with a layout, or undefined. */
export function problemOf({ frames, layers, copies }: Layout): string | undefined {
  if (frames < 1 || frames > MOST_FRAMES) return `a packet takes 1 to ${MOST_FRAMES} frames, not ${frames}`;
  if (layers < 1 || layers > MOST_LAYERS) return `frames have 1 to ${MOST_LAYERS} layers, not ${layers}`;
  if (copies.length > MOST_COPIES) return `at most ${MOST_COPIES} copies fit, not ${copies.length}`;
  for (const [i, copy] of copies.entries()) {
    if (copy.layers < 1 || copy.layers > layers) return `a copy of ${copy.layers} layers is no part of frames of ${layers}`;
    if (copy.back < 1 || copy.back > MOST_BACK) return `copies are 1 to ${MOST_BACK} packets back, not ${copy.back}`;
    if (i > 0 && copy.back <= copies[i - 1].back) return "its copies are not in the order of their age";
  }
  return undefined;
}

/** A layout as {@link parseLayout} reads it. */
export function layoutText({ frames, layers, copies }: Layout): string {
  return `${frames === 1 ? "" : `${frames}x`}${layers}${copies.map((copy) => `+${copy.layers}@${copy.back}`).join("")}`;
}

/** Packets after a frame's own that may still bring something of it. */
export function depthOf({ copies }: Layout): number {
  return copies.at(-1)?.back ?? 0;
}

/**
 * Number of the profile that is this layout but for its frames a packet, or
 * {@link EXPLICIT_PROFILE}.
 */
export function profileOf(layout: Layout): number {
  const found = PROFILES.indexOf(layoutText({ ...layout, frames: 1 }));
  return found < 0 ? EXPLICIT_PROFILE : found;
}

/** Codes in a payload. */
export function codesIn({ frames, layers, copies }: Layout): number {
  return frames * copies.reduce((sum, copy) => sum + copy.layers, layers);
}

/** Bytes of a payload of this layout, without encryption and headers. */
export function payloadBytes(layout: Layout, { codebookSize }: Pick<CodesSpec, "codebookSize">): number {
  const explicit = profileOf(layout) === EXPLICIT_PROFILE ? 2 + 2 * layout.copies.length : 0;
  return 1 + explicit + Math.ceil((codesIn(layout) * bitsPerCode(codebookSize)) / 8);
}
