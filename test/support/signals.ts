/** Signals made by rule, whose measures are known. */
import { Audio } from "@twelvehz/codec";

export const RATE = 24_000;

/** A clip of so many seconds of which every sample is a function of time. */
export function clipOf(seconds: number, at: (time: number, index: number) => number): Audio {
  return new Audio(
    Float32Array.from({ length: Math.round(seconds * RATE) }, (_, i) => at(i / RATE, i)),
    RATE,
  );
}

/** Uniform noise in [-1, 1): Park and Miller 1988. */
export function noise(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2 ** 30 - 1;
}

/**
 * A voice of sorts: a pulse train's first harmonics at a pitch, Hz, in bursts of 0.3 s with pauses
 * of 0.2 s.
 */
export function voice(seconds: number, pitch: number): Audio {
  return clipOf(seconds, (t) => {
    if (t % 0.5 >= 0.3) return 0;
    let sum = 0;
    for (let k = 1; k * pitch < 3500; k++) sum += Math.cos(2 * Math.PI * k * pitch * t) / k;
    return 0.1 * sum;
  });
}

/** Every sample through a function. */
export function mapped({ samples, sampleRate }: Audio, f: (x: number, i: number) => number): Audio {
  return new Audio(samples.map(f), sampleRate);
}
