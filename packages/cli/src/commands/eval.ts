import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import type { OutputFile } from "@twelvehz/codec/node";
import type { EvaluateOptions, EvaluationResults } from "@twelvehz/eval/node";
import { assertDifferent, openOutputFiles } from "../output-files.ts";
import { TrialBar } from "../trial-bar.ts";
import { examples, wholeNumber } from "../options.ts";

/** What the work is done with, loaded when it begins. */
type EvalLibrary = typeof import("@twelvehz/eval/node");

/** Options of `twelvehz eval`. */
interface EvalCommandOptions {
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

/** The codecs of the tables in docs/evaluation.md, which `npm run eval` makes. */
export const DEFAULT_CODECS = "compact:16,8,4,1,opus:6,8,12,16,pcm8";
const DEFAULT_CONDITIONS = "clean";

/** Adds `twelvehz eval`. */
export function addEval(program: Command, signal: AbortSignal): void {
  program
    .command("eval")
    .summary("quality of this codec and others on your speech: a table, a report with sounds")
    .description(
      "Sends every clip through every codec under every condition, and measures what comes out: PESQ, STOI and what is lost where. Prints a table; writes JSON, CSV and one page of HTML with charts, pictures and sounds.",
    )
    .argument("<input>", 'folder of sound files, a manifest (.jsonl with "file" in every line, .csv with a column "file"), or a sound file')
    .option(
      "--codecs <list>",
      "models by layers, opus:KBITS, opus-vbr:KBITS, opus-plc20:KBITS with 20 % loss (or fec, zeros), opus-rtp:KBITS and opus-rtp-fec:KBITS with headers counted, transport:LAYOUT for packets such as 16+8@1+4@2 (also 2x16+16@1/rtp), pcm8, mulaw; a number belongs to the name before it",
      collect(","),
      DEFAULT_CODECS,
    )
    .option("--codec <name=command>", "an external program, run for each clip with {in} and {out} as WAV files; may be repeated", repeated)
    .option(
      "--conditions <list>",
      "clean, noise:DB, white:DB, pink:DB, babble:DB, reverb:S, talkers:DB, level:DB, telephone, phone, pc, speaker; loss:PERCENT, burst:PERCENTxPACKETS and trace:lossgen-20 (or -10, -30) lose packets of transport and opus codecs",
      collect(","),
      DEFAULT_CONDITIONS,
    )
    .option("--noise <path>", "recordings for noise:DB: a folder, a manifest or a file; default: pink noise is made")
    .option("--measures <list>", "ids of measures, or main for those of the main table; default: all")
    .option(
      "--neural",
      "also measure by networks that judge speech by itself: DNSMOS and PLCMOS; takes long; --measures may choose from them",
    )
    .option("--utmos <path>", "also by UTMOS, from an ONNX file; as --neural")
    .option("--seconds <n>", "cut clips after so many seconds, 0.5 to 3600; default: 12", secondsOf)
    .addOption(new Option("--limit <n>", "take the first n clips only").argParser(wholeNumber(1, 1_000_000)))
    .addOption(new Option("-j, --jobs <n>", "clips to work on at once; default: one for each processor").argParser(wholeNumber(1, 256)))
    .option("--skip-bad", "leave out clips that cannot be read and trials that fail, and list them; default: they are errors")
    .option("--json <path>", "write all results as JSON, or - for the standard output")
    .option("--csv <path>", "write every value as CSV, a line for each clip, condition and codec, or - for the standard output")
    .option("--html <path>", "write the report, one page that needs nothing else")
    .option("--journal <path>", "what an interrupted run goes on from; default: beside the first output, as NAME.journal")
    .option("--fresh", "forget the journal and begin anew")
    .addHelpText(
      "after",
      examples(
        `twelvehz eval speech/
        twelvehz eval speech/ --html report.html --json results.json
        twelvehz eval list.jsonl --codecs compact:16,8,opus:8,12 --conditions clean,noise:10,reverb:0.5 --noise noises/ --html report.html
        twelvehz eval speech/ --codecs compact:16 --codec 'codec2=sh codec2.sh {in} {out}' --measures main
        twelvehz eval speech/ --codecs transport:16+8@1+4@2+1@3,opus-rtp:16 --conditions clean,loss:20,burst:20x2.5
        twelvehz eval speech/ --limit 5 --csv -`,
      ),
    )
    .action((input, options) => evalCommand(input, options, signal));
}

/** `twelvehz eval`: codecs compared on a folder of speech. */
async function evalCommand(input: string, options: EvalCommandOptions, signal: AbortSignal): Promise<void> {
  const library = await import("@twelvehz/eval/node"); // measures and codecs would make every command start later
  const outputs = await openOutputs(options, library);
  try {
    const all = await library.listClips(input);
    const clips = all.slice(0, options.limit);
    const { seconds = library.DEFAULT_SECONDS, noise, skipBad } = options;
    const { conditions, identities } = await library.openConditions(options.conditions, { clips, seconds, noise, skipBad, signal });
    const open = await library.openCodecs(options.codecs, options.codec);
    try {
      const work = { clips, codecs: open.codecs, conditions, identities: { ...identities, ...open.identities } };
      await evaluateTo(outputs, library, { ...work, ...evaluateOptions(options), signal });
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

async function openOutputs({ json, csv, html, journal }: EvalCommandOptions, library: EvalLibrary): Promise<Output[]> {
  const renders: readonly (readonly [string | undefined, Render])[] = [
    [json, (results) => `${JSON.stringify(results, undefined, 1)}\n`],
    [csv, library.resultsCsv],
    [html, async (results, options) => library.reportPage(results, await library.reportExamples(results, options))],
  ];
  const wanted = renders.flatMap(([path, render]) => (path === undefined ? [] : [{ path, render }]));
  const paths = wanted.map(({ path }) => path);
  assertDifferent([...paths, ...(journal === undefined ? [] : [journal])]);
  const files = await openOutputFiles(paths);
  return wanted.map(({ render }, i) => ({ file: files[i]!, render }));
}

async function evaluateTo(outputs: readonly Output[], library: EvalLibrary, options: EvaluateOptions): Promise<void> {
  const bar = new TrialBar("eval");
  const results = await library.evaluate({ ...options, onProgress: bar.update }).finally(() => bar.stop());
  for (const { file, render } of outputs) {
    await file.write(new TextEncoder().encode(await render(results, options)));
    await file.commit();
  }
  const isTaken = outputs.some(({ file }) => file.path === "-");
  (isTaken ? process.stderr : process.stdout).write(library.textTables(results));
}

/**
 * Values of an option that is given several times, joined; the first that is given replaces the
 * default.
 */
function collect(separator: string): (value: string, before: string) => string {
  let isGiven = false;
  return (value, before) => {
    const joined = isGiven ? `${before}${separator}${value}` : value;
    isGiven = true;
    return joined;
  };
}

function repeated(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function secondsOf(text: string): number {
  const value = Number(text);
  if (!(value >= 0.5 && value <= 3600)) throw new InvalidArgumentError("It must be a number of seconds from 0.5 to 3600.");
  return value;
}
