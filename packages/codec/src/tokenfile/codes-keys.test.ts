import { expect, it } from "vitest";
import { type CodesFormat, parseCodes } from "./codes-format.ts";

it.each<[CodesFormat, string]>([
  ["json", "codes"],
  ["json", "audio_codes"],
  ["jsonl", "codes"],
  ["jsonl", "audio_codes"],
])("codes in .%s may be called %s", (format, key) => {
  const row = Array.from({ length: 16 }, (_, k) => k);
  const bytes = new TextEncoder().encode(`${JSON.stringify({ [key]: [row, row] })}\n`);
  const { codes } = parseCodes(bytes, { name: `talk.${format}` });
  expect([...codes.frame(1)]).toEqual(row);
});
