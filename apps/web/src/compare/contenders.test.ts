import { Audio } from "@twelvehz/codec";
import { expect, test } from "vitest";
import { bitsPerSecondOf, chartColumns, codesBytes, emptyRows, type Heard, OPUS_RATES, ratePoints, type Row } from "./contenders.ts";

const heard = (byteLength: number, pesq: number | undefined): Heard => ({
  audio: new Audio(new Float32Array(48_000), 24_000),
  byteLength,
  delaySeconds: 0.1,
  scores: { pesq, stoi: 0.9 },
});

function withHeard(row: Row, what: Heard): Row {
  return { ...row, state: { kind: "done", heard: what } };
}

test("every line has a name and a key of its own", () => {
  const rows = emptyRows(OPUS_RATES[0]);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  expect(rows.map(({ digit }) => digit)).toEqual(["1", "2", "3", "4", "5", "6"]);
});

test("codes take the bits of their codebook", () => {
  expect(codesBytes(25, 16, 2048)).toBe(550); // 2 s at 2.2 kbit/s
  expect(codesBytes(1, 1, 2048)).toBe(2);
  expect(bitsPerSecondOf(heard(550, 3))).toBe(2200);
});

test("the chart has the lines with a score, from low to high rate, each in its series", () => {
  const [original, full, half, , opus, pcm] = emptyRows(16_000);
  const rows = [
    withHeard(original, { ...heard(96_000, 4), scores: undefined }),
    withHeard(full, heard(550, 2.6)),
    withHeard(half, heard(275, 2.1)),
    withHeard(opus, heard(4000, 3.6)),
    withHeard(pcm, heard(16_000, undefined)),
  ];
  const points = ratePoints(rows);
  expect(points.map(({ kilobitsPerSecond }) => kilobitsPerSecond)).toEqual([1.1, 2.2, 16]);
  expect(chartColumns(points)).toEqual([
    [1.1, 2.2, 16],
    [2.1, 2.6, undefined],
    [undefined, undefined, 3.6],
    [undefined, undefined, undefined],
  ]);
});
