/** Residual vector quantization as graph pieces. */
import type { GraphBuilder, Value } from "./builder.ts";

/** Floor of a codebook's usage counts (transformers 4.57, MimiEuclideanCodebook). */
const SMALLEST_USAGE = 1e-5;

/**
 * Codebook entries from running sums: `sum / max(usage, 1e-5)`. Weights `[size]` and `[size, dim]`
 * -> `[size, dim]`.
 */
export function codebookEntries(b: GraphBuilder, usageName: string, sumName: string, size: number, dim: number): Value {
  const usage = b.op("Max", [b.weight(usageName, [size], [size, 1]), b.floats(Float32Array.of(SMALLEST_USAGE))]);
  return b.op("Div", [b.weight(sumName, [size, dim]), usage]);
}

/**
 * Residual vector quantization (Zeghidour et al. 2021, algorithm 1): each layer takes the entry
 * nearest to what the layers before left over, by squared Euclidean distance less the constant
 * |r|^2; the first entry on a tie.
 * @param x `[T, D]`
 * @param books entries of each layer, `[V, D]`
 * @returns codes of each layer, `[T, 1]` int64
 */
export function nearestEntries(b: GraphBuilder, x: Value, books: readonly Value[]): Value[] {
  let residual = x;
  return books.map((entries) => {
    const code = b.op("ArgMin", [addedError(b, residual, entries)], { axis: 1, keepdims: 0, select_last_index: 0 });
    residual = b.op("Sub", [residual, b.op("Gather", [entries, code], { axis: 0 })]);
    return b.op("Unsqueeze", [code, b.ints(1)]);
  });
}

/**
 * What taking an entry adds to the squared error that is left: `|e|^2 - 2 r e`. Residuals `[R, D]`,
 * entries `[V, D]` -> `[R, V]`.
 */
function addedError(b: GraphBuilder, residuals: Value, entries: Value): Value {
  const squares = b.op("ReduceSum", [b.op("Mul", [entries, entries]), b.ints(1)], { keepdims: 0 }); // [V]
  return b.op("Gemm", [residuals, entries, squares], { transB: 1, alpha: { float: -2 } });
}

/** Shape of a residual quantizer. */
export interface QuantizerShape {
  /** Entries per layer, V. */
  readonly size: number;
  /** Width of an entry, D. */
  readonly dim: number;
}

/**
 * One layer of a {@link beamSearch}: for each of the W sums that are kept, its newest code and
 * which of the sums before it goes on from, `[T, W]` int64 each.
 */
interface BeamStep {
  readonly codes: Value;
  readonly parents: Value;
}

/**
 * Residual vector quantization by beam search: of all sums of one entry from each layer so far, the
 * best `width` are kept (LeBlanc et al. 1993, section III). A good first entry need not begin the
 * best sum, so a wider beam leaves less error; width 1 is {@link nearestEntries}. The lower index
 * on a tie.
 * @param x `[T, D]`
 * @param books entries of each layer, `[V, D]`
 * @param width sums that are kept, 1 to V
 * @returns codes of each layer, `[T, 1]` int64
 */
export function beamSearch(b: GraphBuilder, x: Value, books: readonly Value[], { size, dim }: QuantizerShape, width: number): Value[] {
  let residuals = b.reshape(x, -1, 1, dim); // [T, W, D], one sum at first
  let errors: Value | undefined; // [T, W, 1], less |x|^2
  const steps = books.map((entries, layer): BeamStep => {
    const kept = layer === 0 ? 1 : width;
    const added = b.reshape(addedError(b, b.reshape(residuals, -1, dim), entries), -1, kept, size);
    const sums = b.reshape(errors ? b.op("Add", [added, errors]) : added, -1, kept * size);
    const [smallest, places] = b.ops("TopK", [sums, b.ints(width)], 2, { axis: 1, largest: 0, sorted: 1 }); // [T, width]
    const codes = b.op("Mod", [places, b.ints(size)]);
    const parents = b.op("Div", [places, b.ints(size)]);
    const from = b.op("GatherND", [residuals, b.op("Unsqueeze", [parents, b.ints(2)])], { batch_dims: 1 });
    residuals = b.op("Sub", [from, b.op("Gather", [entries, codes], { axis: 0 })]);
    errors = b.op("Unsqueeze", [smallest, b.ints(2)]);
    return { codes, parents };
  });
  return traceBack(b, steps);
}

/** Follows the best of the last sums back to its beginning: codes of each layer, `[T, 1]`. */
function traceBack(b: GraphBuilder, steps: readonly BeamStep[]): Value[] {
  const out: Value[] = [];
  let choice: Value | undefined; // [T, 1]: where in the beam the sum was kept
  for (const { codes, parents } of [...steps].reverse()) {
    const at = (all: Value): Value => (choice ? b.op("GatherElements", [all, choice], { axis: 1 }) : b.slice(all, 1, 0, 1));
    out.unshift(at(codes));
    choice = at(parents);
  }
  return out;
}
