import { shuffled } from "./shuffled.ts";

/** What one label tells about another. */
export interface MutualInformation {
  /**
   * Mutual information of the counts, bits. A little above 0 for labels that have nothing to do
   * with each other.
   */
  readonly bits: number;
  /** The same with one label in random order: what chance alone gives. */
  readonly byChance: number;
  /** Entropy of the second label, bits: what the first would tell if it told all. */
  readonly ofBits: number;
}

/**
 * Mutual information of two labels, `[N]` each, whole numbers from 0 on (Shannon 1948, the sum of
 * the entropies less the joint entropy).
 */
export function mutualInformation(first: Int16Array, second: Int16Array): MutualInformation {
  const ofBits = entropy(second);
  const between = (a: Int16Array): number => entropy(a) + ofBits - entropy(Array.from(a, (label, i) => label * 32_768 + second[i]));
  return { bits: between(first), byChance: between(shuffled(first, 1)), ofBits };
}

function entropy(labels: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1);
  return [...counts.values()].reduce((bits, n) => bits - (n / labels.length) * Math.log2(n / labels.length), 0);
}
