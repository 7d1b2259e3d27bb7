import { Audio, CodecError, resample } from "@twelvehz/codec";
import { activeSpeechLevel } from "./active-speech-level.ts";
import type { SeededRandom } from "./seeded-random.ts";

/**
 * A piece of a sound, from a place that is drawn, at another rate; a sound that is too short is
 * repeated.
 * @param length samples wanted at the new rate
 * @throws CodecError `bad-audio` when the sound has no samples
 */
export function pieceOf(sound: Audio, length: number, sampleRate: number, random: SeededRandom): Audio {
  const { samples } = sound;
  if (samples.length === 0) throw new CodecError("bad-audio", "Cannot mix a sound into a clip: it has no samples; give another");
  const needed = Math.ceil((length * sound.sampleRate) / sampleRate);
  const start = random.below(Math.max(1, samples.length - needed + 1));
  const piece = Float32Array.from({ length: needed }, (_, n) => samples[(start + n) % samples.length]);
  return new Audio(resample(new Audio(piece, sound.sampleRate), sampleRate).samples.subarray(0, length), sampleRate);
}

/**
 * Adds a sound to a clip so that the clip's active speech level (ITU-T P.56) is so far above the
 * level of the sound.
 * @param level of the sound, dB of full scale; undefined = it is silence
 * @param name of the condition, for errors
 * @returns a new clip; sums beyond [-1, 1] are left as they are
 * @throws CodecError `bad-audio` when either is silence
 */
export function addAtRatio(clip: Audio, added: Audio, level: number | undefined, ratioDb: number, name: string): Audio {
  const speech = activeSpeechLevel(clip);
  if (speech === undefined) throw silent("clip", name);
  if (level === undefined) throw silent("sound that is added", name);
  const gain = 10 ** ((speech - ratioDb - level) / 20);
  return new Audio(
    clip.samples.map((sample, n) => sample + gain * added.samples[n]),
    clip.sampleRate,
  );
}

function silent(what: string, name: string): CodecError {
  return new CodecError("bad-audio", `Cannot make ${JSON.stringify(name)}: the ${what} is silence, which has no level; leave it out`);
}
