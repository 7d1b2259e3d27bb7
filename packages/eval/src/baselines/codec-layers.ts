import { bitsPerCode, type Codec, resample } from "@twelvehz/codec";
import type { CodecUnderTest } from "../codec-under-test.ts";
import { alignTo } from "../delay.ts";

/**
 * A model of this library with its first layers: what is sent is one index into the codebook for
 * each layer and frame, packed without a container. The codec's own delay is already out of what it
 * decodes. The codec stays the caller's, who closes it.
 * @param layers 1 to the layers of the model
 * @throws RangeError for another number of layers; {@link CodecUnderTest.roundTrip} throws what
 * {@link Codec.encode} and decode do
 */
export function codecLayers(codec: Codec, layers: number): CodecUnderTest {
  const { info } = codec;
  if (!Number.isInteger(layers) || layers < 1 || layers > info.layers)
    throw new RangeError(`Cannot use ${layers} layers of ${JSON.stringify(info.name)}: it has ${info.layers}; choose 1 to ${info.layers}`);
  return {
    name: `${info.name}, ${layers} ${layers === 1 ? "layer" : "layers"}`,
    algorithmicDelaySeconds: (info.samplesPerFrame + info.decodeDelaySamples) / info.sampleRate,
    async roundTrip(clip, signal) {
      const codes = await codec.encode(clip, { layers, signal });
      const decoded = resample(await codec.decode(codes, { signal }), clip.sampleRate);
      const bits = codes.frames * layers * bitsPerCode(info.codebookSize);
      return { audio: alignTo(clip, decoded, { seconds: 0 }), byteLength: Math.ceil(bits / 8), delaySeconds: 0 };
    },
  };
}
