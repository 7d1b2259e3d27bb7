/** Residual vector quantization as graph pieces. */
import type { GraphBuilder, Value } from "./builder.ts";

/** Floor of a codebook's usage counts (transformers 4.57, MimiEuclideanCodebook). */
const SMALLEST_USAGE = 1e-5;

/** Codebook entries from running sums: `sum / max(usage, 1e-5)`. Weights `[size]` and `[size, dim]` -> `[size, dim]`. */
export function codebookEntries(b: GraphBuilder, usageName: string, sumName: string, size: number, dim: number): Value {
  const usage = b.op("Max", [b.weight(usageName, [size], [size, 1]), b.floats(Float32Array.of(SMALLEST_USAGE))]);
  return b.op("Div", [b.weight(sumName, [size, dim]), usage]);
}

/**
 * Residual vector quantization (Zeghidour et al. 2021, algorithm 1): each layer takes the entry nearest to what the layers before left over,
 * by squared Euclidean distance less the constant |r|^2; the first entry on a tie.
 * @param x `[T, D]`
 * @param books entries of each layer, `[V, D]`
 * @returns codes of each layer, `[T, 1]` int64
 */
export function nearestEntries(b: GraphBuilder, x: Value, books: readonly Value[]): Value[] {
  let residual = x;
  return books.map((entries) => {
    const squares = b.op("ReduceSum", [b.op("Mul", [entries, entries]), b.ints(1)], { keepdims: 0 }); // [V]
    const distance = b.op("Gemm", [residual, entries, squares], { transB: 1, alpha: { float: -2 } }); // [T, V]
    const code = b.op("ArgMin", [distance], { axis: 1, keepdims: 0, select_last_index: 0 });
    residual = b.op("Sub", [residual, b.op("Gather", [entries, code], { axis: 0 })]);
    return b.op("Unsqueeze", [code, b.ints(1)]);
  });
}
