import { CodecError, Codes } from "@twelvehz/codec";
import type { FrameRange } from "./grid-cursor.ts";

/** Source of chance: numbers of 0 to below 1. */
export type Random = () => number;

/**
 * The codes with one of them changed.
 * @param value 0 to `codebookSize - 1`
 * @throws CodecError `bad-codes` when the value is no code
 */
export function withCode(codes: Codes, frame: number, layer: number, value: number): Codes {
  if (!(Number.isInteger(value) && value >= 0 && value < codes.codebookSize))
    throw new CodecError(
      "bad-codes",
      `Cannot set the code of frame ${frame}, layer ${layer} to ${value}: give a whole number of 0 to ${codes.codebookSize - 1}`,
    );
  const data = codes.data.slice();
  data[frame * codes.layers + layer] = value;
  return sameLength(codes, data);
}

/** The codes with other ones, drawn by chance, in all layers of the chosen frames. */
export function withRandomFrames(codes: Codes, { start, end }: FrameRange, random: Random): Codes {
  const data = codes.data.slice();
  for (let i = start * codes.layers; i < end * codes.layers; i++) data[i] = Math.floor(random() * codes.codebookSize);
  return sameLength(codes, data);
}

/**
 * The codes without the chosen frames.
 * @param samplesPerFrame by which the sound becomes shorter for each
 * @throws CodecError `bad-codes` when no frame would be left
 */
export function withoutFrames(codes: Codes, { start, end }: FrameRange, samplesPerFrame: number): Codes {
  if (end - start >= codes.frames) throw new CodecError("bad-codes", "Cannot delete all frames: leave at least one");
  return spliced(codes, { start, end }, new Int16Array(0), samplesPerFrame);
}

/**
 * The codes with copied frames put in before frame `at`, 0 to T. The frames have as many layers as
 * the codes.
 */
export function withFramesInserted(codes: Codes, at: number, frames: Codes, samplesPerFrame: number): Codes {
  return spliced(codes, { start: at, end: at }, frames.data, samplesPerFrame);
}

/**
 * The codes with the chosen frames and as many that follow them changed over (fewer at the end of
 * the clip), and where the chosen ones are then.
 */
export function withFramesSwapped(codes: Codes, { start, end }: FrameRange): { readonly codes: Codes; readonly range: FrameRange } {
  const after = Math.min(codes.frames, end + (end - start));
  const data = codes.data.slice();
  data.set(codes.slice(end, after).data, start * codes.layers);
  data.set(codes.slice(start, end).data, (start + after - end) * codes.layers);
  return { codes: sameLength(codes, data), range: { start: start + after - end, end: after } };
}

function sameLength(codes: Codes, data: Int16Array): Codes {
  return new Codes(data, codes.layers, { ...codes.spec, sampleCount: codes.sampleCount });
}

/** A clip that ends inside its last frame still does, as long as that frame stays the last one. */
function spliced(codes: Codes, { start, end }: FrameRange, inserted: Int16Array, samplesPerFrame: number): Codes {
  const { data, layers, frames } = codes;
  const rest = data.subarray(end * layers);
  const out = new Int16Array(start * layers + inserted.length + rest.length);
  out.set(data.subarray(0, start * layers));
  out.set(inserted, start * layers);
  out.set(rest, start * layers + inserted.length);
  const added = out.length / layers - frames;
  const sampleCount = codes.sampleCount !== undefined && rest.length > 0 ? codes.sampleCount + added * samplesPerFrame : undefined;
  return new Codes(out, layers, { ...codes.spec, sampleCount });
}
