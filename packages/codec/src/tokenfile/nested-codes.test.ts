import { expect, it } from "vitest";
import { parseCodes } from "./codes-format.ts";

const FRAMES = [
  [1, 2],
  [3, 4],
  [5, 6],
];

it.each([
  ["in an object", { result: { audio_codes: FRAMES } }],
  ["in an object of the same name", { codes: { audio_codes: FRAMES } }],
  ["in a list of one object", [{ text: "a", audio_codes: FRAMES }]],
  ["deep down, after other things", { sampling: { seed: 1 }, outputs: [{ meta: null, codec: { codes: FRAMES } }] }],
  ["as a batch of one clip", { audio_codes: [FRAMES] }],
  ["as a bare batch of one clip", [[FRAMES]]],
])("codes of JSON may lie %s", (_, value) => {
  const { codes } = parseCodes(new TextEncoder().encode(JSON.stringify(value)), { name: "talk.json" });
  expect([codes.frames, codes.layers, ...codes.data]).toEqual([3, 2, 1, 2, 3, 4, 5, 6]);
});
