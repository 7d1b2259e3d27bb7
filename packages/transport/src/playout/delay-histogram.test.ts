import { describe, expect, it } from "vitest";
import { DelayHistogram } from "./delay-histogram.ts";

function after(...delays: readonly number[]): DelayHistogram {
  const histogram = new DelayHistogram();
  for (const delay of delays) histogram.add(delay);
  return histogram;
}
const times = (count: number, delay: number): number[] => new Array<number>(count).fill(delay);

describe("a histogram of delays", () => {
  it("counts from the fastest packet on, in bins of 10 ms", () => {
    const histogram = after(...times(90, 1000), ...times(10, 1055));
    expect([histogram.baseMs, histogram.quantileMs(0.5), histogram.quantileMs(0.95)]).toEqual([1000, 10, 60]);
  });

  it("knows the fastest of 500 packets, and counts the delays of 200", () => {
    const histogram = after(1000, ...times(250, 1200), ...times(195, 1050));
    expect([histogram.baseMs, histogram.quantileMs(0.95)]).toEqual([1000, 60]);
    for (const delay of times(80, 1050)) histogram.add(delay);
    expect([histogram.baseMs, histogram.quantileMs(0.95)]).toEqual([1050, 10]);
  });

  it("counts the same whether one comes after another or all anew", () => {
    const delays = Array.from({ length: 1500 }, (_, i) => 100 + ((i * 7919) % 97) + (i % 200 === 0 ? 900 : 0));
    const histogram = new DelayHistogram();
    for (const [i, delay] of delays.entries()) {
      histogram.add(delay);
      if (i % 50 > 0) continue;
      const base = Math.min(...delays.slice(Math.max(0, i - 499), i + 1));
      const counted = delays.slice(Math.max(0, i - 199), i + 1).sort((a, b) => a - b);
      const wanted = counted[Math.ceil(0.9 * counted.length) - 1] - base;
      expect(histogram.quantileMs(0.9), `after ${i + 1}`).toBe(10 * (Math.floor(wanted / 10) + 1));
    }
  });

  it("knows nothing before the first packet and after it was cleared", () => {
    const histogram = after(5, 50);
    histogram.clear();
    expect([histogram.baseMs, histogram.quantileMs(0.95)]).toEqual([0, 0]);
  });

  it("tells a queue, in which all wait, from some packets that are late", () => {
    const [busy, queue] = [new DelayHistogram(), new DelayHistogram()];
    for (let i = 0; i < 100; i++) {
      busy.add(i % 4 === 0 ? 400 : 0);
      queue.add(4 * i);
    }
    expect([busy.quantileMs(0.95), busy.lateMs(25)]).toEqual([410, 0]);
    expect(queue.lateMs(25)).toBe(4 * 87);
    expect(new DelayHistogram().lateMs(25)).toBe(0);
  });
});
