import { type Audio, CodecError } from "@twelvehz/codec";
import { DETAIL } from "./band-detail.ts";
import { CLIPPING } from "./clipping.ts";
import { PITCH } from "./f0.ts";
import { LEVEL } from "./level.ts";
import { LOG_SPECTRAL } from "./log-spectral-distance.ts";
import type { MeasureFamily, MeasureInfo, MeasureValues } from "./measure.ts";
import { MEL_CEPSTRAL } from "./mel-cepstral-distance.ts";
import { ONSETS } from "./onsets.ts";
import { PAUSES } from "./pauses.ts";
import { PESQ_NB, PESQ_WB } from "./pesq/pesq.ts";
import { SI_SDR } from "./si-sdr.ts";
import { ESTOI, STOI } from "./stoi.ts";

/** All measures that need no model, in families that are computed together. */
export const FAMILIES: readonly MeasureFamily[] = [
  PESQ_WB,
  PESQ_NB,
  STOI,
  ESTOI,
  MEL_CEPSTRAL,
  LOG_SPECTRAL,
  SI_SDR,
  LEVEL,
  PITCH,
  PAUSES,
  ONSETS,
  DETAIL,
  CLIPPING,
];

/** All measures that need no model, in the order in which they are shown. */
export const MEASURES: readonly MeasureInfo[] = FAMILIES.flatMap((family) => family.measures);

/**
 * Measures by their ids.
 * @param ids without it all; `main` stands for those of the main table
 * @param known default {@link MEASURES}
 * @returns in the order of `known`, each once
 * @throws CodecError `usage` for an id that is not there, or none at all
 */
export function chooseMeasures(ids?: readonly string[], known: readonly MeasureInfo[] = MEASURES): MeasureInfo[] {
  if (ids === undefined) return [...known];
  const wanted = new Set(ids.flatMap((id) => (id === "main" ? known.filter(({ main }) => main).map((measure) => measure.id) : [id])));
  for (const id of wanted)
    if (!known.some((measure) => measure.id === id))
      throw new CodecError(
        "usage",
        `Cannot measure "${id}": there is no such measure; choose from main, ${known.map((m) => m.id).join(", ")}`,
      );
  if (wanted.size === 0) throw new CodecError("usage", "Cannot evaluate without a measure: name at least one");
  return known.filter(({ id }) => wanted.has(id));
}

/**
 * What the families say of a pair of clips.
 * @param ids measures that are wanted; families without one of them are not computed
 * @returns the values that there are: a measure that is undefined for the pair, or not finite, has
 * no entry
 * @throws RangeError when rates or lengths differ
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export async function measurePair(
  families: readonly MeasureFamily[],
  ids: ReadonlySet<string>,
  reference: Audio,
  degraded: Audio,
): Promise<MeasureValues> {
  const values: Record<string, number> = {};
  for (const family of families) {
    const wanted = family.measures.filter(({ id, shortestSeconds }) => ids.has(id) && reference.durationSeconds >= shortestSeconds);
    if (wanted.length === 0) continue;
    const found = await family.compute(reference, degraded);
    for (const { id } of wanted) {
      const value = found[id];
      if (value !== undefined && Number.isFinite(value)) values[id] = value;
    }
  }
  return values;
}
