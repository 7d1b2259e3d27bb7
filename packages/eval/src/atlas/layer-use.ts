/** How evenly a layer uses its entries. */
export interface LayerUse {
  /** Entropy of the counts, bits. Too low where frames are few: compare `evenEntropyBits`. */
  readonly entropyBits: number;
  /** 2 to the entropy: as many entries, evenly used, would have the same entropy. */
  readonly perplexity: number;
  /** Entries that no frame chose. */
  readonly deadEntries: number;
  /**
   * The three values that as many frames would give if every entry were equally probable: what the
   * sample can show at most.
   */
  readonly ifEven: { readonly entropyBits: number; readonly perplexity: number; readonly deadEntries: number };
}

/**
 * Use of the entries of one layer.
 * @param codes `[N]`, 0 to V - 1
 * @param codebookSize V
 */
export function layerUse(codes: Int16Array, codebookSize: number): LayerUse {
  return { ...useOf(countsOf(codes, codebookSize)), ifEven: useOf(evenCounts(codes.length, codebookSize)) };
}

/** How often each entry was chosen, `[V]`. */
function countsOf(codes: Int16Array, codebookSize: number): Uint32Array {
  const counts = new Uint32Array(codebookSize);
  for (const code of codes) counts[code]++;
  return counts;
}

function useOf(counts: Uint32Array): LayerUse["ifEven"] {
  const total = counts.reduce((a, b) => a + b, 0);
  const entropyBits = counts.reduce((bits, n) => (n === 0 ? bits : bits - (n / total) * Math.log2(n / total)), 0);
  return { entropyBits, perplexity: 2 ** entropyBits, deadEntries: counts.reduce((dead, n) => dead + (n === 0 ? 1 : 0), 0) };
}

/** One throw of as many evenly distributed codes: Park and Miller 1988. */
function evenCounts(frames: number, codebookSize: number): Uint32Array {
  const counts = new Uint32Array(codebookSize);
  let state = 7;
  for (let t = 0; t < frames; t++) {
    state = (state * 48_271) % 2_147_483_647;
    counts[Math.floor((state / 2_147_483_647) * codebookSize)]++;
  }
  return counts;
}
