/** Numbers that follow from a seed, for drawn test cases that are the same at every run. */
import { uniform } from "../reference/seeded-checkpoint.mjs";

/** Draws one number after another. */
export interface Random {
  /** A whole number, both ends included. */
  integer(from: number, to: number): number;
}

/** The numbers of a seed: at most 1000. */
export function randomOf(seed: number): Random {
  const values = uniform("random", 1000, 0, 1, seed);
  let next = 0;
  return { integer: (from, to) => from + Math.floor(values[next++] * (to + 1 - from)) };
}
