import { type Attention, type Codec, type CodesFormat, CodesFileWriter, codesFormatOf, encodeFile, specOf } from "@twelvehz/codec/node";
import { tellFindings } from "../findings.ts";
import { type Job, planJobs, runJobs } from "../jobs.ts";
import { ProgressBar } from "../progress.ts";
import { formatBytes, formatSeconds, printReport, type Report } from "../report.ts";

/** Options of `twelvehz encode`. */
export interface EncodeCommandOptions {
  readonly output?: string | undefined;
  readonly model?: string | undefined;
  readonly format?: CodesFormat | undefined;
  readonly layers?: number | undefined;
  readonly attention?: Attention | undefined;
  readonly jobs?: number | undefined;
  readonly skipExisting?: boolean | undefined;
  readonly live?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** `twelvehz encode`: sound files to codes. */
export async function encodeCommand(inputs: readonly string[], options: EncodeCommandOptions, signal: AbortSignal): Promise<void> {
  const jobs = await planJobs({ inputs, output: options.output, extension: `.${options.format ?? "t12"}` });
  for (const { output } of jobs) formatOf(output, options); // refuses before the work
  await runJobs(jobs, options, { encoder: true }, async (job, codec) => {
    const report = await encodeOne(job, codec, options, signal);
    printReport(report, { json: options.json, dataOnStdout: jobs.some(({ output }) => output === "-") });
  });
}

function formatOf(output: string, { format }: EncodeCommandOptions): CodesFormat {
  return format ?? (output === "-" ? "t12" : codesFormatOf(output));
}

async function encodeOne({ input, output }: Job, codec: Codec, options: EncodeCommandOptions, signal: AbortSignal): Promise<Report> {
  const bar = new ProgressBar(`encode ${input}`);
  const began = performance.now();
  const format = formatOf(output, options);
  const layers = options.layers ?? codec.info.layers;
  const writer = await CodesFileWriter.open(output, format, { spec: specOf(codec.info, options.attention, layers), live: options.live });
  try {
    const { codes, source, findings } = await encodeFile(codec, input, {
      layers,
      attention: options.attention,
      strict: options.strict,
      signal,
      onProgress: bar.update,
      onCodes: (piece) => writer.write(piece),
    });
    const bytes = await writer.commit(codes.sampleCount);
    tellFindings(input, findings);
    const seconds = (performance.now() - began) / 1000;
    const duration = (codes.sampleCount ?? 0) / codec.info.sampleRate;
    return {
      title: `${input} -> ${output}`,
      rows: [
        [
          "sound",
          `${formatSeconds(duration)}, ${source.format}, ${source.sampleRate} Hz, ${source.channels} channel${source.channels > 1 ? "s" : ""}`,
        ],
        [
          "codes",
          `[${codes.frames}, ${codes.layers}], ${format}, ${formatBytes(bytes)}, ${((bytes * 8) / duration / 1000).toFixed(2)} kbit/s`,
        ],
        ["encoded in", `${formatSeconds(seconds)}, ${(duration / seconds).toFixed(1)} x real time`],
        ["model", codec.info.name],
        ...(codec.info.traits.attention ? [attentionRow(codes.attention)] : []),
      ],
      json: {
        input,
        output,
        durationSeconds: duration,
        source,
        findings,
        frames: codes.frames,
        layers: codes.layers,
        format,
        bytes,
        encodeSeconds: seconds,
        model: codec.info,
      },
    };
  } finally {
    bar.stop();
    await writer.discard();
  }
}

/** A row that tells what the encoder's attention saw. */
function attentionRow(attention: Attention): [string, string] {
  const windowed = "windowed: the last 10 s (default over 320 s, or where the length is not known; --attention reference sees all)";
  return ["attention", attention === "reference" ? "reference: everything since the start" : windowed];
}
