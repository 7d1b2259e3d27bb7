import { describe, expect, it } from "vitest";
import { LINK_PROFILES, type LinkConditions, LinkSimulator } from "./link-simulator.ts";
import { lossModel } from "./loss-model.ts";
import { SeededDice } from "./seeded-dice.ts";

/** Times at which packets sent every 80 ms come out; undefined = lost. */
function fates(conditions: LinkConditions, { packets = 4000, seed = 1, bytes = 80 } = {}): (number | undefined)[] {
  const link = new LinkSimulator(conditions, seed);
  return Array.from({ length: packets }, (_, i) => link.send(new Uint8Array(bytes), 80 * i)[0]?.atMs);
}

function meanRun(lost: readonly boolean[]): number {
  const starts = lost.filter((isLost, i) => isLost && !lost[i - 1]).length;
  return lost.filter(Boolean).length / starts;
}

describe("a simulated link", () => {
  it("gives every packet at once where nothing is asked of it", () => {
    expect(fates({}, { packets: 3 })).toEqual([0, 80, 160]);
  });

  it.each([
    [{ loss: 0.2 }, 1.25],
    [{ loss: 0.2, burst: 2.5 }, 2.5],
    [{ loss: 0.05, burst: 4 }, 4],
  ])("loses as %o says", (conditions, run) => {
    const lost = fates(conditions, { packets: 40_000 }).map((at) => at === undefined);
    expect(lost.filter(Boolean).length / lost.length).toBeCloseTo(conditions.loss, 1.7);
    expect(Math.abs(meanRun(lost) / run - 1)).toBeLessThan(0.1);
  });

  it("does the same for the same seed, and something else for another", () => {
    const conditions = { loss: 0.3, jitterMs: 20, reorder: 0.1, duplicate: 0.1 };
    expect(fates(conditions)).toEqual(fates(conditions));
    expect(fates(conditions, { seed: 2 })).not.toEqual(fates(conditions));
  });

  it("loses the same packets whatever else happens on the link", () => {
    const lost = (conditions: LinkConditions): boolean[] => fates({ loss: 0.3, ...conditions }).map((at) => at === undefined);
    expect(lost({ jitterMs: 50, duplicate: 0.5, kbps: 20 })).toEqual(lost({}));
  });

  it("delays by at least the delay, by the jitter on average, and keeps the order but for packets held back", () => {
    const times = fates({ delayMs: 100, jitterMs: 10 }) as number[];
    const delays = times.map((at, i) => at - 80 * i);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(100);
    expect(delays.reduce((sum, delay) => sum + delay, 0) / delays.length).toBeCloseTo(110, -0.5);
    const isSorted = (list: readonly number[]): boolean => list.every((at, i) => i === 0 || at >= list[i - 1]);
    expect(isSorted(fates({ jitterMs: 200 }) as number[])).toBe(true);
    expect(isSorted(fates({ jitterMs: 10, reorder: 0.1 }) as number[])).toBe(false);
  });

  it("gives some packets twice", () => {
    const link = new LinkSimulator({ duplicate: 0.25 });
    const counts = Array.from({ length: 4000 }, (_, i) => link.send(new Uint8Array(1), i).length);
    expect(counts.filter((n) => n === 2).length / counts.length).toBeCloseTo(0.25, 1);
  });

  it("lets through what its rate allows, and drops what would wait too long", () => {
    const times = fates({ kbps: 4, queueMs: 500 }, { packets: 1000 }); // 8 kbit/s are sent
    const through = times.filter((at) => at !== undefined);
    expect(through.length / times.length).toBeCloseTo(0.5, 1);
    expect(Math.max(...times.map((at, i) => (at ?? 0) - 80 * i))).toBeLessThanOrEqual(500 + 160 + 1e-9);
  });

  it("brings a command of 1000 bytes over NB-IoT within two seconds, and knows what LoRa cannot carry", () => {
    const [delivery] = new LinkSimulator(LINK_PROFILES["nb-iot"]).send(new Uint8Array(1000), 0);
    expect(delivery.atMs).toBeCloseTo(650 + (1028 * 8) / 60 + 100, 6);
    expect(delivery.atMs).toBeLessThan(2000);
    const lora = new LinkSimulator(LINK_PROFILES.lora);
    expect([lora.send(new Uint8Array(222), 0).length, lora.send(new Uint8Array(223), 0).length]).toEqual([1, 0]);
  });

  it.each([{ loss: 1 }, { loss: -0.1 }, { loss: 0.2, burst: 0.9 }, { loss: 0.9, burst: 2 }])("refuses %o", (options) => {
    expect(() => lossModel(options, new SeededDice(1))).toThrow(RangeError);
  });
});
