import type { FrameAcoustics } from "./frame-acoustics.ts";

/**
 * What the entries of one layer sound like on the average over the frames that chose them, `[V]`
 * each. NaN where it is not known.
 */
export interface EntryAcoustics {
  /** Frames. */
  readonly count: Uint32Array;
  /** Mean share of voiced steps, 0 to 1. */
  readonly voicing: Float64Array;
  /** Mean energy, dB of full scale. */
  readonly energy: Float64Array;
  /** Geometric mean of F0, Hz. */
  readonly f0: Float64Array;
  /** Geometric mean of the spectral centroid, Hz. */
  readonly centroid: Float64Array;
  /** Mean length of a run of the entry, frames, 1 or more. */
  readonly run: Float64Array;
}

/** Codes of one layer of a clip, `[T]`, beside the acoustics of its frames. */
export interface LayerFrames {
  readonly codes: Int16Array;
  readonly acoustics: FrameAcoustics;
}

/**
 * Mean acoustics of every entry.
 * @param clips of one layer
 * @param codebookSize V
 */
export function entryAcoustics(clips: readonly LayerFrames[], codebookSize: number): EntryAcoustics {
  const count = new Uint32Array(codebookSize);
  const runs = new Uint32Array(codebookSize);
  for (const { codes } of clips)
    codes.forEach((code, t) => {
      count[code]++;
      if (t === 0 || codes[t - 1] !== code) runs[code]++;
    });
  const means = (value: (acoustics: FrameAcoustics, t: number) => number): Float64Array => meansByEntry(clips, codebookSize, value);
  return {
    count,
    voicing: means(({ voicing }, t) => voicing[t]),
    energy: means(({ energy }, t) => energy[t]),
    f0: means(({ f0 }, t) => Math.log2(f0[t])).map((x) => 2 ** x),
    centroid: means(({ centroid }, t) => Math.log2(centroid[t])).map((x) => 2 ** x),
    run: Float64Array.from(count, (n, code) => n / runs[code]),
  };
}

function meansByEntry(
  clips: readonly LayerFrames[],
  codebookSize: number,
  value: (acoustics: FrameAcoustics, t: number) => number,
): Float64Array {
  const [sums, counts] = [new Float64Array(codebookSize), new Float64Array(codebookSize)];
  for (const { codes, acoustics } of clips)
    codes.forEach((code, t) => {
      const x = value(acoustics, t);
      if (!Number.isFinite(x)) return;
      sums[code] += x;
      counts[code]++;
    });
  return sums.map((sum, code) => sum / counts[code]);
}
