import { Codes, DEFAULT_SPEC } from "@twelvehz/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLayout, PROFILES } from "./layout.ts";
import { readPayload, writePayload } from "./payload.ts";

function codesOf(frames: number, layers = 16, codebookSize = 2048): Codes {
  const data = Int16Array.from({ length: frames * layers }, (_, i) => (i * 7919) % codebookSize);
  return new Codes(data, layers, { codebookSize });
}

describe("a payload", () => {
  const layouts = [...PROFILES, "2x16+16@1+8@2", "4x3+1@1", "13+6@1+2@2+2@3"];

  it("is read as it was written, whatever the layout, the codebook and the history", () => {
    const cases = fc.record({
      text: fc.constantFrom(...layouts),
      frames: fc.integer({ min: 0, max: 20 }),
      pauseFollows: fc.boolean(),
      codebookSize: fc.constantFrom(2, 1000, 2048, 32768),
    });
    fc.assert(
      fc.property(cases, ({ text, frames, pauseFollows, codebookSize }) => {
        const layout = parseLayout(text);
        const history = codesOf(layout.frames + frames, 16, codebookSize);
        const read = readPayload(writePayload(layout, history, pauseFollows), history);
        expect(read).toMatchObject({ layout, pauseFollows });
        for (const { offset, codes } of read.parts) {
          const t = history.frames - layout.frames + offset;
          expect([...codes]).toEqual(t < 0 ? [...codes].fill(0) : [...history.frame(t).subarray(0, codes.length)]);
        }
        expect(new Set(read.parts.map(({ offset }) => offset)).size).toBe(read.parts.length);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["nothing", [], "bad-format"],
    ["a set bit that is not known", [0x80], "unsupported"],
    ["an explicit layout that is cut short", [15, 1, 3, 0], "bad-format"],
    ["an explicit layout that cannot be", [15, 1, 1, 5, 1, 0, 0, 0, 0, 0], "unsupported"],
    ["more layers than the model has", [15, 63, 0, ...new Array(88).fill(0)], "unsupported"],
    ["too few bytes", [0, ...new Array(21).fill(0)], "bad-format"],
    ["too many bytes", [0, ...new Array(23).fill(0)], "bad-format"],
  ] as const)("of %s is refused", (_, bytes, code) => {
    expect(() => readPayload(Uint8Array.from(bytes), DEFAULT_SPEC)).toThrow(expect.objectContaining({ code }));
  });

  it("with a code that the codebook does not have is refused", () => {
    const bytes = writePayload(parseLayout("1"), new Codes(Int16Array.of(1023), 1, { codebookSize: 1024 }), false);
    expect(() => readPayload(bytes, { layers: 1, codebookSize: 1000 })).toThrow(expect.objectContaining({ code: "bad-codes" }));
  });

  it("cannot hold layers that the codes do not have", () => {
    expect(() => writePayload(parseLayout("16"), codesOf(1, 8), false)).toThrow("the codes have 8");
  });
});
