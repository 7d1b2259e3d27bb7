import type { CodecUnderTest } from "../codec-under-test.ts";
import { CLEAN, type EvaluationResults, UNPROCESSED } from "../evaluation/results.ts";
import { chooseExamples, type ExampleChoice, type ExampleSound, type ReportExample } from "../report/examples.ts";
import { spreadOf } from "../report/series.ts";
import type { EvaluateOptions } from "./evaluate.ts";
import { DEFAULT_SECONDS, readClip } from "./read-clip.ts";

/** Codecs that an example lets hear. */
const MOST_CODECS = 4;

/**
 * Clips worth hearing in a report, coded once more: the evaluation keeps numbers only.
 * @param options those that the results were made with
 * @param choices default: the worst, a middling and the best
 * @throws CodecError what reading or a codec fails with, `aborted`
 */
export async function reportExamples(
  results: EvaluationResults,
  options: EvaluateOptions,
  choices: readonly ExampleChoice[] = chooseExamples(results),
): Promise<ReportExample[]> {
  const names = new Set(
    spreadOf(
      results.codecs.map(({ codec }) => codec),
      MOST_CODECS,
    ),
  );
  const codecs = options.codecs.filter(({ name }) => names.has(name));
  const out: ReportExample[] = [];
  for (const choice of choices) out.push({ ...choice, sounds: await soundsOf(choice, codecs, results, options) });
  return out;
}

async function soundsOf(
  { clip, condition }: ExampleChoice,
  codecs: readonly CodecUnderTest[],
  results: EvaluationResults,
  { clips, conditions, seconds = DEFAULT_SECONDS, signal }: EvaluateOptions,
): Promise<ExampleSound[]> {
  const valuesOf = (codec: string): ExampleSound["values"] =>
    results.trials.find((trial) => trial.clip === clip && trial.condition === condition && trial.codec === codec)?.values;
  const file = clips.find(({ name }) => name === clip);
  if (!file) return [];
  const clean = await readClip(file, seconds, signal);
  const heard = conditions.find(({ name }) => name === condition)?.apply(clean, clip) ?? clean;
  const sounds: ExampleSound[] = [{ name: "Original", audio: clean }];
  if (condition !== CLEAN) sounds.push({ name: condition, audio: heard, values: valuesOf(UNPROCESSED) });
  for (const codec of codecs) {
    const values = valuesOf(codec.name);
    if (values) sounds.push({ name: codec.name, audio: (await codec.roundTrip(heard, signal)).audio, values });
  }
  return sounds;
}
