import { Audio } from "@twelvehz/codec";
import type { Condition } from "../condition.ts";

/**
 * The clip made quieter, or louder: the change is relative to the level that it has. Samples beyond
 * [-1, 1] are left as they are.
 * @param decibels -80 to 40
 * @throws RangeError outside of that
 */
export function level(decibels: number): Condition {
  if (!(decibels >= -80 && decibels <= 40)) throw new RangeError(`Cannot change a level by ${decibels} dB: -80 to 40 dB are possible`);
  const gain = 10 ** (decibels / 20);
  return {
    name: `level ${decibels} dB`,
    apply: (clip) =>
      new Audio(
        clip.samples.map((sample) => gain * sample),
        clip.sampleRate,
      ),
  };
}
