/** Graphs of the builder, run: what declares a history is the same in pieces as at once. */
import { ortBackend } from "@twelvehz/codec/internal";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { type Graph, GraphBuilder, type StoredWeight, type Value } from "../../packages/codec/dist/graph/builder.js";
import { causalDepthwiseConv, convNextBlock, layerNorm, linear, standardize } from "../../packages/codec/dist/graph/layers.js";
import { StatefulSession } from "../../packages/codec/dist/runtime/session.js";
import { firstDifference, cutsOf, joined, rangesBetween } from "../support/pieces.ts";

const WIDTH = 3;
const ROWS = 12;
const backend = ortBackend(ort, { name: "onnxruntime-node" });

/** Weights by a formula of name and place, so that a test can compute with them too. */
function weightAt(name: string, i: number): number {
  return Math.sin(i * 1.7 + name.length) / 2;
}

function weightsOf(name: string, dims: readonly number[]): StoredWeight {
  return { type: "float32", data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => weightAt(name, i)) };
}

function graphOf(build: (b: GraphBuilder, x: Value) => Value, weight = weightsOf): Graph {
  const b = new GraphBuilder({ weight });
  b.output("y", build(b, b.input("x", "float32", ["T", WIDTH])), "float32", ["S", "C"]);
  return b.finish();
}

const rows = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => Math.cos(i * 0.9));

async function run(session: StatefulSession, start: number, end: number): Promise<Float32Array> {
  const { y } = await session.run({ x: { type: "float32", dims: [end - start, WIDTH], data: rows.slice(start * WIDTH, end * WIDTH) } });
  return y.data as Float32Array;
}

async function sessionOf(graph: Graph): Promise<StatefulSession> {
  return new StatefulSession(await backend.load(graph), graph.states);
}

describe("a graph with history", () => {
  it("declares a state that begins with its fill, and puts it in front of what is new", async () => {
    const graph = graphOf((b, x) => b.history(x, { steps: 2, stepDims: [WIDTH], fill: -1 }));
    expect(graph.states).toEqual([{ input: "state0", output: "state0.next", dims: [2, WIDTH], fill: -1 }]);
    const session = await sessionOf(graph);
    expect(await run(session, 0, 1)).toEqual(joined([new Float32Array(2 * WIDTH).fill(-1), rows.subarray(0, WIDTH)]));
    expect(await run(session, 1, 4)).toEqual(joined([new Float32Array(WIDTH).fill(-1), rows.subarray(0, 4 * WIDTH)]));
    expect(await run(session, 4, 5)).toEqual(rows.slice(2 * WIDTH, 5 * WIDTH));
    session.reset();
    expect((await run(session, 4, 5))[0]).toBe(-1);
  });

  it("has a state for each history, in the order of their declaration", () => {
    const graph = graphOf((b, x) => b.history(b.history(x, { steps: 1, stepDims: [WIDTH] }), { steps: 4, stepDims: [WIDTH], fill: 2 }));
    expect(graph.states.map(({ input, dims, fill }) => [input, dims[0], fill])).toEqual([
      ["state0", 1, 0],
      ["state1", 4, 2],
    ]);
  });

  it.each<[string, (b: GraphBuilder, x: Value) => Value]>([
    ["a causal convolution", (b, x) => causalDepthwiseConv(b, x, "c", WIDTH, 4)],
    ["a ConvNeXt block", (b, x) => convNextBlock(b, x, "e", { channels: WIDTH, expansion: 2, kernel: 3 })],
    ["two blocks", (b, x) => [0, 1].reduce((y, i) => convNextBlock(b, y, `e${i}`, { channels: WIDTH, expansion: 2, kernel: 3 }), x)],
  ])("gives the same bits in pieces as at once: %s", async (_, build) => {
    const graph = graphOf(build);
    const whole = await run(await sessionOf(graph), 0, ROWS);
    expect(whole).toHaveLength(ROWS * WIDTH);
    const session = await sessionOf(graph);
    await fc.assert(
      fc.asyncProperty(cutsOf(ROWS, 6), async (cuts) => {
        session.reset();
        const parts: Float32Array[] = [];
        for (const [start, end] of rangesBetween(cuts, ROWS)) if (end > start) parts.push(await run(session, start, end));
        expect(firstDifference(joined(parts), whole)).toBeUndefined();
      }),
      { numRuns: 25 },
    );
  });
});

