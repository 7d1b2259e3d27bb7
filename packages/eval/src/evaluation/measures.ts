import { type Audio, CodecError } from "@twelvehz/codec";
import {
  bandDetail,
  clipping,
  estoi,
  f0Error,
  levelDifference,
  logSpectralDistance,
  melCepstralDistance,
  onsetLoss,
  pauseError,
  pesqNarrowBand,
  pesqWideBand,
  siSdr,
  stoi,
} from "@twelvehz/codec/metrics";
import type { MeasureFamily, MeasureInfo, MeasureValues } from "./measure.ts";

/** No measure has a value for shorter clips, seconds. */
const SHORTEST = 0.5;
const BANDS = [
  ["0to200", "0-200 Hz"],
  ["200to2000", "200-2000 Hz"],
  ["2000to6000", "2-6 kHz"],
  ["6000to8000", "6-8 kHz"],
  ["8000to12000", "8-12 kHz"],
] as const;

type Defaults = "shortestSeconds" | "unit";

function info(fields: Omit<MeasureInfo, Defaults> & Partial<Pick<MeasureInfo, Defaults>>): MeasureInfo {
  return { unit: "", shortestSeconds: SHORTEST, ...fields };
}

/** A family of one. */
function single(measure: MeasureInfo, compute: (reference: Audio, degraded: Audio) => number | undefined): MeasureFamily {
  return { measures: [measure], compute: (reference, degraded) => ({ [measure.id]: compute(reference, degraded) }) };
}

const SCORES: readonly MeasureFamily[] = [
  single(
    info({
      id: "pesqWb",
      label: "PESQ-WB",
      unit: "MOS",
      better: "higher",
      decimals: 2,
      main: true,
      description: "Quality of wide-band speech, 1 to 4.64: ITU-T P.862.2",
    }),
    pesqWideBand,
  ),
  single(
    info({
      id: "pesqNb",
      label: "PESQ-NB",
      unit: "MOS",
      better: "higher",
      decimals: 2,
      main: true,
      description: "Quality of telephone speech, 1 to 4.55: ITU-T P.862 with the mapping of P.862.1",
    }),
    pesqNarrowBand,
  ),
  single(
    info({
      id: "stoi",
      label: "STOI",
      better: "higher",
      decimals: 3,
      main: true,
      description: "Intelligibility, up to 1: Taal et al., 2011",
    }),
    stoi,
  ),
  single(
    info({
      id: "estoi",
      label: "ESTOI",
      better: "higher",
      decimals: 3,
      main: true,
      description: "Intelligibility in noise that comes and goes, up to 1: Jensen and Taal, 2016",
    }),
    estoi,
  ),
  single(
    info({
      id: "melCepstral",
      label: "Mel cepstrum",
      unit: "dB",
      better: "lower",
      decimals: 2,
      main: true,
      description: "Distance of the spectral envelopes on the mel scale: Kubichek, 1993",
    }),
    melCepstralDistance,
  ),
  single(
    info({
      id: "logSpectral",
      label: "Log spectrum",
      unit: "dB",
      better: "lower",
      decimals: 2,
      description: "Distance of the log spectra: Gray and Markel, 1976",
    }),
    logSpectralDistance,
  ),
  single(
    info({
      id: "siSdr",
      label: "SI-SDR",
      unit: "dB",
      better: "higher",
      decimals: 1,
      description: "Distance of the waveforms: Le Roux et al., 2019. A codec that makes its own phases scores low however it sounds",
    }),
    siSdr,
  ),
  single(
    info({ id: "level", label: "Level", unit: "dB", better: "zero", decimals: 1, description: "How much louder the clip became (RMS)" }),
    levelDifference,
  ),
];

