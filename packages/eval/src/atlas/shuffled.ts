/**
 * A copy in random order, the same for the same seed: Fisher and Yates with the generator of Park
 * and Miller 1988.
 */
export function shuffled(values: Int16Array, seed: number): Int16Array {
  const out = values.slice();
  let state = seed * 7919;
  for (let i = out.length - 1; i > 0; i--) {
    state = (state * 48_271) % 2_147_483_647;
    const j = Math.floor((state / 2_147_483_647) * (i + 1));
    const kept = out[i];
    out[i] = out[j];
    out[j] = kept;
  }
  return out;
}
