import type { MeasureFamily } from "../evaluation/measure.ts";
import type { NeuralMeasures } from "./neural/open-neural-measures.ts";

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
      description: `What listeners would say, 1 to 5, by a network that hears the result alone: ${model}`,
    })),
    compute: (_, degraded) => neural.score(degraded),
  };
}
