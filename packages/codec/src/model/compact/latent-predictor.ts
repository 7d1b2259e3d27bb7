import { type FramePredictor, type HeardFrame, PREDICTOR_PAST } from "../concealing-decoder.ts";
import type { ModelWeights } from "../weights.ts";
import type { CompactConfig } from "./config.ts";
import { LatentTable } from "./latent-table.ts";

/** A linear map with its bias. */
interface Affine {
  /** `[D, inputs]` row-major. */
  readonly weight: ArrayLike<number>;
  /** `[D]` */
  readonly bias: ArrayLike<number>;
}

/** Frames that each predictor looks at. */
const KINDS = { past: PREDICTOR_PAST, both: PREDICTOR_PAST + 1 } as const;
type Kind = keyof typeof KINDS;

/** Shapes of the tensors of concealment.safetensors by their names: training/concealment.py. */
function shapes(kind: Kind, width: number): Record<"weight" | "bias", readonly [name: string, dims: readonly number[]]> {
  return {
    weight: [`conceal.${kind}.weight`, [width, KINDS[kind] * width]],
    bias: [`conceal.${kind}.bias`, [width]],
  };
}

/** Names and shapes of all tensors of a predictor. */
export function predictorShapes({ codebookDim }: CompactConfig): readonly (readonly [name: string, dims: readonly number[]])[] {
  return (["past", "both"] as const).flatMap((kind) => Object.values(shapes(kind, codebookDim)));
}

/**
 * Whether a model has a predictor.
 * @throws CodecError `bad-model` for tensors of another shape
 */
export function hasPredictor(config: CompactConfig, weights: ModelWeights): boolean {
  const tensors = predictorShapes(config);
  if (!tensors.every(([name]) => weights.has(name))) return false;
  for (const [name, dims] of tensors) weights.check(name, dims);
  return true;
}

/**
 * Makes up lost frames by linear prediction of their latents, from the three before and, where it
 * has come, the one after: ridge regression, fitted by training/concealment.py.
 */
export class LatentPredictor implements FramePredictor {
  readonly #table: LatentTable;
  readonly #past: Affine;
  readonly #both: Affine;

  private constructor(table: LatentTable, past: Affine, both: Affine) {
    this.#table = table;
    this.#past = past;
    this.#both = both;
  }

  /**
   * What opens the predictor of a model, once, when it is asked for the first time; undefined for a
   * model that has none.
   * @throws CodecError `bad-model` for tensors of another shape
   */
  static of(config: CompactConfig, weights: ModelWeights): (() => Promise<LatentPredictor>) | undefined {
    if (!hasPredictor(config, weights)) return undefined;
    const names = ["codebooks", ...predictorShapes(config).map(([name]) => name)];
    let opened: Promise<LatentPredictor> | undefined;
    return () => (opened ??= LatentPredictor.#open(config, weights, names));
  }

  static async #open(config: CompactConfig, weights: ModelWeights, names: readonly string[]): Promise<LatentPredictor> {
    const { layers, codebookSize, codebookDim: width } = config;
    await weights.fetch(names);
    const affine = (kind: Kind): Affine => {
      const { weight, bias } = shapes(kind, width);
      return { weight: weights.numbers(...weight).data, bias: weights.numbers(...bias).data };
    };
    const table = new LatentTable(config, weights.numbers("codebooks", [layers, codebookSize, width]));
    const predictor = new LatentPredictor(table, affine("past"), affine("both"));
    weights.release(names.filter((name) => name !== "codebooks")); // those may be wanted by someone else just now
    return predictor;
  }

  predict(past: readonly HeardFrame[], next?: HeardFrame): Int16Array {
    const known = this.#table.latentsOf(next ? [...past, next] : past);
    const { weight, bias } = next ? this.#both : this.#past;
    const latent = Float32Array.from(bias, (start, row) => {
      let sum = start;
      for (let i = 0, at = row * known.length; i < known.length; i++, at++) sum += weight[at] * known[i];
      return sum;
    });
    return this.#table.codesOf(latent);
  }
}
