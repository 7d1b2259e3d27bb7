/** Several inputs through several codecs at once, each with a worker of its own. */
import { tellNote } from "./findings.ts";
import { availableParallelism } from "node:os";
import { type Conversion, type Lane, missingOutputs, runLanes } from "@twelvehz/clips";
import { type BackendName, type Codec, type DeviceOptions, CodecError, messageOf, openCodec } from "@twelvehz/codec/node";

/** Which model the conversions use, and how many run at once. */
export interface ConvertOptions extends DeviceOptions {
  readonly model?: string | undefined;
  /** What runs the networks. */
  readonly backend?: BackendName | undefined;
  /**
   * Codecs at once. Default: one for each processor with the compact model, one with the published
   * model; at most one for each input.
   */
  readonly jobs?: number | undefined;
  /** Leave out the inputs whose output is there already. Default false. */
  readonly skipExisting?: boolean | undefined;
}

/** Some of several inputs failed; each has been told about on the standard error. */
export class SomeFailedError extends Error {
  /** Exit status of the command, which no single failure has. */
  static readonly exitStatus = 3;
  override readonly name = "SomeFailedError";
}

/** Which halves of the codec are needed. */
export interface Halves {
  readonly encoder?: boolean;
  readonly decoder?: boolean;
}

/**
 * Converts several inputs, several at once. One that fails is told about on the standard error, and
 * the others are done; cancelling stops all.
 * @param halves what is loaded before the first input
 * @param work one input with a codec that it has for itself
 * @throws the error of the input, where there is only one; of cancelling; of opening the model;
 * else {@link SomeFailedError}
 */
export async function convertAll(
  conversions: readonly Conversion[],
  options: ConvertOptions,
  halves: Halves,
  work: (conversion: Conversion, codec: Codec) => Promise<void>,
): Promise<void> {
  const waiting = options.skipExisting ? await missingOutputs(conversions) : conversions;
  if (waiting.length === 0) return;
  let failures = 0;
  const attempt = async (conversion: Conversion, codec: Codec): Promise<void> => {
    try {
      await work(conversion, codec);
    } catch (error) {
      if (waiting.length === 1 || !(error instanceof CodecError) || error.code === "aborted") throw error;
      failures++;
      process.stderr.write(`twelvehz: ${conversion.input}: ${messageOf(error)}\n`);
    }
  };
  const laneWith = async (codec: Codec): Promise<Lane<Conversion>> => {
    await codec.prepare(halves).catch(async (error: unknown) => {
      await codec.close();
      throw error;
    });
    return { work: (conversion) => attempt(conversion, codec), close: () => codec.close() };
  };
  const { backend, device, decoderWeights } = options;
  const choices = { backend, device, decoderWeights };
  const first = await openCodec(options.model, { ...choices, onNote: tellNote });
  const lanes = Math.min(waiting.length, options.jobs ?? lanesFor(first));
  await runLanes(
    waiting,
    Array.from({ length: lanes }, (_, i) => async () => laneWith(i === 0 ? first : await openCodec(options.model, choices))),
  );
  if (failures > 0) throw new SomeFailedError(`${failures} of ${waiting.length} inputs failed; the others are done`);
}

/** One where a codec uses all processors. */
function lanesFor({ info }: Codec): number {
  return info.traits.parallelCodecs ? availableParallelism() : 1;
}
