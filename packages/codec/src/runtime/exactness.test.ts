import { describe, expect, it } from "vitest";
import { rowsAreExact } from "./exactness.ts";
import { type Session, StatefulSession, type TensorMap } from "./session.ts";

const GROUP = 6;

/**
 * A running sum over rows of one number, as a network with a state of one value; `spoil` is how a
 * backend may get it wrong.
 */
function runningSum(
  spoil: (value: number, rows: number, row: number) => number,
  spoilState = (state: number, _rows: number): number => state,
): StatefulSession {
  const session: Session = {
    async run({ x, state }: TensorMap): Promise<TensorMap> {
      const rows = x.dims[0];
      let sum = (state.data as Float32Array)[0];
      const data = Float32Array.from(x.data as Float32Array, (value, row) => spoil((sum = Math.fround(sum + value)), rows, row));
      const last = Float32Array.of(spoilState(sum, rows));
      return {
        y: { type: "float32", dims: [rows], data },
        codes: { type: "int64", dims: [rows], data: new BigInt64Array(rows) },
        "state.next": { type: "float32", dims: [1], data: last },
      };
    },
    close: async () => undefined,
  };
  return new StatefulSession(session, [{ input: "state", output: "state.next", dims: [1], fill: 0.25 }]);
}

function trial({ start, end }: { start: number; end: number }): TensorMap {
  const data = Float32Array.from({ length: end - start }, (_, i) => Math.sin(start + i));
  return { x: { type: "float32", dims: [end - start], data } };
}

describe("the trial of a backend", () => {
  it("passes one whose rows are the same alone and in a group", async () => {
    expect(
      await rowsAreExact(
        runningSum((y) => y),
        trial,
        GROUP,
      ),
    ).toBe(true);
  });

  it.each<[string, (value: number, rows: number, row: number) => number]>([
    ["that another number of rows changes", (y, rows) => y + rows * 1e-6],
    ["of which a single row is computed differently", (y, rows) => (rows === 1 ? y * (1 + 2 ** -23) : y)],
    ["of which the last row of a group is computed differently", (y, rows, row) => (rows > 1 && row === rows - 1 ? y * (1 + 2 ** -23) : y)],
    ["of which zero is negative in a group", (y, rows, row) => (row === 3 ? (rows === GROUP ? -0 : 0) : y)],
  ])("finds out one %s", async (_, spoil) => {
    expect(await rowsAreExact(runningSum(spoil), trial, GROUP)).toBe(false);
  });

  it("finds out one that leaves another state", async () => {
    const session = runningSum(
      (y) => y,
      (state, rows) => (rows === GROUP ? state + 1e-6 : state),
    );
    expect(await rowsAreExact(session, trial, GROUP)).toBe(false);
  });
});

describe("a session with state", () => {
  it("hands the state of one run to the next, begins with its fill, and begins anew after a reset", async () => {
    const session = runningSum((y) => y);
    const one = { x: { type: "float32" as const, dims: [1], data: Float32Array.of(1) } };
    const sums: number[] = [];
    for (let i = 0; i < 3; i++) sums.push(((await session.run(one))["y"].data as Float32Array)[0]);
    session.reset();
    sums.push(((await session.run(one))["y"].data as Float32Array)[0]);
    expect(sums).toEqual([1.25, 2.25, 3.25, 1.25]);
  });
});
