import { Codes } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { withCode, withFramesInserted, withFramesSwapped, withoutFrames, withRandomFrames } from "./edit-codes.ts";

const SAMPLES_PER_FRAME = 1920;
const model = { name: "m", id: "0".repeat(32) };
/** Five frames of two layers; the last frame holds 100 samples. */
const codes = new Codes(Int16Array.from([0, 1, 10, 11, 20, 21, 30, 31, 40, 41]), 2, { model, sampleCount: 4 * SAMPLES_PER_FRAME + 100 });

describe("editing codes", () => {
  it("changes one code and leaves the given codes as they are", () => {
    const edited = withCode(codes, 2, 1, 2047);
    expect(Array.from(edited.data)).toEqual([0, 1, 10, 11, 20, 2047, 30, 31, 40, 41]);
    expect(codes.data[5]).toBe(21);
    expect(edited).toMatchObject({ model, sampleCount: codes.sampleCount });
  });

  it.each([-1, 2048, 1.5, Number.NaN])("refuses %s as a code in words", (value) => {
    expect(() => withCode(codes, 0, 0, value)).toThrow(/give a whole number of 0 to 2047/);
  });

  it("draws other codes in the chosen frames only", () => {
    const edited = withRandomFrames(codes, { start: 1, end: 3 }, () => 0.5);
    expect(Array.from(edited.data)).toEqual([0, 1, 1024, 1024, 1024, 1024, 30, 31, 40, 41]);
  });

  it("stays within the codebook at the ends of chance", () => {
    const edited = withRandomFrames(codes, { start: 0, end: 5 }, () => 1 - Number.EPSILON);
    expect(new Set(edited.data)).toEqual(new Set([2047]));
  });

  it("deletes frames and shortens the sound by as much", () => {
    const edited = withoutFrames(codes, { start: 1, end: 3 }, SAMPLES_PER_FRAME);
    expect(Array.from(edited.data)).toEqual([0, 1, 30, 31, 40, 41]);
    expect(edited.sampleCount).toBe(2 * SAMPLES_PER_FRAME + 100);
  });

  it("ends on a whole frame when the last one is deleted", () => {
    expect(withoutFrames(codes, { start: 4, end: 5 }, SAMPLES_PER_FRAME).sampleCount).toBeUndefined();
  });

  it("leaves at least one frame", () => {
    expect(() => withoutFrames(codes, { start: 0, end: 5 }, SAMPLES_PER_FRAME)).toThrow(/leave at least one/);
  });

  it("gives the codes back when what was deleted is put in again", () => {
    const range = { start: 1, end: 4 };
    const again = withFramesInserted(withoutFrames(codes, range, SAMPLES_PER_FRAME), 1, codes.slice(1, 4), SAMPLES_PER_FRAME);
    expect(again).toEqual(codes);
  });

  it("changes the chosen frames over with those that follow, and back", () => {
    const there = withFramesSwapped(codes, { start: 0, end: 2 });
    expect(Array.from(there.codes.data)).toEqual([20, 21, 30, 31, 0, 1, 10, 11, 40, 41]);
    expect(there.range).toEqual({ start: 2, end: 4 });
    expect(withFramesSwapped(there.codes, { start: 0, end: 2 }).codes).toEqual(codes);
  });

  it("changes over with fewer frames where the clip ends, and with none at the very end", () => {
    expect(Array.from(withFramesSwapped(codes, { start: 2, end: 4 }).codes.data)).toEqual([0, 1, 10, 11, 40, 41, 20, 21, 30, 31]);
    expect(withFramesSwapped(codes, { start: 3, end: 5 }).codes).toEqual(codes);
  });
});
