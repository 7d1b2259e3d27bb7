import { mixToMono } from "./mix.ts";
import { Resampler } from "./resample.ts";

/** Rate and number of channels of some sound. */
export interface SoundShape {
  readonly sampleRate: number;
  readonly channels: number;
}

/**
 * Sound of one shape as sound of another, for a file whose later part differs from its beginning:
 * resampled, and mixed to one channel where the channels are not as many. The same chunks where the
 * shapes are equal.
 */
export async function* reshaped(chunks: AsyncIterable<Float32Array[]>, from: SoundShape, to: SoundShape): AsyncGenerator<Float32Array[]> {
  const count = from.channels === to.channels ? from.channels : 1;
  const resamplers = Array.from({ length: count }, () => new Resampler(from.sampleRate, to.sampleRate));
  const spread = (planes: Float32Array[]): Float32Array[] => Array.from({ length: to.channels }, (_, i) => planes[count === 1 ? 0 : i]);
  for await (const chunk of chunks) {
    const planes = count === chunk.length ? chunk : [mixToMono(chunk)];
    yield spread(from.sampleRate === to.sampleRate ? planes : planes.map((plane, i) => resamplers[i].push(plane)));
  }
  if (from.sampleRate !== to.sampleRate) yield spread(resamplers.map((resampler) => resampler.flush()));
}
