import { Audio } from "@twelvehz/codec";
import { opusBaseline, type OpusOptions } from "@twelvehz/eval";
import { answerCall } from "../workers/answer-call.ts";

/** What the worker is asked for. */
export interface OpusRequest {
  readonly options: OpusOptions;
  readonly samples: Float32Array;
  readonly sampleRate: number;
}

answerCall(async ({ options, samples, sampleRate }: OpusRequest): Promise<Float32Array> => {
  return (await opusBaseline(options).roundTrip(new Audio(samples, sampleRate))).audio.samples;
});
