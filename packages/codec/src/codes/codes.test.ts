import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Codes, concatCodes } from "./codes.ts";
import { CodecError } from "../errors.ts";

/** Three frames of four layers, 0 to 11. */
const twelve = Int16Array.from({ length: 12 }, (_, i) => i);
const model = { name: "demo", id: "0123456789abcdef".repeat(2) };

function messageFrom(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof CodecError && error.code === "bad-codes") return error.message;
    throw error;
  }
  return "no error";
}

describe("codes", () => {
  it("are frames of layers, with what was said about them", () => {
    const codes = new Codes(twelve, 4, { codebookSize: 64, model, sampleCount: 5000 });
    expect(codes).toMatchObject({ frames: 3, layers: 4, codebookSize: 64, model, sampleCount: 5000 });
    expect(codes.frame(1)).toEqual(Int16Array.of(4, 5, 6, 7));
    expect(new Codes(new Int16Array(0), 16)).toMatchObject({ frames: 0, codebookSize: 2048, model: undefined, sampleCount: undefined });
  });

  it("are a view of the numbers that they were made of, at any offset", () => {
    const larger = new Int16Array(13);
    const codes = new Codes(larger.subarray(1), 4);
    larger[1] = 7;
    expect(codes.frame(0)[0]).toBe(7);
    expect(codes.slice(1, 2).data.buffer).toBe(larger.buffer);
  });

  it("are sliced by frames, without the sample count, which was that of the whole", () => {
    const codes = new Codes(twelve, 4, { codebookSize: 64, model, sampleCount: 5000 });
    expect(codes.slice(1, 3)).toMatchObject({ data: twelve.subarray(4), frames: 2, codebookSize: 64, model, sampleCount: undefined });
    expect(codes.slice(2, 2).frames).toBe(0);
  });

  it("keep their first layers, their model and their length", () => {
    const codes = new Codes(twelve, 4, { codebookSize: 64, model, sampleCount: 5000 });
    expect(codes.firstLayers(2)).toMatchObject({
      data: Int16Array.of(0, 1, 4, 5, 8, 9),
      layers: 2,
      frames: 3,
      codebookSize: 64,
      model,
      sampleCount: 5000,
    });
    expect(codes.firstLayers(4)).toBe(codes);
    for (const count of [0, 5, 1.5, Number.NaN]) expect(messageFrom(() => codes.firstLayers(count))).toMatch(/choose 1 to 4/);
  });

  it("are refused when they are no whole frames, and for a number of layers that cannot be", () => {
    expect(messageFrom(() => new Codes(twelve, 5))).toMatch(/12 codes as frames of 5 layers/);
    for (const layers of [0, -1, 65, 1.5, Number.NaN]) expect(messageFrom(() => new Codes(twelve, layers))).toMatch(/must be 1 to 64/);
  });

  it("are refused with the place of the first that is out of range", () => {
    expect(messageFrom(() => new Codes(Int16Array.of(0, 2047, 2048, -1), 2))).toMatch(/code 2048 at frame 1, layer 0.*0 to 2047/);
    expect(messageFrom(() => new Codes(Int16Array.of(0, -1), 2))).toMatch(/code -1 at frame 0, layer 1/);
    expect(messageFrom(() => new Codes(Int16Array.of(8), 1, { codebookSize: 8 }))).toMatch(/0 to 7/);
  });

  it("are refused with a codebook size or a sample count that is no such number", () => {
    for (const codebookSize of [0, -5, 2.5, Number.NaN, 32769])
      expect(messageFrom(() => new Codes(new Int16Array(2), 2, { codebookSize }))).toMatch(/must be 1 to 32768/);
    for (const sampleCount of [-1, 0.5, Number.NaN, Infinity])
      expect(messageFrom(() => new Codes(new Int16Array(2), 2, { sampleCount }))).toMatch(/whole number, 0 or more/);
  });

  it("cut into slices anywhere and joined again are the same", () => {
    const cuts = fc.array(fc.nat(20), { maxLength: 5 }).map((at) => [0, ...at.toSorted((a, b) => a - b), 20]);
    fc.assert(
      fc.property(fc.array(fc.nat(2047), { minLength: 60, maxLength: 60 }), cuts, (numbers, edges) => {
        const codes = new Codes(Int16Array.from(numbers), 3);
        const parts = edges.slice(1).map((end, i) => codes.slice(edges[i], end));
        expect(concatCodes(parts).data).toEqual(codes.data);
      }),
    );
  });

  it("of different numbers of layers are not joined", () => {
    expect(messageFrom(() => concatCodes([new Codes(twelve, 4), new Codes(twelve, 3)]))).toMatch(/3 and 4 layers/);
    expect(() => concatCodes([])).toThrow(TypeError);
  });

  it("of two models or two clocks are not joined", () => {
    const other = { name: "other", id: "f".repeat(32) };
    expect(() => concatCodes([new Codes(twelve, 4, { model }), new Codes(twelve, 4, { model: other })])).toThrow(/model "other"/);
    expect(messageFrom(() => concatCodes([new Codes(twelve, 4), new Codes(twelve, 4, { sampleRate: 16_000 })]))).toMatch(
      /12.5 frames\/s of 24000 Hz and of .*16000 Hz/,
    );
  });

  it("keep what they are through slices, fewer layers and joining; the sample count is said anew", () => {
    const spec = {
      codebookSize: 4096,
      frameRate: { numerator: 25, denominator: 1 },
      sampleRate: 16_000,
      model,
      attention: "windowed",
    } as const;
    const codes = new Codes(twelve, 4, spec);
    expect(codes.slice(1, 3).spec).toEqual({ ...spec, layers: 4 });
    expect(codes.firstLayers(2).spec).toEqual({ ...spec, layers: 2 });
    const joined = concatCodes([Codes.empty(codes.spec), codes, codes]).withSampleCount(3000);
    expect(joined).toMatchObject({ ...spec, frames: 6, sampleCount: 3000 });
  });

  it("are refused with a clock that does not run", () => {
    for (const sampleRate of [0, -1, 0.5, Number.NaN]) expect(messageFrom(() => new Codes(twelve, 4, { sampleRate }))).toMatch(/over 0/);
    expect(messageFrom(() => new Codes(twelve, 4, { frameRate: { numerator: 1, denominator: 0 } }))).toMatch(/1\/0 frames/);
  });
});
