import { Audio } from "@twelvehz/codec";
import type { Condition } from "../condition.ts";
import { SeededRandom } from "./seeded-random.ts";

/** Impulses in a second of the response: above 1500 velvet noise sounds smooth. */
const IMPULSES_PER_SECOND = 2000;
/** What comes before the first reflection, seconds: a detour of 1.7 m. */
const FIRST_REFLECTION_SECONDS = 0.005;

/** One reflection. */
interface Reflection {
  /** How much later than the direct sound, samples. */
  readonly delay: number;
  readonly gain: number;
}

/**
 * A room: the direct sound as it was, in its place, and reflections that decay by 60 dB in the
 * given time, as strong together as the direct sound, which is how it is at the critical distance.
 * The response is velvet noise, one impulse of random place and sign in every half millisecond
 * (Karjalainen and Järveläinen, "Reverberation modeling using velvet noise", AES 30th conference,
 * 2007), under an exponential; it decays alike at all frequencies. Each key is another room.
 * @param seconds reverberation time RT60, 0.1 to 3
 * @throws RangeError outside of that
 */
export function reverberation(seconds: number): Condition {
  if (!(seconds >= 0.1 && seconds <= 3)) throw new RangeError(`Cannot make a room of ${seconds} s: 0.1 to 3 s are possible`);
  return {
    name: `reverberation ${seconds} s`,
    apply(clip, key) {
      const out = Float64Array.from(clip.samples);
      for (const reflection of roomResponse(seconds, clip.sampleRate, key)) addReflection(out, clip.samples, reflection);
      return new Audio(Float32Array.from(out), clip.sampleRate);
    },
  };
}

/** Reflections whose energies sum up to 1. */
function roomResponse(seconds: number, sampleRate: number, key: string): Reflection[] {
  const random = new SeededRandom(`room ${key}`);
  const count = Math.ceil((seconds - FIRST_REFLECTION_SECONDS) * IMPULSES_PER_SECOND);
  const reflections = Array.from({ length: count }, (_, i) => {
    const at = FIRST_REFLECTION_SECONDS + (i + random.uniform()) / IMPULSES_PER_SECOND;
    const sign = random.uniform() < 0.5 ? -1 : 1;
    return { delay: Math.round(at * sampleRate), gain: sign * 10 ** ((-3 * at) / seconds) };
  });
  const scale = 1 / Math.sqrt(reflections.reduce((sum, { gain }) => sum + gain * gain, 0));
  return reflections.map(({ delay, gain }) => ({ delay, gain: gain * scale }));
}

function addReflection(out: Float64Array, samples: Float32Array, { delay, gain }: Reflection): void {
  for (let n = delay; n < out.length; n++) out[n] += gain * samples[n - delay];
}
