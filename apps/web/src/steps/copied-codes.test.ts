import { Codes } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { allText, layerPreview, layerText } from "./copied-codes.ts";
import { codesOfText } from "./pasted-codes.ts";

const target = { model: { name: "m", id: "a".repeat(32) }, layers: 16, codebookSize: 2048 };
const codes = new Codes(
  Int16Array.from({ length: 160 }, (_, i) => (i * 97) % 2048),
  16,
  { model: target.model, sampleCount: 19_000 },
);

describe("codes as text", () => {
  it("come back when all of them are copied and pasted", () => {
    expect(codesOfText(allText(codes), "auto", target)).toEqual(codes);
  });

  it("come back when the first layer is copied and pasted", () => {
    expect(codesOfText(layerText(codes, 0), "auto", target).data).toEqual(codes.firstLayers(1).data);
  });

  it("are cut to a line for the page", () => {
    expect(layerPreview(codes, 1, 3)).toBe("97 1649 1153 …");
    expect(layerPreview(codes.slice(0, 2), 1, 3)).toBe("97 1649");
  });
});
