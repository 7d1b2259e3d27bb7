import type { Audio } from "@twelvehz/codec/node";
import type { CodecUnderTest } from "../codec-under-test.ts";
import type { Condition } from "../condition.ts";
import { hearThrough } from "../evaluation/hear-through.ts";
import { CLEAN, type EvaluationResults, UNPROCESSED } from "../evaluation/results.ts";
import { chooseExamples, type ExampleChoice, type ExampleSound, type ReportExample } from "../report/examples.ts";
import { spreadOf } from "../report/series.ts";
import type { EvaluateOptions } from "./evaluate-options.ts";
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
  { clip, condition: name }: ExampleChoice,
  codecs: readonly CodecUnderTest[],
  results: EvaluationResults,
  { clips, conditions, seconds = DEFAULT_SECONDS, signal }: EvaluateOptions,
): Promise<ExampleSound[]> {
  const valuesOf = (codec: string): ExampleSound["values"] =>
    results.trials.find((trial) => trial.clip === clip && trial.condition === name && trial.codec === codec)?.values;
  const [file, condition] = [clips.find((other) => other.name === clip), conditions.find((other) => other.name === name)];
  if (!file || !condition) return [];
  const clean = await readClip(file, seconds, signal);
  const heard = condition.apply(clean, clip);
  const sounds = originals(condition, clean, heard, valuesOf(UNPROCESSED));
  for (const codec of codecs) {
    const values = valuesOf(codec.name);
    if (!values) continue;
    const { output } = await hearThrough(codec, condition, { name: clip, clean, heard }, signal);
    sounds.push({ name: codec.name, audio: output, values });
  }
  return sounds;
}

/**
 * The clip that the others are compared with, first; and what the condition made of it. Under
 * playback all are heard through the loudspeaker.
 */
function originals({ name, stage }: Condition, clean: Audio, heard: Audio, values: ExampleSound["values"]): ExampleSound[] {
  if (name === CLEAN) return [{ name: "Original", audio: clean }];
  if (stage === "playback") return [{ name: `Original, ${name}`, audio: heard }];
  return [
    { name: "Original", audio: clean },
    { name, audio: heard, values },
  ];
}
