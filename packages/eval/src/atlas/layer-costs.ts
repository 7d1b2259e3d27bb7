import { type Audio, type Codec, type Codes, throwIfAborted } from "@twelvehz/codec";
import type { MeasureValues } from "../measures/measure.ts";
import { FAMILIES, measurePair } from "../measures/measures.ts";

/** What is measured when a layer is switched off. */
export const COST_MEASURES: readonly string[] = [
  "pesqWb",
  "stoi",
  "melCepstral",
  "voicing",
  "f0Gross",
  "onsetLoss",
  "detail0to200",
  "detail200to2000",
  "detail2000to6000",
  "detail6000to8000",
  "detail8000to12000",
];

/** Measures of a clip as all layers give it, and with each layer left out. */
export interface ClipCosts {
  readonly whole: MeasureValues;
  /** `[K]` */
  readonly without: readonly MeasureValues[];
}

/**
 * Decodes a clip with all layers and with each one switched off, and compares each with the
 * original.
 * @param audio the original at the model's rate
 * @param codes of it
 * @throws CodecError `aborted`, and as `Codec.decode`
 */
export async function layerCosts(codec: Codec, audio: Audio, codes: Codes, signal?: AbortSignal): Promise<ClipCosts> {
  const ids = new Set(COST_MEASURES);
  const measured = async (muteLayers: number[]): Promise<MeasureValues> => {
    const decoded = await codec.decode(codes, { muteLayers, signal });
    throwIfAborted(signal);
    return measurePair(FAMILIES, ids, audio, decoded);
  };
  const [whole, ...without] = await Promise.all([[], ...Array.from({ length: codes.layers }, (_, layer) => [layer])].map(measured));
  return { whole, without };
}
