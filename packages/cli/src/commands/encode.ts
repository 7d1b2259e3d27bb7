import { type Conversion, planConversions } from "@twelvehz/clips";
import {
  type Attention,
  type BackendName,
  type Codec,
  CODES_FORMATS,
  type CodesFormat,
  CodesFileWriter,
  codesFormatOf,
  type DeviceName,
  encodeFile,
  specOf,
} from "@twelvehz/codec/node";
import { tellFindings } from "../findings.ts";
import { convertAll } from "../convert-all.ts";
import { layersWithin } from "../layers-within.ts";
import { ProgressBar } from "../progress.ts";
import { formatBytes, formatSeconds, printReport, type Report } from "../report.ts";
import { type Command, Option } from "@commander-js/extra-typings";
import {
  backendOption,
  deviceOption,
  examples,
  jobsOption,
  jsonOption,
  layersOption,
  modelOption,
  skipExistingOption,
  strictOption,
  wholeNumber,
} from "../options.ts";

/** Options of `twelvehz encode`. */
interface EncodeCommandOptions {
  readonly output?: string | undefined;
  readonly model?: string | undefined;
  readonly format?: CodesFormat | undefined;
  readonly layers?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly attention?: Attention | undefined;
  readonly backend?: BackendName | undefined;
  readonly device?: DeviceName | undefined;
  readonly jobs?: number | undefined;
  readonly skipExisting?: boolean | undefined;
  readonly live?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly json?: boolean | undefined;
}

const attentionOption = new Option(
  "--attention <mode>",
  "what the published model's encoder sees: reference = all since the start, windowed = the last 10 s; default: reference up to 320 s, windowed beyond and for the standard input where it does not tell its length",
).choices(["reference", "windowed"] as const);
const maxBytesOption = new Option("--max-bytes <n>", "use as many of the first layers as fit into a file of n bytes, for thin links")
  .argParser(wholeNumber(1, 2 ** 31))
  .conflicts(["layers", "live"]);

/** Adds `twelvehz encode`. */
export function addEncode(program: Command, signal: AbortSignal): void {
  program
    .command("encode")
    .summary("sound files to codes")
    .description(
      "Turns speech into codes. Reads WAV, AIFF, MP3, FLAC, Ogg Opus and Ogg Vorbis at any rate, and what an ffmpeg on the PATH reads.",
    )
    .argument("<input...>", "sound files, or - for the standard input")
    .option("-o, --output <path>", "file, folder/ for several inputs, or - for the standard output; default: beside the input")
    .addOption(
      new Option("-f, --format <format>", "form of the codes; default: by the extension of the output, else t12").choices(CODES_FORMATS),
    )
    .addOption(layersOption)
    .addOption(maxBytesOption)
    .addOption(attentionOption)
    .addOption(modelOption)
    .addOption(backendOption)
    .addOption(deviceOption)
    .addOption(jobsOption)
    .addOption(skipExistingOption)
    .addOption(strictOption)
    .option("--live", "a recording: write under the final name at once, so that it can be read while it grows (.t12 only)")
    .addOption(jsonOption)
    .addHelpText(
      "after",
      examples(
        "twelvehz encode talk.mp3\ntwelvehz encode talk.wav -o talk.npy\ntwelvehz encode *.flac -o codes/ --jobs 4\ntwelvehz encode alarm.wav --max-bytes 1000 -o alarm.t12\nsox -d -t wav - | twelvehz encode - --live -o live.t12",
      ),
    )
    .action((inputs, options) => encodeCommand(inputs, options, signal));
}

/** `twelvehz encode`: sound files to codes. */
async function encodeCommand(inputs: readonly string[], options: EncodeCommandOptions, signal: AbortSignal): Promise<void> {
  const conversions = await planConversions({ inputs, output: options.output, extension: `.${options.format ?? "t12"}` });
  for (const { output } of conversions) formatOf(output, options); // refuses before the work
  await convertAll(conversions, options, { encoder: true }, async (conversion, codec) => {
    const report = await encodeOne(conversion, codec, options, signal);
    printReport(report, { json: options.json, dataOnStdout: conversions.some(({ output }) => output === "-") });
  });
}

function formatOf(output: string, { format }: EncodeCommandOptions): CodesFormat {
  return format ?? (output === "-" ? "t12" : codesFormatOf(output));
}

async function encodeOne({ input, output }: Conversion, codec: Codec, options: EncodeCommandOptions, signal: AbortSignal): Promise<Report> {
  const bar = new ProgressBar(`encode ${input}`);
  const began = performance.now();
  const format = formatOf(output, options);
  const layers = options.layers ?? codec.info.layers;
  const writer = await CodesFileWriter.open(output, format, { spec: specOf(codec.info, options.attention, layers), live: options.live });
  try {
    const encoded = await encodeFile(codec, input, {
      layers,
      attention: options.attention,
      strict: options.strict,
      signal,
      onProgress: bar.update,
      onCodes: options.maxBytes === undefined ? (piece) => writer.write(piece) : undefined,
    });
    const { source, findings } = encoded;
    const codes = options.maxBytes === undefined ? encoded.codes : layersWithin(encoded.codes, format, options.maxBytes);
    if (options.maxBytes !== undefined) await writer.write(codes);
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
