import type { MeasureFamily, MeasureInfo } from "../measures/measure.ts";
import type { NeuralMeasures } from "./neural/open-neural-measures.ts";

/** Those that judge the whole of what is heard. */
const MAIN: ReadonlySet<string> = new Set(["dnsmosOvrl", "plcmos", "utmos"]);

/** Networks that judge speech by itself, as a family of measures: the reference is not heard. */
export function neuralFamily(neural: NeuralMeasures): MeasureFamily {
  return {
    measures: neural.measures.map(({ id, label, model }) => ({
      id,
      label,
      unit: "MOS",
      better: "higher",
      decimals: 2,
      shortestSeconds: 0.5,
      noReference: true,
      main: MAIN.has(id),
      description: `What listeners would say, 1 to 5, by a network that hears the result alone: ${model}`,
    })),
    compute: (_, degraded) => neural.score(degraded),
  };
}

/**
 * The measures that are wanted when networks are: all of them beside those that are named, unless
 * some of them are named, by themselves or by `main`.
 * @param ids as `chooseMeasures` takes them
 */
export function withNeural(ids: readonly string[] | undefined, neural: readonly MeasureInfo[]): readonly string[] | undefined {
  if (!ids || ids.includes("main") || neural.some(({ id }) => ids.includes(id))) return ids;
  return [...ids, ...neural.map(({ id }) => id)];
}
