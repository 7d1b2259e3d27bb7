import { Audio } from "@twelvehz/codec/web";
import { callWorker } from "../workers/call-worker.ts";
import type { Contender } from "./contenders.ts";

/** Contenders that are no model of ours. */
export type Baseline = Extract<Contender, { kind: "opus" | "pcm" }>;

/** What the worker is asked for. */
export interface BaselineRequest {
  readonly baseline: Baseline;
  readonly samples: Float32Array;
  readonly sampleRate: number;
}

/** What the worker answers. */
export interface BaselineAnswer {
  readonly samples: Float32Array;
  readonly byteLength: number;
  /** By design, seconds. */
  readonly delaySeconds: number | undefined;
}

/**
 * Sends a clip through Opus or 8 kHz PCM, in a worker.
 * @throws CodecError `aborted`, `runtime`
 */
export async function throughBaseline(
  baseline: Baseline,
  { samples, sampleRate }: Audio,
  signal: AbortSignal,
): Promise<Omit<BaselineAnswer, "samples"> & { readonly audio: Audio }> {
  const request = { baseline, samples, sampleRate };
  const { samples: heard, ...rest } = await callWorker<BaselineRequest, BaselineAnswer>(openWorker, request, signal);
  return { ...rest, audio: new Audio(heard, sampleRate) };
}

function openWorker(): Worker {
  return new Worker(new URL("./baseline-worker.ts", import.meta.url), { type: "module" });
}
