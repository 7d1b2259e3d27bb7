import { tellNote } from "../findings.ts";
import { stat } from "node:fs/promises";
import {
  type AudioStream,
  bitsPerSecond,
  byteStream,
  COMPACT,
  DEFAULT_SPEC,
  findCachedModel,
  framesPerSecond,
  looksLikeCodes,
  modelBytes,
  modelFolder,
  openAudioFile,
  type OpenAudioOptions,
  openCodec,
  parseHubId,
  type ParsedCodes,
  readCodes,
  Replay,
} from "@twelvehz/codec/node";
import { formatBytes, formatSeconds, printReport, type Report } from "../report.ts";
import type { Command } from "@commander-js/extra-typings";
import { axesOption, examples, jsonOption } from "../options.ts";

/** Options of `twelvehz info`. */
interface InfoCommandOptions {
  readonly axes?: "TK" | "KT" | undefined;
  readonly json?: boolean | undefined;
}

/** Adds `twelvehz info`. */
export function addInfo(program: Command, signal: AbortSignal): void {
  program
    .command("info")
    .summary("what is in a sound file, a file of codes or a model")
    .description("Tells what a file or a model holds, and how a damaged token file is damaged.")
    .argument("<input...>", "sound files, codes, models: compact, a folder, or a downloaded model")
    .addOption(axesOption)
    .addOption(jsonOption)
    .addHelpText("after", examples("twelvehz info talk.mp3 talk.t12\ntwelvehz info compact"))
    .action((inputs, options) => infoCommand(inputs, options, signal));
}

/** `twelvehz info`: what is in sound files, files of codes and models. */
async function infoCommand(inputs: readonly string[], options: InfoCommandOptions, signal: AbortSignal): Promise<void> {
  for (const input of inputs) printReport(await describe(input, options, signal), options);
}

async function describe(input: string, { axes }: InfoCommandOptions, signal: AbortSignal): Promise<Report> {
  const found = await stat(input).catch(() => undefined);
  if (found?.isDirectory() || (!found && isModelName(input))) return describeModel(input);
  const size = found?.isFile() ? found.size : undefined;
  const { isCodes, bytes } = await lookInto(input, signal);
  return isCodes
    ? describeCodes(input, await readCodes(input, { axes, salvage: true, bytes, signal }), size)
    : describeSound(input, size, { bytes, signal });
}

/** Whether a file or pipe holds codes, and its bytes from the first on: a pipe is read only once. */
async function lookInto(input: string, signal: AbortSignal): Promise<{ isCodes: boolean; bytes: AsyncIterable<Uint8Array> }> {
  const bytes = new Replay(byteStream(input, { signal }));
  for await (const _ of bytes) break;
  return { isCodes: looksLikeCodes(bytes.head, input), bytes: bytes.restart() };
}

/** Whether an input that is no file names a model: `compact`, or one that has been downloaded. */
function isModelName(input: string): boolean {
  const id = parseHubId(input);
  return input === COMPACT || (id !== undefined && findCachedModel(id, process.env) !== undefined);
}

async function describeModel(input: string): Promise<Report> {
  const folder = modelFolder(input);
  const codec = await openCodec(input, { onNote: tellNote });
  const { info } = codec;
  await codec.close();
  const size = modelBytes(folder);
  return {
    title: `${input}: a model`,
    rows: [
      ["name", info.name],
      ["identity", info.id],
      ["family", info.family],
      ["codes", `${info.layers} layers of ${info.codebookSize}, ${info.frameRate} frames/s`],
      ["sound", `${info.sampleRate} Hz, mono`],
      ["decode delay", `${((1000 * info.decodeDelaySamples) / info.sampleRate).toFixed(0)} ms beyond the frame`],
      ["files", formatBytes(size)],
      ["folder", folder],
      ["backend", info.backend],
    ],
    json: { input, kind: "model", folder, bytes: size, ...info },
  };
}

function describeCodes(input: string, { codes, format, complete, damage, notes }: ParsedCodes, bytes: number | undefined): Report {
  const rate = framesPerSecond(codes);
  const seconds = codes.frames / rate;
  return {
    title: `${input}: codes, ${format}`,
    rows: [
      ["codes", `[${codes.frames}, ${codes.layers}], 0 to ${codes.codebookSize - 1}`],
      ["duration", `${formatSeconds(seconds)} at ${rate} frames/s`],
      ["samples", codes.sampleCount === undefined ? "not said: whole frames" : String(codes.sampleCount)],
      ["model", codes.model ? `${codes.model.name} (${codes.model.id})` : "not said"],
      ["complete", complete ? "yes" : "no: still being written, or cut off"],
      ...(bytes === undefined
        ? []
        : [["size", `${formatBytes(bytes)}, ${((bytes * 8) / seconds / 1000).toFixed(2)} kbit/s`] as [string, string]]),
      ...damage.map(({ reason, offset }): [string, string] => ["damage", `at byte ${offset}: ${reason}`]),
      ...notes.map((reason): [string, string] => ["note", reason]),
    ],
    json: {
      input,
      kind: "codes",
      format,
      frames: codes.frames,
      layers: codes.layers,
      codebookSize: codes.codebookSize,
      durationSeconds: seconds,
      sampleCount: codes.sampleCount,
      model: codes.model,
      complete,
      damage,
      notes,
      bytes,
    },
  };
}

async function describeSound(input: string, bytes: number | undefined, opening: OpenAudioOptions): Promise<Report> {
  const sound = await openAudioFile(input, opening);
  const { info, findings, lengthIsSure } = sound;
  const declared = info.durationSeconds;
  const seconds = declared !== undefined && lengthIsSure ? declared : await countedSeconds(sound);
  await sound.close();
  const codesBytes = (bitsPerSecond(DEFAULT_SPEC) * seconds) / 8;
  return {
    title: `${input}: sound`,
    rows: [
      ["format", info.format],
      ["rate", `${info.sampleRate} Hz, ${info.channels} channel${info.channels > 1 ? "s" : ""}`],
      ["duration", formatSeconds(seconds)],
      ...(bytes === undefined ? [] : [["size", `${formatBytes(bytes)}; its codes: ${formatBytes(codesBytes)}`] as [string, string]]),
      ...findings.map(({ kind, reason }): [string, string] => [kind, reason]),
    ],
    json: { input, kind: "sound", ...info, durationSeconds: seconds, declaredSeconds: declared, findings, bytes },
  };
}

/** The length that is there, by reading to the end. */
async function countedSeconds({ info, chunks }: AudioStream): Promise<number> {
  let samples = 0;
  for await (const [channel] of chunks) samples += channel!.length;
  return samples / info.sampleRate;
}
