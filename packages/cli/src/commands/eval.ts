import type { OutputFile } from "@twelvehz/codec/node";
import {
  DEFAULT_SECONDS,
  evaluate,
  type EvaluateOptions,
  type EvaluationResults,
  listClips,
  openCodecs,
  openConditions,
  reportExamples,
  reportPage,
  resultsCsv,
  textTables,
} from "@twelvehz/eval/node";
import { assertDifferent, openOutputFiles } from "../output-files.ts";
import { TrialBar } from "../trial-bar.ts";

/** Options of `twelvehz eval`. */
export interface EvalCommandOptions {
  readonly codecs: string;
  readonly codec?: readonly string[] | undefined;
  readonly conditions: string;
  readonly noise?: string | undefined;
  readonly measures?: string | undefined;
  readonly neural?: boolean | undefined;
  readonly utmos?: string | undefined;
  readonly seconds?: number | undefined;
  readonly limit?: number | undefined;
  readonly jobs?: number | undefined;
  readonly skipBad?: boolean | undefined;
  readonly json?: string | undefined;
  readonly csv?: string | undefined;
  readonly html?: string | undefined;
  readonly journal?: string | undefined;
  readonly fresh?: boolean | undefined;
}

/** `twelvehz eval`: codecs compared on a folder of speech. */
export async function evalCommand(input: string, options: EvalCommandOptions, signal: AbortSignal): Promise<void> {
  const outputs = await openOutputs(options);
  try {
    const all = await listClips(input);
    const clips = all.slice(0, options.limit);
    const { seconds = DEFAULT_SECONDS, noise, skipBad } = options;
    const { conditions, identities } = await openConditions(options.conditions, { clips, seconds, noise, skipBad, signal });
    const open = await openCodecs(options.codecs, options.codec);
    try {
      const work = { clips, codecs: open.codecs, conditions, identities: { ...identities, ...open.identities } };
      await evaluateTo(outputs, { ...work, ...evaluateOptions(options), signal });
    } finally {
      await open.close();
    }
  } finally {
    for (const { file } of outputs) await file.discard();
  }
}

function evaluateOptions(options: EvalCommandOptions): Omit<EvaluateOptions, "clips" | "codecs" | "conditions"> {
  const { neural, utmos, seconds, jobs, skipBad, fresh } = options;
  const beside = [options.json, options.csv, options.html].find((path) => path !== undefined && path !== "-");
  return {
    measures: options.measures?.split(",").map((id) => id.trim()),
    neural: neural || utmos !== undefined ? { utmos } : undefined,
    seconds,
    jobs,
    skipBad,
    fresh,
    journal: options.journal ?? (beside === undefined ? undefined : `${beside}.journal`),
    made: { command: ["twelvehz", ...process.argv.slice(2)].join(" ") },
  };
}

type Render = (results: EvaluationResults, options: EvaluateOptions) => string | Promise<string>;

/** One file that is written, and from what. */
interface Output {
  readonly file: OutputFile;
  readonly render: Render;
}

async function openOutputs({ json, csv, html, journal }: EvalCommandOptions): Promise<Output[]> {
  const renders: readonly (readonly [string | undefined, Render])[] = [
    [json, (results) => `${JSON.stringify(results, undefined, 1)}\n`],
    [csv, resultsCsv],
    [html, async (results, options) => reportPage(results, await reportExamples(results, options))],
  ];
  const wanted = renders.flatMap(([path, render]) => (path === undefined ? [] : [{ path, render }]));
  const paths = wanted.map(({ path }) => path);
  assertDifferent([...paths, ...(journal === undefined ? [] : [journal])]);
  const files = await openOutputFiles(paths);
  return files.map((file, i) => ({ file, render: wanted[i].render }));
}

async function evaluateTo(outputs: readonly Output[], options: EvaluateOptions): Promise<void> {
  const bar = new TrialBar("eval");
  const results = await evaluate({ ...options, onProgress: bar.update }).finally(() => bar.stop());
  for (const { file, render } of outputs) {
    await file.write(new TextEncoder().encode(await render(results, options)));
    await file.commit();
  }
  const isTaken = outputs.some(({ file }) => file.path === "-");
  (isTaken ? process.stderr : process.stdout).write(textTables(results));
}
