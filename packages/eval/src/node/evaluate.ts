import { noPackets } from "../evaluation/hear-through.ts";
import { CodecError } from "@twelvehz/codec/node";
import type { MeasureInfo } from "../measures/measure.ts";
import { chooseMeasures, MEASURES } from "../measures/measures.ts";
import { type EvaluationResults, type Trial, UNPROCESSED } from "../evaluation/results.ts";
import { codecCosts, measureMeans } from "../evaluation/summary.ts";
import type { EvaluateOptions } from "./evaluate-options.ts";
import { EvaluationRun } from "./evaluation-run.ts";
import { Journal } from "@twelvehz/clips";
import { type NeuralMeasuresOptions, openNeuralMeasures } from "./neural/open-neural-measures.ts";
import { neuralFamily, withNeural } from "./neural-family.ts";
import { provenance } from "./provenance.ts";
import { DEFAULT_SECONDS } from "./read-clip.ts";

/**
 * Sends every clip under every condition through every codec, and measures what comes out against
 * the clean clip and, where the condition changed the clip, against what went in. What the
 * condition did is measured as the codec {@link UNPROCESSED}.
 * @returns everything that was found, trials in the order of clips, conditions and codecs whatever
 * the number of jobs
 * @throws CodecError what reading or a codec fails with, unless `skipBad`; `aborted`; `bad-audio`
 * when no clip is left; `usage` for a wrong option
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