const PITCH: MeasureFamily = {
  measures: [
    info({
      id: "voicing",
      label: "Voicing error",
      unit: "%",
      better: "lower",
      decimals: 1,
      description: "Frames that are voiced in one of the two clips only",
    }),
    info({
      id: "f0Gross",
      label: "F0, gross",
      unit: "%",
      better: "lower",
      decimals: 1,
      description: "Frames voiced in both whose F0 is off by more than 20 %",
    }),
    info({
      id: "f0Fine",
      label: "F0, fine",
      unit: "cents",
      better: "lower",
      decimals: 1,
      description: "RMS error of F0 in the other frames",
    }),
  ],
  compute(reference, degraded) {
    const found = f0Error(reference, degraded);
    return { voicing: percent(found?.voicingErrorRate), f0Gross: percent(found?.grossErrorRate), f0Fine: found?.fineErrorCents };
  },
};

const PAUSES: MeasureFamily = {
  measures: [
    info({
      id: "pauses",
      label: "Pause error",
      unit: "%",
      better: "lower",
      decimals: 1,
      description: "Frames that are pause in one of the two clips only",
    }),
    info({
      id: "duration",
      label: "Length error",
      unit: "ms",
      better: "lower",
      decimals: 0,
      description: "How much longer or shorter the clip is from the first speech to the last",
    }),
    info({
      id: "pauseNoise",
      label: "Noise in pauses",
      unit: "dB FS",
      better: "lower",
      decimals: 1,
      description: "Level in the pauses of the reference: noise that is left or made",
    }),
    info({
      id: "pauseNoiseChange",
      label: "Noise in pauses, change",
      unit: "dB",
      better: "lower",
      decimals: 1,
      description: "The same against the level in the reference itself",
    }),
  ],
  compute(reference, degraded) {
    const found = pauseError(reference, degraded);
    const { referenceNoiseDb, degradedNoiseDb } = found ?? {};
    const hasBoth = referenceNoiseDb !== undefined && degradedNoiseDb !== undefined;
    return {
      pauses: percent(found?.pauseErrorRate),
      duration: found && 1000 * Math.abs(found.speechDurationErrorSeconds),
      pauseNoise: degradedNoiseDb,
      pauseNoiseChange: hasBoth ? degradedNoiseDb - referenceNoiseDb : undefined,
    };
  },
};

const ONSETS: MeasureFamily = {
  measures: [
    info({
      id: "onsetLoss",
      label: "Onset loss",
      unit: "dB",
      better: "lower",
      decimals: 1,
      description: "How much less the level rises at onsets, such as the bursts of plosives",
    }),
    info({
      id: "onsetsLost",
      label: "Onsets lost",
      unit: "%",
      better: "lower",
      decimals: 1,
      description: "Onsets that lost more than half of their rise",
    }),
  ],
  compute(reference, degraded) {
    const found = onsetLoss(reference, degraded);
    return { onsetLoss: found?.lossDb, onsetsLost: percent(found?.lostShare) };
  },
};

const DETAIL: MeasureFamily = {
  measures: BANDS.flatMap(([id, name]) => [
    info({
      id: `detail${id}`,
      label: `Error ${name}`,
      unit: "dB",
      better: "lower",
      decimals: 1,
      description: `Mean error of the energy in ${name}, frame by frame`,
    }),
    info({
      id: `gain${id}`,
      label: `Level ${name}`,
      unit: "dB",
      better: "zero",
      decimals: 1,
      description: `Energy in ${name} against that of the reference, over the whole clip`,
    }),
  ]),
  compute(reference, degraded) {
    const found = bandDetail(reference, degraded) ?? [];
    return Object.fromEntries(
      found.flatMap(({ from, to, errorDb, gainDb }) => [
        [`detail${from}to${to}`, errorDb],
        [`gain${from}to${to}`, gainDb],
      ]),
    );
  },
};

const CLIPPING: MeasureFamily = single(
  info({ id: "clipping", label: "Clipping", unit: "%", better: "lower", decimals: 3, description: "Samples at full scale or beyond" }),
  (reference, degraded) => percent(clipping(reference, degraded)?.degraded),
);

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : 100 * share;
}

/** All measures that need no model, in families that are computed together. */
export const FAMILIES: readonly MeasureFamily[] = [...SCORES, PITCH, PAUSES, ONSETS, DETAIL, CLIPPING];

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
 * @returns the values that there are: a measure that is undefined for the pair, or not finite, has no entry
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
