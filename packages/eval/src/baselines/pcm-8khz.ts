import { Audio, resample, throwIfAborted } from "@twelvehz/codec";
import type { CodecUnderTest } from "../codec-under-test.ts";

/** Samples in a second, of 8 bits each. */
const RATE = 8000;

/**
 * Plain sound of a cheap recorder: 8000 samples a second of 8 bits, linear, without dither; 64
 * kbit/s. What is beyond full scale is clipped. The delay is one sample; what the conversion of
 * rates would add in a stream is not counted.
 */
export function pcm8kHz(): CodecUnderTest {
  return throughTelephoneRate("PCM 8 kHz 8 bit", (sample) => Math.max(-128, Math.min(127, Math.round(128 * sample))) / 128);
}

/**
 * A codec of one byte for each of 8000 samples a second, which knows no sample but the one in hand.
 * @param quantize what a sample becomes
 */
export function throughTelephoneRate(name: string, quantize: (sample: number) => number): CodecUnderTest {
  return {
    name,
    algorithmicDelaySeconds: 1 / RATE,
    async roundTrip(clip, signal) {
      throwIfAborted(signal);
      const narrow = resample(clip, RATE);
      const back = resample(new Audio(narrow.samples.map(quantize), RATE), clip.sampleRate);
      return {
        audio: new Audio(back.samples.slice(0, clip.samples.length), clip.sampleRate),
        byteLength: narrow.samples.length,
        delaySeconds: 0,
      };
    },
  };
}