describe("layers", () => {
  /** float32 against the same in 64 bits. */
  const CLOSE = 6;

  it("linear is a matrix product with a bias", async () => {
    const y = await run(await sessionOf(graphOf((b, x) => linear(b, x, "l", WIDTH, 2))), 0, 1);
    for (let o = 0; o < 2; o++) {
      const sum = [0, 1, 2].reduce((s, i) => s + rows[i] * weightAt("l.weight", o * WIDTH + i), weightAt("l.bias", o));
      expect(y[o]).toBeCloseTo(sum, CLOSE);
    }
  });

  it("normalization gives rows of mean 0 and variance 1, with weights a scale and a bias", async () => {
    const plain = await run(await sessionOf(graphOf((b, x) => standardize(b, x, WIDTH))), 0, 2);
    for (const row of [plain.subarray(0, 3), plain.subarray(3, 6)]) {
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(0, 5);
      expect(row.reduce((a, b) => a + b * b, 0) / 3).toBeCloseTo(1, 3);
    }
    const scaled = await run(await sessionOf(graphOf((b, x) => layerNorm(b, x, "n", WIDTH))), 0, 2);
    scaled.forEach((y, i) => expect(y).toBeCloseTo(plain[i] * weightAt("n.weight", i % 3) + weightAt("n.bias", i % 3), CLOSE));
  });

  it("the causal convolution sees the past alone, each channel its own", async () => {
    const y = await run(await sessionOf(graphOf((b, x) => causalDepthwiseConv(b, x, "c", WIDTH, 4))), 0, ROWS);
    for (let t = 0; t < ROWS; t++) {
      for (let c = 0; c < WIDTH; c++) {
        let sum = weightAt("c.bias", c);
        for (let k = 0; k < 4; k++) if (t + k - 3 >= 0) sum += rows[(t + k - 3) * WIDTH + c] * weightAt("c.weight", c * 4 + k);
        expect(y[t * WIDTH + c]).toBeCloseTo(sum, CLOSE);
      }
    }
  });

  it("weights of 16 bits and int8 with scales come out as the floats that they stand for", async () => {
    const stored: Record<string, StoredWeight> = {
      half: { type: "float16", data: Uint16Array.of(0x3c00, 0xc000, 0x3800) }, // 1, -2, 0.5
      brain: { type: "bfloat16", data: Uint16Array.of(0x3f80, 0xc000, 0x3f00) }, // the same
      small: { type: "int8", data: Int8Array.of(2, -4, 1), scales: { dims: [3], data: Float32Array.of(0.5, 0.5, 0.5) } }, // the same
    };
    for (const name of Object.keys(stored)) {
      const y = await run(
        await sessionOf(
          graphOf(
            (b, x) => b.op("Mul", [x, b.weight(name, [WIDTH])]),
            (wanted) => stored[wanted],
          ),
        ),
        0,
        1,
      );
      expect(y).toEqual(Float32Array.of(rows[0], -2 * rows[1], 0.5 * rows[2]));
    }
  });

  it("asks for a weight once however often it is used", () => {
    const asked: string[] = [];
    graphOf(
      (b, x) => b.op("Add", [b.op("Mul", [x, b.weight("w", [WIDTH])]), b.weight("w", [WIDTH])]),
      (name, dims) => {
        asked.push(name);
        return weightsOf(name, dims);
      },
    );
    expect(asked).toEqual(["w"]);
  });
});
