import { describe, expect, it } from "vitest";
import { SampleBuffer } from "./sample-buffer.ts";

const ramp = (start: number, length: number): Float32Array => Float32Array.from({ length }, (_, i) => start + i);

function pulled(buffer: SampleBuffer, length: number): number[] {
  const out = new Float32Array(length).fill(9);
  buffer.pull(out);
  return [...out];
}

describe("a sample buffer", () => {
  it("holds back what comes first, then gives every sample in order", () => {
    const buffer = new SampleBuffer({ sampleRate: 100, hold: 3, most: 100 });
    expect(pulled(buffer, 4)).toEqual([0, 0, 0, 0]);
    buffer.push(ramp(1, 5), 0);
    buffer.push(ramp(6, 2), 0);
    expect(pulled(buffer, 4)).toEqual([0, 0, 0, 1]);
    expect(buffer.isPlaying).toBe(true);
    expect(pulled(buffer, 5)).toEqual([2, 3, 4, 5, 6]);
    expect(buffer).toMatchObject({ position: 6, buffered: 1, underruns: 0, dropped: 0 });
  });

  it("counts one underrun however long it lasts, and holds back what late pieces needed afterwards", () => {
    const buffer = new SampleBuffer({ sampleRate: 100, hold: 2, most: 100 });
    buffer.push(ramp(1, 3), 30);
    expect(pulled(buffer, 6)).toEqual([0, 0, 1, 2, 3, 0]);
    expect(pulled(buffer, 3)).toEqual([0, 0, 0]);
    expect(buffer).toMatchObject({ underruns: 1, isPlaying: false });
    buffer.push(ramp(4, 12), 300); // 150 ms late, that is 15 samples
    expect(pulled(buffer, 15)).toEqual(new Array(15).fill(0));
    expect(pulled(buffer, 3)).toEqual([4, 5, 6]);
  });

  it("begins again after what it is told to, where the source keeps its pace", () => {
    const buffer = new SampleBuffer({ sampleRate: 100, hold: 3, holdAgain: 1, most: 100 });
    buffer.push(ramp(1, 2), 0);
    expect(pulled(buffer, 7)).toEqual([0, 0, 0, 1, 2, 0, 0]);
    buffer.push(ramp(3, 8), 500); // much too late: those that follow are early by that
    expect(pulled(buffer, 4)).toEqual([0, 3, 4, 5]);
  });

  it("tells what the last 25 pieces found in hand, and forgets it when it runs empty", () => {
    const buffer = new SampleBuffer({ sampleRate: 100, hold: 4, most: 100 });
    buffer.push(ramp(0, 2), 0);
    const spare = Array.from({ length: 26 }, (_, i) => {
      buffer.push(ramp(0, 2), 20 * i);
      buffer.pull(new Float32Array(i === 10 ? 1 : 2));
      return buffer.spare;
    });
    expect(spare.slice(23)).toEqual([undefined, 6, 6]); // the silence before, and the first piece
    buffer.pull(new Float32Array(100));
    buffer.push(ramp(0, 2), 2000);
    expect(buffer.spare).toBeUndefined();
  });

  it("never holds back more than half of what it can keep", () => {
    const buffer = new SampleBuffer({ sampleRate: 100, hold: 2, most: 6 });
    for (let underrun = 1; underrun <= 3; underrun++) {
      buffer.push(ramp(1, 1), 1000 * underrun);
      pulled(buffer, 5);
      expect(buffer.underruns).toBe(underrun);
    }
    buffer.push(ramp(1, 1), 4000);
    expect(pulled(buffer, 4)).toEqual([0, 0, 0, 1]);
  });

  it("takes a last block that just fits as no underrun", () => {
    const buffer = new SampleBuffer({ sampleRate: 100, hold: 1, most: 100 });
    buffer.push(ramp(1, 3), 0);
    expect(pulled(buffer, 4)).toEqual([0, 1, 2, 3]);
    expect(buffer.underruns).toBe(0);
  });

  it("leaves out the oldest samples when too many wait, and counts them as played", () => {
    const buffer = new SampleBuffer({ sampleRate: 100, hold: 2, most: 10 });
    buffer.push(ramp(0, 6), 0);
    buffer.push(ramp(6, 6), 0);
    expect(buffer).toMatchObject({ dropped: 7, buffered: 5, position: 7 });
    expect(pulled(buffer, 6)).toEqual([0, 0, 7, 8, 9, 10]);
  });
});
