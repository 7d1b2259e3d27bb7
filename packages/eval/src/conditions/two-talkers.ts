import { type Audio, CodecError } from "@twelvehz/codec";
import type { Condition } from "../condition.ts";
import { activeSpeechLevel } from "./active-speech-level.ts";
import { addAtRatio, pieceOf } from "./mix.ts";
import { SeededRandom } from "./seeded-random.ts";

/**
 * A second person speaks at the same time. The ratio is that of the active speech levels (ITU-T
 * P.56) of the two.
 * @param ratioDb -20 to 60 dB
 * @param talkers clips of speech at any rate, of which each clip gets another one than itself,
 * drawn by its key; repeated where too short
 * @throws RangeError for another ratio or no clips; {@link Condition.apply} throws CodecError
 * `bad-audio` when a clip is silence, or the only talker there is
 */
export function twoTalkers(ratioDb: number, talkers: readonly Audio[]): Condition {
  if (!(ratioDb >= -20 && ratioDb <= 60)) throw new RangeError(`Cannot add a talker at ${ratioDb} dB: -20 to 60 dB are possible`);
  if (talkers.length === 0) throw new RangeError("Cannot add a talker from no clips: give at least one");
  const name = `two talkers ${ratioDb} dB`;
  return {
    name,
    apply(clip, key) {
      const random = new SeededRandom(`talker ${key}`);
      const other = pieceOf(otherTalker(clip, talkers, random), clip.samples.length, clip.sampleRate, random);
      return addAtRatio(clip, other, activeSpeechLevel(other), ratioDb, name);
    },
  };
}

/** From a drawn place on, the first that is not the clip itself. */
function otherTalker(clip: Audio, talkers: readonly Audio[], random: SeededRandom): Audio {
  const first = random.below(talkers.length);
  const order = [...talkers.slice(first), ...talkers.slice(0, first)];
  const other = order.find((talker) => !hasSameSamples(talker, clip));
  if (!other)
    throw new CodecError("bad-audio", "Cannot add a second talker: the only clip to take one from is the clip itself; give another");
  return other;
}

function hasSameSamples(a: Audio, b: Audio): boolean {
  return a.samples.length === b.samples.length && a.samples.every((sample, n) => sample === b.samples[n]);
}
