import { type Conversion, planConversions } from "@twelvehz/clips";
import {
  type BackendName,
  type DeviceOptions,
  arrivingCodes,
  assumedModel,
  byteStream,
  type Codec,
  CodecError,
  type Codes,
  decodeToFile,
  type ParsedCodes,
  readCodes,
  WavFileWriter,
} from "@twelvehz/codec/node";
import { tellFindings } from "../findings.ts";
import { convertAll } from "../convert-all.ts";
import { assertWavName } from "../output-files.ts";
import { ProgressBar } from "../progress.ts";
import { formatSeconds, printReport, type Report } from "../report.ts";
import { type Command, Option } from "@commander-js/extra-typings";
import {
  axesOption,
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

/** Options of `twelvehz decode`. */
interface DecodeCommandOptions extends LayerOptions, DeviceOptions {
  readonly output?: string | undefined;
  readonly model?: string | undefined;
  readonly backend?: BackendName | undefined;
  readonly float?: boolean | undefined;
  readonly chunking?: "exact" | "reference" | undefined;
  readonly axes?: "TK" | "KT" | undefined;
  readonly salvage?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly live?: boolean | undefined;
  readonly jobs?: number | undefined;
  readonly skipExisting?: boolean | undefined;
  readonly json?: boolean | undefined;
}

const chunkingOption = new Option(
  "--chunking <mode>",
  "of the published model: exact = without seams (default), reference = as the Python package cuts, every 300 frames",
).choices(["exact", "reference"] as const);
/** Adds `twelvehz decode`. */
export function addDecode(program: Command, signal: AbortSignal): void {
  program
    .command("decode")
    .summary("codes to sound files")
    .description("Turns codes into speech, as 24 kHz mono WAV.")
    .argument("<input...>", "codes: .t12, .npy, .json, .jsonl or .pt, or - for the standard input")
    .option(
      "-o, --output <path>",
      "file, folder/ for several inputs, or - for the standard output; default: NAME.decoded.wav beside the input",
    )
    .addOption(layersOption)
    .addOption(onlyLayerOption)
    .addOption(muteLayersOption)
    .addOption(floatOption)
    .addOption(chunkingOption)
    .addOption(axesOption)
    .addOption(new Option("--salvage", "what is left of a damaged .t12 is what is wanted: end with 0").conflicts(["live", "strict"]))
    .addOption(strictOption)
    .option(
      "--live",
      "codes that are still being made: decode each frame when it comes; a .t12, or lines such as [5,1,7], one for each frame",
    )
    .addOption(modelOption)
    .addOption(backendOption)
    .addOption(deviceOption)
    .addOption(decoderWeightsOption)
    .addOption(jobsOption)
    .addOption(skipExistingOption)
    .addOption(jsonOption)
    .addHelpText(
      "after",
      examples(
        "twelvehz decode talk.t12 -o talk.wav\ntwelvehz decode talk.t12 --layers 4 -o rough.wav\ntwelvehz decode talk.t12 --mute-layers 0,12-15 -o odd.wav\ntwelvehz decode talk.t12 -o - | aplay\npython speak.py | twelvehz decode - --live -o - | aplay",
      ),
    )
    .action((inputs, options) => decodeCommand(inputs, options, signal));
}

/** `twelvehz decode`: codes to sound files. */
async function decodeCommand(inputs: readonly string[], options: DecodeCommandOptions, signal: AbortSignal): Promise<void> {
  const conversions = await planConversions({ inputs, output: options.output, extension: ".wav", besideExtension: ".decoded.wav" });
  for (const { output } of conversions) await assertWavName(output);
  const decode = options.live ? decodeLive : decodeOne;
  await convertAll(conversions, options, { decoder: true }, async (conversion, codec) => {
    const report = await decode(conversion, codec, options, signal);
    printReport(report, { json: options.json, dataOnStdout: conversions.some(({ output }) => output === "-") });
  });
}

async function decodeOne({ input, output }: Conversion, codec: Codec, options: DecodeCommandOptions, signal: AbortSignal): Promise<Report> {
  const bar = new ProgressBar(`decode ${input}`);
  const { codes, damage, complete, notes } = await readWhatIsThere(input, codec, options, signal);
  const assumed = assumedModel(codes, codec.info);
  if (assumed?.isDoubtful) tellFindings(input, [{ kind: "note", reason: assumed.reason }]);
  const began = performance.now();
  try {
    const written = await decodeToFile(codec, codes, output, {
      ...layerSelection(options),
      float: options.float,
      chunking: options.chunking,
      signal,
      onProgress: bar.update,
    });
    const seconds = (performance.now() - began) / 1000;
    const duration = written.sampleCount / codec.info.sampleRate;
    return {
      title: `${input} -> ${output}`,
      rows: [
        ["codes", `[${codes.frames}, ${codes.layers}]${complete ? "" : ", the file was not finished"}`],
        ...damage.map(({ reason }): [string, string] => ["damage", reason]),
        soundRow(duration, codec, options),
        ...clippingRow(written.clippedSamples),
        ["decoded in", `${formatSeconds(seconds)}, ${(duration / seconds).toFixed(1)} x real time`],
        modelRow(codec, assumed !== undefined),
      ],
      json: {
        input,
        output,
        frames: codes.frames,
        layers: codes.layers,
        complete,
        damage,
        notes,
        durationSeconds: duration,
        ...written,
        decodeSeconds: seconds,
        model: codec.info,
        modelAssumed: assumed !== undefined,
      },
    };
  } finally {
    bar.stop();
  }
}

/**
 * Codes of a file that may be damaged or not finished; what is there is decoded, and said unless it
 * was asked for.
 * @throws CodecError `bad-format` when nothing is there, or for any damage with --strict
 */
async function readWhatIsThere(
  input: string,
  codec: Codec,
  { axes, salvage, strict }: DecodeCommandOptions,
  signal: AbortSignal,
): Promise<ParsedCodes> {
  const parsed = await readCodes(input, { axes, salvage: !strict, expectedModel: codec.info, signal });
  const { codes, damage, complete, notes } = parsed;
  tellFindings(
    input,
    notes.map((reason) => ({ kind: "note", reason })),
  );
  const lack = `the file is cut short or still being written: ${codes.frames} frames are there`;
  if (!complete && (strict || codes.frames === 0))
    throw new CodecError("bad-format", `Cannot decode "${input}": ${lack}; get the whole file${strict ? ", or leave --strict out" : ""}`);
  if (salvage) return parsed;
  tellFindings(input, [
    ...(complete ? [] : [{ kind: "damage", reason: `${lack}; --salvage takes that for success` } as const]),
    ...damage.map(({ reason, offset }) => ({ kind: "damage", reason: `${reason}, at byte ${offset}` }) as const),
  ]);
  return parsed;
}

/**
 * Codes that are still being made: each frame is decoded when it comes, and its sound written at
 * once.
 */
async function decodeLive(
  { input, output }: Conversion,
  codec: Codec,
  options: DecodeCommandOptions,
  signal: AbortSignal,
): Promise<Report> {
  const { sampleRate, samplesPerFrame } = codec.info;
  const writer = await WavFileWriter.open(output, { sampleRate, float: options.float });
  try {
    const names = { none: false };
    const codes = noting(arrivingCodes(byteStream(input, { signal })), names);
    const decoded = codec.decodeChunks(codes, { ...layerSelection(options), chunking: options.chunking, signal });
    for await (const samples of decoded) await writer.write(samples);
    const written = await writer.commit();
    const [frames, duration] = [written.sampleCount / samplesPerFrame, written.sampleCount / sampleRate];
    return {
      title: `${input} -> ${output}`,
      rows: [
        ["codes", `${frames} frames`],
        soundRow(duration, codec, options),
        ...clippingRow(written.clippedSamples),
        modelRow(codec, names.none),
      ],
      json: { input, output, frames, durationSeconds: duration, ...written, model: codec.info, modelAssumed: names.none },
    };
  } finally {
    await writer.discard();
  }
}

/** Notes whether codes that pass name no model. */
async function* noting(pieces: AsyncIterable<Codes>, names: { none: boolean }): AsyncGenerator<Codes, void, undefined> {
  for await (const codes of pieces) {
    names.none ||= codes.model === undefined;
    yield codes;
  }
}

function modelRow({ info }: Codec, isAssumed: boolean): [string, string] {
  return ["model", isAssumed ? `${info.name}, assumed: the codes name none` : info.name];
}

function soundRow(duration: number, { info }: Codec, { float }: DecodeCommandOptions): [string, string] {
  return ["sound", `${formatSeconds(duration)}, ${info.sampleRate} Hz, ${float ? "32-bit float" : "16-bit"} WAV`];
}

/** A row that tells of clipped samples, where there are any. */
export function clippingRow(clippedSamples: number): [string, string][] {
  return clippedSamples > 0 ? [["clipped", `${clippedSamples} samples were outside of [-1, 1]; --float keeps them`]] : [];
}
