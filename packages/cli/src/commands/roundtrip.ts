import { type Conversion, planConversions } from "@twelvehz/clips";
import {
  type BackendName,
  type DeviceOptions,
  bitsPerCode,
  type Codec,
  codesFormatOf,
  isStandardStream,
  decodeToFile,
  encodeFile,
  layerGains,
  packedBytes,
  writeCodes,
} from "@twelvehz/codec/node";
import { tellFindings } from "../findings.ts";
import { convertAll } from "../convert-all.ts";
import { assertWavName } from "../output-files.ts";
import { ProgressBar } from "../progress.ts";
import { formatBytes, formatSeconds, printReport, type Report } from "../report.ts";
import { clippingRow } from "./decode.ts";
import type { Command } from "@commander-js/extra-typings";
import {
  backendOption,
  decoderWeightsOption,
  deviceOption,
  examples,
  floatOption,
  jobsOption,
  jsonOption,
  type LayerOptions,
  layerSelection,
  layersOption,
  modelOption,
  muteLayersOption,
  onlyLayerOption,
  skipExistingOption,
  strictOption,
} from "../options.ts";

/** Options of `twelvehz roundtrip`. */
interface RoundtripCommandOptions extends LayerOptions, DeviceOptions {
  readonly output?: string | undefined;
  readonly codes?: string | undefined;
  readonly model?: string | undefined;
  readonly backend?: BackendName | undefined;
  readonly float?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly jobs?: number | undefined;
  readonly skipExisting?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Adds `twelvehz roundtrip`. */
export function addRoundtrip(program: Command, signal: AbortSignal): void {
  program
    .command("roundtrip")
    .summary("speech to codes and back, to hear what the codec does")
    .description("Encodes and decodes, and tells sizes and speed.")
    .argument("<input...>", "sound files, or - for the standard input")
    .option(
      "-o, --output <path>",
      "file, folder/ for several inputs, or - for the standard output; default: NAME.twelvehz.wav beside the input",
    )
    .option("--codes <path>", "write the codes too")
    .addOption(strictOption)
    .addOption(layersOption)
    .addOption(onlyLayerOption)
    .addOption(muteLayersOption)
    .addOption(floatOption)
    .addOption(modelOption)
    .addOption(backendOption)
    .addOption(deviceOption)
    .addOption(decoderWeightsOption)
    .addOption(jobsOption)
    .addOption(skipExistingOption)
    .addOption(jsonOption)
    .addHelpText(
      "after",
      examples("twelvehz roundtrip talk.mp3 -o out.wav --codes out.t12\ntwelvehz roundtrip talk.mp3 --layers 4 -o rough.wav"),
    )
    .action((inputs, options) => roundtripCommand(inputs, options, signal));
}

/** `twelvehz roundtrip`: speech to codes and back. */
async function roundtripCommand(inputs: readonly string[], options: RoundtripCommandOptions, signal: AbortSignal): Promise<void> {
  const conversions = await planConversions({ inputs, output: options.output, extension: ".twelvehz.wav", side: options.codes });
  for (const { output } of conversions) await assertWavName(output);
  const codes = options.codes !== undefined && isStandardStream(options.codes, 1) ? "-" : options.codes;
  if (codes !== undefined && codes !== "-") codesFormatOf(codes); // refuses before the work
  await convertAll(conversions, options, { encoder: true, decoder: true }, async (conversion, codec) => {
    const report = await roundtripOne(conversion, codec, { ...options, codes }, signal);
    printReport(report, { json: options.json, dataOnStdout: codes === "-" || conversions.some(({ output }) => output === "-") });
  });
}

async function timed<T>(label: string, work: (bar: ProgressBar) => Promise<T>): Promise<{ result: T; seconds: number }> {
  const bar = new ProgressBar(label);
  const began = performance.now();
  try {
    return { result: await work(bar), seconds: (performance.now() - began) / 1000 };
  } finally {
    bar.stop();
  }
}

async function roundtripOne(
  { input, output }: Conversion,
  codec: Codec,
  options: RoundtripCommandOptions,
  signal: AbortSignal,
): Promise<Report> {
  layerGains(layerSelection(options), codec.info.layers, codec.info.layers); // refuses before the work
  const encoded = await timed(`encode ${input}`, (bar) =>
    encodeFile(codec, input, { layers: options.layers, strict: options.strict, signal, onProgress: bar.update }),
  );
  const { codes, source, findings } = encoded.result;
  const bytes =
    options.codes === undefined ? undefined : await writeCodes(options.codes, codes, { format: options.codes === "-" ? "t12" : undefined });
  const decodeOptions = { ...layerSelection(options), float: options.float, signal };
  const decoded = await timed(`decode ${input}`, (bar) => decodeToFile(codec, codes, output, { ...decodeOptions, onProgress: bar.update }));
  tellFindings(input, findings);
  const duration = (codes.sampleCount ?? 0) / codec.info.sampleRate;
  const packed = packedBytes(codes.data.length, bitsPerCode(codes.codebookSize));
  const speed = (seconds: number): string => `${formatSeconds(seconds)}, ${(duration / seconds).toFixed(1)} x real time`;
  return {
    title: `${input} -> ${output}`,
    rows: [
      ["clip", `${formatSeconds(duration)}, ${source.format}, ${source.sampleRate} Hz`],
      ["codes", `[${codes.frames}, ${codes.layers}] at ${codec.info.frameRate} frames/s`],
      ["size", `${formatBytes(packed)}, ${((packed * 8) / (codes.frames / codec.info.frameRate) / 1000).toFixed(2)} kbit/s`],
      ["encode", speed(encoded.seconds)],
      ["decode", speed(decoded.seconds)],
      ...clippingRow(decoded.result.clippedSamples),
      ["model", codec.info.name],
      ["sound", output],
      ...(options.codes === undefined ? [] : [["codes file", `${options.codes}, ${formatBytes(bytes ?? 0)}`] as [string, string]]),
    ],
    json: {
      input,
      output,
      codesFile: options.codes,
      durationSeconds: duration,
      source,
      findings,
      frames: codes.frames,
      layers: codes.layers,
      packedBytes: packed,
      encodeSeconds: encoded.seconds,
      decodeSeconds: decoded.seconds,
      ...decoded.result,
      model: codec.info,
    },
  };
}
