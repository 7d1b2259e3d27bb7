/** Residual vector quantization as a graph, against plain loops. */
import { ortBackend } from "@twelvehz/codec/internal";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { GraphBuilder, type Value } from "../../packages/codec/dist/graph/builder.js";
import { beamSearch, nearestEntries } from "../../packages/codec/dist/graph/quantizer.js";

const LAYERS = 3;
const SIZE = 6;
const DIM = 4;
const ROWS = 40;
const noWeights = {
  weight: (): never => {
    throw new Error("no weights here");
  },
};

/**
 * Entries of a layer, each layer finer than the one before: no two sums are equally far from any
 * row.
 */
function bookOf(layer: number): Float32Array {
  return Float32Array.from({ length: SIZE * DIM }, (_, i) => Math.sin(1 + 12.9898 * i + 78.233 * layer) * 0.7 ** layer);
}

const books = Array.from({ length: LAYERS }, (_, layer) => bookOf(layer));
const rows = Float32Array.from({ length: ROWS * DIM }, (_, i) => 1.3 * Math.cos(i * 4.1414 + Math.sqrt(i)));

/** Codes `[ROWS, LAYERS]`. */
async function search(pieces: (b: GraphBuilder, x: Value, entries: readonly Value[]) => Value[]): Promise<number[][]> {
  const b = new GraphBuilder(noWeights);
  const entries = books.map((book) => b.floats(book, [SIZE, DIM]));
  const codes = b.op("Concat", pieces(b, b.input("x", "float32", ["T", DIM]), entries), { axis: 1 });
  b.output("codes", codes, "int64", ["T", LAYERS]);
  const session = await ortBackend(ort, { name: "onnxruntime-node" }).load(b.finish());
  const { codes: found } = await session.run({ x: { type: "float32", dims: [ROWS, DIM], data: rows } });
  await session.close();
  const flat = Array.from(found.data as BigInt64Array, Number);
  return Array.from({ length: ROWS }, (_, t) => flat.slice(t * LAYERS, (t + 1) * LAYERS));
}

const beam = (width: number) => search((b, x, entries) => beamSearch(b, x, entries, { size: SIZE, dim: DIM }, width));

/** Squared distance of a row from the sum of its entries. */
function error(row: number, codes: readonly number[]): number {
  return Array.from(
    { length: DIM },
    (_, d) => rows[row * DIM + d] - codes.reduce((sum, code, k) => sum + books[k][code * DIM + d], 0),
  ).reduce((sum, difference) => sum + difference ** 2, 0);
}

const meanError = (codes: readonly number[][]): number => codes.reduce((sum, row, t) => sum + error(t, row), 0) / ROWS;

describe("a residual quantizer", () => {
  it("of width 1 takes the nearest entry, layer by layer", async () => {
    const greedy = Array.from({ length: ROWS }, (_, t) =>
      books.reduce<number[]>((codes) => {
        const errors = Array.from({ length: SIZE }, (_, code) => error(t, [...codes, code]));
        return [...codes, errors.indexOf(Math.min(...errors))];
      }, []),
    );
    expect(await search((b, x, entries) => nearestEntries(b, x, entries))).toEqual(greedy);
    expect(await beam(1)).toEqual(greedy);
  });

  it("comes within 5 % of the best of all sums with a beam as wide as a codebook", async () => {
    const every = Array.from({ length: SIZE ** LAYERS }, (_, i) => [Math.floor(i / SIZE ** 2), Math.floor(i / SIZE) % SIZE, i % SIZE]);
    const best = Array.from({ length: ROWS }, (_, t) => every.reduce((a, b) => (error(t, b) < error(t, a) ? b : a)));
    expect(await beam(SIZE)).not.toEqual(await beam(1));
    expect(meanError(await beam(SIZE))).toBeLessThan(1.05 * meanError(best));
    expect(meanError(await beam(SIZE))).toBeGreaterThanOrEqual(meanError(best) - 1e-6);
  });

  it("leaves less error the wider the beam", async () => {
    const [one, two, four] = [await beam(1), await beam(2), await beam(4)].map(meanError);
    expect(two).toBeLessThan(one);
    expect(four).toBeLessThan(two);
  });
});
