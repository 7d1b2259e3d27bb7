import type { CodecUnderTest } from "../codec-under-test.ts";
import type { MeasureInfo } from "../measures/measure.ts";
import type { CodecCost, EvaluationResults, MeasureMean, Trial } from "./results.ts";
import { type Interval, meanInterval } from "./statistics.ts";

/**
 * What each codec takes over its trials, in the order of the codecs. Codecs without a trial are
 * left out.
 */
export function codecCosts(trials: readonly Trial[], codecs: readonly CodecUnderTest[]): CodecCost[] {
  return codecs.flatMap(({ name, algorithmicDelaySeconds }) => {
    const own = trials.filter(({ codec }) => codec === name);
    if (own.length === 0) return [];
    const total = (value: (trial: Trial) => number | undefined): number => own.reduce((sum, trial) => sum + (value(trial) ?? 0), 0);
    return [
      {
        codec: name,
        kilobitsPerSecond: (total((trial) => trial.byteLength) * 8) / total((trial) => trial.seconds) / 1000,
        algorithmicDelaySeconds,
        foundDelaySeconds: total((trial) => trial.delaySeconds) / own.length,
      },
    ];
  });
}

/**
 * Means over the clips of every measure, for every codec and condition that has trials, against the
 * clean clip and against the input.
 */
export function measureMeans(trials: readonly Trial[], measures: readonly MeasureInfo[]): MeasureMean[] {
  return [...groupsOf(trials).values()].flatMap((group) => [
    ...measures.map(({ id }) => meanOf(group, id, "clean")),
    ...(group[0].inputValues ? measures.map(({ id }) => meanOf(group, id, "input")) : []),
  ]);
}

/** Trials of one condition and codec. */
function groupsOf(trials: readonly Trial[]): Map<string, Trial[]> {
  const groups = new Map<string, Trial[]>();
  for (const trial of trials) {
    const key = keyOf(trial.condition, trial.codec);
    const group = groups.get(key) ?? [];
    group.push(trial);
    groups.set(key, group);
  }
  return groups;
}

function meanOf(group: readonly Trial[], measure: string, against: "clean" | "input"): MeasureMean {
  const values = group.flatMap((trial) => (against === "clean" ? trial.values : trial.inputValues)?.[measure] ?? []);
  const { codec, condition } = group[0];
  return {
    codec,
    condition,
    measure,
    against,
    ...meanInterval(values),
    count: values.length,
    undefinedCount: group.length - values.length,
  };
}

/** Looks means up. */
export class MeanTable {
  readonly #means: Map<string, MeasureMean>;

  constructor(results: Pick<EvaluationResults, "means">) {
    this.#means = new Map(results.means.map((mean) => [keyOf(mean.codec, mean.condition, mean.measure, mean.against), mean]));
  }

  /** The mean with its interval; undefined when no clip has a value. */
  find(codec: string, condition: string, measure: string, against: "clean" | "input" = "clean"): Interval | undefined {
    const { mean, halfWidth, count } = this.#means.get(keyOf(codec, condition, measure, against)) ?? {};
    return mean === undefined || halfWidth === undefined || count === undefined ? undefined : { mean, halfWidth, count };
  }
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** How good a value is, so that larger is better. */
export function goodness({ better }: Pick<MeasureInfo, "better">, value: number): number {
  if (better === "higher") return value;
  return better === "lower" ? -value : -Math.abs(value);
}
