import { expect, test } from "vitest";
import { newest } from "./newest.ts";

const letters = { length: (piece: string) => piece.length, without: (piece: string, beginning: number) => piece.slice(beginning) };

test.each([
  [["ab", "cde"], 9, ["ab", "cde"]],
  [["ab", "cde"], Infinity, ["ab", "cde"]],
  [["ab", "cde"], 4, ["b", "cde"]],
  [["ab", "cde"], 3, ["cde"]],
  [["ab", "", "cde"], 1, ["e"]],
  [["ab"], 0, []],
  [[], 0, []],
])("of %j the newest %i are %j", (pieces, most, kept) => {
  expect(newest(pieces, most, letters)).toEqual(kept);
});
