import { type Audio, bitsPerCode, packedBytes } from "@twelvehz/codec/web";
import type { ScoresState } from "../measure/score-text.tsx";

/** What a clip is sent through. */
export type Contender =
  | { readonly kind: "original" }
  /** This codec with its first layers. */
  | { readonly kind: "layers"; readonly layers: number }
  | { readonly kind: "opus"; readonly bitsPerSecond: number }
  | { readonly kind: "pcm" };

/**
 * Bit rates of Opus that can be chosen, bit/s: the lowest that it has, to good wide-band speech.
 */
export const OPUS_RATES: readonly number[] = [6000, 8000, 12_000, 16_000, 24_000, 32_000];

/** What came out of a contender. */
export interface Heard {
  /** At the rate and of the length of the clip. */
  readonly audio: Audio;
  /** What was sent, without a container. */
  readonly byteLength: number;
  /** By design: frame and look-ahead, seconds; undefined where nothing is coded. */
  readonly delaySeconds: number | undefined;
  /** Undefined where there is nothing to measure. */
  readonly scores: ScoresState | undefined;
}

/** One line of the comparison. */
export interface Row {
  /** Name of the track, also the key in lists. */
  readonly name: string;
  /** Key that lets it be heard. */
  readonly digit: string;
  readonly contender: Contender;
  readonly state:
    | { readonly kind: "waiting" }
    | { readonly kind: "done"; readonly heard: Heard }
    | { readonly kind: "failed"; readonly error: unknown };
}

/** The lines of the comparison, empty. @param bitsPerSecond of Opus */
export function emptyRows(bitsPerSecond: number): readonly Row[] {
  const contenders: readonly Contender[] = [
    { kind: "original" },
    ...[16, 8, 4].map((layers): Contender => ({ kind: "layers", layers })),
    { kind: "opus", bitsPerSecond },
    { kind: "pcm" },
  ];
  return contenders.map((contender, at) => ({ name: trackName(contender), digit: String(at + 1), contender, state: { kind: "waiting" } }));
}

/** Name of a contender's track. That of Opus does not change with its rate, so it stays chosen. */
export function trackName(contender: Contender): string {
  return contender.kind === "layers" ? `layers-${contender.layers}` : contender.kind;
}

/** Bits in a second of a clip. */
export function bitsPerSecondOf({ byteLength, audio }: Heard): number {
  return (8 * byteLength) / audio.durationSeconds;
}

/** Bytes of codes without a container: every code takes the bits of its codebook. */
export function codesBytes(frames: number, layers: number, codebookSize: number): number {
  return packedBytes(frames * layers, bitsPerCode(codebookSize));
}

/** A place in the chart. */
export interface RatePoint {
  readonly kind: Contender["kind"];
  readonly kilobitsPerSecond: number;
  readonly pesq: number;
}

/** The lines that have a rate and a score, for the chart, from low to high rate. */
export function ratePoints(rows: readonly Row[]): readonly RatePoint[] {
  const points = rows.flatMap(({ contender, state }): RatePoint[] => {
    if (state.kind !== "done" || typeof state.heard.scores !== "object" || state.heard.scores.pesq === undefined) return [];
    return [{ kind: contender.kind, kilobitsPerSecond: bitsPerSecondOf(state.heard) / 1000, pesq: state.heard.scores.pesq }];
  });
  return points.sort((a, b) => a.kilobitsPerSecond - b.kilobitsPerSecond);
}

/**
 * The contenders in the chart, in the order of {@link chartColumns}: the codec's points are a line.
 */
export const CHART_SERIES = ["layers", "opus", "pcm"] as const;

/**
 * Rates of all points, and for each contender its scores at these rates, with gaps where it has
 * none.
 */
export function chartColumns(points: readonly RatePoint[]): [rates: number[], ...scores: (number | undefined)[][]] {
  const scores = CHART_SERIES.map((kind) => points.map((point) => (point.kind === kind ? point.pesq : undefined)));
  return [points.map((point) => point.kilobitsPerSecond), ...scores];
}
