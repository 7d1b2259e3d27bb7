import type { ClipFile } from "@twelvehz/clips";
import type { CodecUnderTest } from "../codec-under-test.ts";
import type { Condition } from "../condition.ts";
import type { Provenance } from "../evaluation/results.ts";
import type { MeasureFamily } from "../measures/measure.ts";
import type { NeuralMeasuresOptions } from "./neural/open-neural-measures.ts";

/** What is evaluated, and how. */
export interface EvaluateOptions {
  readonly clips: readonly ClipFile[];
  readonly codecs: readonly CodecUnderTest[];
  /** `clean` among them gives the main table. */
  readonly conditions: readonly Condition[];
  /** Ids of measures, or `main`. Default: all. */
  readonly measures?: readonly string[] | undefined;
  /**
   * Also measure by the networks that judge speech by itself; `measures` may choose from them.
   * Default: not, as they take long.
   */
  readonly neural?: NeuralMeasuresOptions | undefined;
  /**
   * Measures that are not in the registry; they are computed by their own code, in the caller's
   * thread.
   */
  readonly extraFamilies?: readonly MeasureFamily[] | undefined;
  /** Cut clips after so many seconds. Default 12. */
  readonly seconds?: number | undefined;
  /**
   * Clips at once, each with a thread for its measures, 1 to 256. Default: one for each processor.
   */
  readonly jobs?: number | undefined;
  /**
   * Leave out what cannot be read, and trials in which a codec fails, and list them. Default: they
   * are errors.
   */
  readonly skipBad?: boolean | undefined;
  /** File that keeps trials as they are done, for going on later. Default: none. */
  readonly journal?: string | undefined;
  /** Forget what the journal holds. Default false. */
  readonly fresh?: boolean | undefined;
  /**
   * What a codec's or a condition's results depend on beside its name, by that name: the id of a
   * model, the contents of a folder of noise.
   */
  readonly identities?: Readonly<Record<string, string>> | undefined;
  /** What the results should say of how they were made. */
  readonly made?: Pick<Provenance, "command" | "commit"> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each trial. */
  readonly onProgress?: ((progress: EvaluationProgress) => void) | undefined;
}

/** How far an evaluation is. */
export interface EvaluationProgress {
  /** Trials that are done, or that the journal had. */
  readonly done: number;
  /** Trials in all: a clip under a condition through a codec. */
  readonly total: number;
  /** Trials of `done` that the journal had. */
  readonly resumed: number;
}
