import { noPackets } from "../evaluation/hear-through.ts";
import { CodecError } from "@twelvehz/codec/node";
import type { CodecUnderTest } from "../codec-under-test.ts";
import type { Condition } from "../condition.ts";
import type { MeasureFamily, MeasureInfo } from "../measures/measure.ts";
import { chooseMeasures, MEASURES } from "../measures/measures.ts";
import { type EvaluationResults, type Provenance, type Trial, UNPROCESSED } from "../evaluation/results.ts";
import { codecCosts, measureMeans } from "../evaluation/summary.ts";
import { EvaluationRun } from "./evaluation-run.ts";
import { type ClipFile, Journal } from "@twelvehz/clips";
import { type NeuralMeasuresOptions, openNeuralMeasures } from "./neural/open-neural-measures.ts";
import { neuralFamily, withNeural } from "./neural-family.ts";
import { provenance } from "./provenance.ts";
import { DEFAULT_SECONDS } from "./read-clip.ts";

/** What is evaluated, and how. */
export interface EvaluateOptions {
  readonly clips: readonly ClipFile[];
  readonly codecs: readonly CodecUnderTest[];
  /** `clean` among them gives the main table. */
  readonly conditions: readonly Condition[];
  /** Ids of measures, or `main`. Default: all. */
  readonly measures?: readonly string[] | undefined;
  /** Also measure by the networks that judge speech by itself; `measures` may choose from them. Default: not, as they take long. */
  readonly neural?: NeuralMeasuresOptions | undefined;
  /** Measures that are not in the registry; they are computed by their own code, in the caller's thread. */
  readonly extraFamilies?: readonly MeasureFamily[] | undefined;
  /** Cut clips after so many seconds. Default 12. */
  readonly seconds?: number | undefined;
  /** Clips at once, each with a thread for its measures, 1 to 256. Default: one for each processor. */
  readonly jobs?: number | undefined;
  /** Leave out what cannot be read, and trials in which a codec fails, and list them. Default: they are errors. */
  readonly skipBad?: boolean | undefined;
  /** File that keeps trials as they are done, for going on later. Default: none. */
  readonly journal?: string | undefined;
  /** Forget what the journal holds. Default false. */
  readonly fresh?: boolean | undefined;
  /** What a codec's or a condition's results depend on beside its name, by that name: the id of a model, the contents of a folder of noise. */
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

/**
 * Sends every clip under every condition through every codec, and measures what comes out against the clean clip and, where the condition changed
 * the clip, against what went in. What the condition did is measured as the codec {@link UNPROCESSED}.
 * @returns everything that was found, trials in the order of clips, conditions and codecs whatever the number of jobs
 * @throws CodecError what reading or a codec fails with, unless `skipBad`; `aborted`; `bad-audio` when no clip is left; `usage` for a wrong option
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationResults> {
  assertUsable(options);
  const neural = await neuralInfos(options.neural);
  const extra = (options.extraFamilies ?? []).flatMap((family) => family.measures);
  const measures = chooseMeasures(withNeural(options.measures, neural), [...MEASURES, ...neural, ...extra]);
  const run = new EvaluationRun(options, measures, await Journal.open<Trial>(options.journal, options.fresh));
  const perClip = await run.finish();
  const trials = perClip.flat();
  if (trials.length === 0)
    throw new CodecError("bad-audio", `Cannot evaluate: no clip is left; the first failed by: ${run.failures[0]?.reason}`);
  const clips = perClip.flatMap((own, i) => (own[0] ? [{ name: options.clips[i].name, seconds: own[0].seconds }] : []));
  return {
    format: "twelvehz-eval",
    version: 1,
    made: provenance(options.made),
    longestSeconds: options.seconds ?? DEFAULT_SECONDS,
    measures,
    clips,
    conditions: options.conditions.map(({ name }) => name),
    codecs: codecCosts(trials, options.codecs),
    means: measureMeans(trials, measures),
    failures: run.failures,
    trials,
  };
}

/** What the networks measure; they are opened for that, as they name themselves. */
async function neuralInfos(options: NeuralMeasuresOptions | undefined): Promise<readonly MeasureInfo[]> {
  if (!options) return [];
  const opened = await openNeuralMeasures(options);
  await opened.close();
  return neuralFamily(opened).measures;
}

function assertUsable({ clips, codecs, conditions, seconds = DEFAULT_SECONDS }: EvaluateOptions): void {
  for (const [what, names] of [
    ["clip", clips.map(({ name }) => name)],
    ["codec", [...codecs.map(({ name }) => name), UNPROCESSED]],
    ["condition", conditions.map(({ name }) => name)],
  ] as const) {
    if (names.length === (what === "codec" ? 1 : 0)) throw new CodecError("usage", `Cannot evaluate without a ${what}: give at least one`);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new CodecError("usage", `Cannot evaluate two ${what}s called "${twice}": names must differ`);
  }
  const bare = conditions.some(({ link }) => link) ? codecs.find(({ overLink }) => !overLink) : undefined;
  if (bare) throw noPackets(bare.name);
  if (!(seconds > 0)) throw new CodecError("usage", `Cannot cut clips after ${seconds} s: give a number above 0`);
}
