import type { Audio } from "@twelvehz/codec";
import type { Condition } from "../condition.ts";
import { addAtRatio, pieceOf } from "./mix.ts";
import { makeNoise, type NoiseKind } from "./noise-source.ts";
import { SeededRandom } from "./seeded-random.ts";

/**
 * Noise under the speech. The ratio is that of the active speech level (ITU-T P.56) to the RMS of
 * the noise over the clip. A clip has the same piece of noise at every ratio.
 * @param ratioDb signal-to-noise ratio, -20 to 60 dB
 * @param source `white`, `pink` or `babble`, made here; or recordings at any rate, of which each
 * clip gets a piece of one, drawn by its key
 * @throws RangeError for another ratio or no recordings; {@link Condition.apply} throws CodecError
 * `bad-audio` when clip or recording is silence
 */
export function noise(ratioDb: number, source: NoiseKind | readonly Audio[]): Condition {
  if (!(ratioDb >= -20 && ratioDb <= 60)) throw new RangeError(`Cannot add noise at ${ratioDb} dB: -20 to 60 dB are possible`);
  if (source.length === 0) throw new RangeError("Cannot add noise from no recordings: give at least one, or the name of a noise");
  const name = typeof source === "string" ? `${source} noise ${ratioDb} dB` : `noise ${ratioDb} dB`;
  return {
    name,
    apply(clip, key) {
      const added = noiseFor(clip, source, key);
      return addAtRatio(clip, added, rmsLevel(added), ratioDb, name);
    },
  };
}

function noiseFor({ samples, sampleRate }: Audio, source: NoiseKind | readonly Audio[], key: string): Audio {
  if (typeof source === "string") return makeNoise(source, samples.length, sampleRate, key);
  const random = new SeededRandom(`recorded noise ${key}`);
  return pieceOf(source[random.below(source.length)], samples.length, sampleRate, random);
}

/** dB of full scale. */
function rmsLevel({ samples }: Audio): number | undefined {
  const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
  return energy === 0 ? undefined : 10 * Math.log10(energy / samples.length);
}
