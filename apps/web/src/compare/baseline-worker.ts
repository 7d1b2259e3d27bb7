import { Audio } from "@twelvehz/codec";
import { type CodecUnderTest, opusBaseline, pcm8kHz } from "@twelvehz/eval";
import { answerCall } from "../workers/answer-call.ts";
import type { Baseline, BaselineAnswer, BaselineRequest } from "./baseline.ts";

answerCall(async ({ baseline, samples, sampleRate }: BaselineRequest): Promise<BaselineAnswer> => {
  const codec = codecOf(baseline);
  const { audio, byteLength } = await codec.roundTrip(new Audio(samples, sampleRate));
  return { samples: audio.samples, byteLength, delaySeconds: codec.algorithmicDelaySeconds };
});

/** Opus at a constant rate: what is chosen is what is sent. */
function codecOf(baseline: Baseline): CodecUnderTest {
  return baseline.kind === "pcm" ? pcm8kHz() : opusBaseline({ bitsPerSecond: baseline.bitsPerSecond, rateControl: "cbr" });
}
