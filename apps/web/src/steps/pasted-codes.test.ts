import { Codes, serializeCodes } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { codesOfBytes, codesOfText } from "./pasted-codes.ts";

const target = { model: { name: "m", id: "a".repeat(32) }, layers: 16, codebookSize: 2048 };
/** Three frames of 16 layers. */
const codes = new Codes(
  Int16Array.from({ length: 48 }, (_, i) => (i * 43) % 2048),
  16,
);
const frames = [0, 1, 2].map((t) => Array.from(codes.frame(t)));
const layers = Array.from({ length: 16 }, (_, k) => [0, 1, 2].map((t) => frames[t][k]));

function numbers(text: string): number[] {
  return Array.from(codesOfText(text, "auto", target).data);
}

describe("pasted codes", () => {
  it.each([
    ["the JSON that the page copies", new TextDecoder().decode(serializeCodes(codes, "json"))],
    ["a JSONL row", JSON.stringify({ audio: "a.wav", audio_codes: frames })],
    ["codes deep in an object", JSON.stringify({ model: "x", output: { audio_codes: [frames] } })],
    ["what Python prints of a dictionary", `{'audio_codes': [${JSON.stringify(frames).slice(1, -1)}]}`],
    ["a bare JSON array of frames", JSON.stringify(frames)],
    ["a bare JSON array of layers", JSON.stringify(layers)],
    ["an array as numpy prints it", `[[${frames.map((row) => row.join("  ")).join("]\n [ ")}]]`],
    [
      "a tensor as torch prints it",
      `tensor([[${layers.map((row) => row.join(", ")).join("],\n        [")}]], device='cuda:0', dtype=torch.int16)`,
    ],
    ["lines of frames", frames.map((row) => row.join(" ")).join("\n")],
    ["lines of layers with labels, as copied from a page", layers.map((row, k) => `Layer ${k}:\t${row.join(", ")}`).join("\r\n")],
    ["a table with bars", frames.map((row) => `| ${row.join(" | ")} |`).join("\n")],
  ])("are read from %s", (_, text) => {
    expect(numbers(text)).toEqual(Array.from(codes.data));
  });

  it("are layer 0 when there is one row", () => {
    const one = codesOfText("[3, 2047, 0]", "auto", target);
    expect([one.frames, one.layers, ...one.data]).toEqual([3, 1, 3, 2047, 0]);
  });

  it("may have fewer layers than the model", () => {
    expect(codesOfText("1 2 3\n4 5 6", "auto", target)).toMatchObject({ frames: 2, layers: 3 });
  });

  it("take the direction that is asked for", () => {
    expect(codesOfText("1 2 3\n4 5 6", "KT", target)).toMatchObject({ frames: 3, layers: 2 });
  });

  it.each([
    ["", /the text is empty/],
    ["1 2 3\n4 5", /row 2 has 2 numbers, row 1 has 3/],
    ["1 2 2048", /row 1, column 3 is "2048"; give whole numbers of 0 to 2047/],
    ["1 -2 3", /row 1, column 2 is "-2"/],
    ["1 2.5", /column 2 is "2.5"/],
    ["hello", /row 1, column 1 is "hello"/],
    ["[[1 2 ... 5 6]]", /numbers were left out/],
    ["[[1, 2], [3", /a bracket is open/],
    ["[1, 2", /a bracket is open/],
    [Array.from({ length: 17 }, () => "1 ".repeat(17)).join("\n"), /17 rows of 17 numbers/],
    ['{"codes": 5}', /array of frames is wanted/],
    ['{"codes": [[1, 2], [3]]}', /frame 1/],
    ['{"codes": []}', /there are no frames/],
    ['{"codes": [[1,2]', /not JSON/],
  ])("are refused in words: %j", (text, words) => {
    expect(() => codesOfText(text, "auto", target)).toThrow(words);
  });

  it("are refused when another model made them", () => {
    const other = new Codes(codes.data, 16, { model: { name: "other", id: "b".repeat(32) } });
    expect(() => codesOfText(new TextDecoder().decode(serializeCodes(other, "json")), "auto", target)).toThrow(/"other"/);
  });

  it("are refused when they have more layers than the model", () => {
    expect(() => codesOfText(JSON.stringify(frames), "TK", { ...target, layers: 8 })).toThrow(/16 layers were found, the model has 8/);
  });

  it("are refused when their codebooks are larger than those of the model", () => {
    const large = new Codes(codes.data, 16, { codebookSize: 4096 });
    expect(() => codesOfBytes(serializeCodes(large, "t12"), "a.t12", target)).toThrow(/codebooks with 4096 entries/);
  });

  it.each(["t12", "npy", "json"] as const)("come back from a saved .%s file", (format) => {
    expect(codesOfBytes(serializeCodes(codes, format), `a.${format}`, target).data).toEqual(codes.data);
  });
});
