import { describe, expect, it } from "vitest";
import { RecentDelays } from "./recent-delays.ts";

function after(...delays: readonly number[]): RecentDelays {
  const recent = new RecentDelays();
  for (const delay of delays) recent.add(delay);
  return recent;
}
const times = (count: number, delay: number): number[] => new Array<number>(count).fill(delay);

describe("recent delays", () => {
  it("count from the fastest packet on", () => {
    const recent = after(...times(90, 1000), ...times(10, 1055));
    expect([recent.baseMs, recent.quantileMs(0.5), recent.quantileMs(0.9), recent.quantileMs(0.95)]).toEqual([1000, 0, 0, 55]);
  });

  it("forget what is ten seconds old, the fastest packet too", () => {
    const recent = after(1000, ...times(100, 1200), ...times(24, 1050));
    expect([recent.baseMs, recent.quantileMs(0.95)]).toEqual([1000, 200]);
    for (const delay of times(101, 1050)) recent.add(delay);
    expect([recent.baseMs, recent.quantileMs(0.95)]).toEqual([1050, 0]);
  });

  it("tell a queue, in which all wait, from some packets that are late", () => {
    const busy = after(...Array.from({ length: 100 }, (_, i) => (i % 4 === 0 ? 400 : 0)));
    const queue = after(...Array.from({ length: 100 }, (_, i) => 4 * i));
    expect([busy.quantileMs(0.95), busy.lateMs(25)]).toEqual([400, 0]);
    expect(queue.lateMs(25)).toBe(4 * 87);
  });

  it("begin anew where all packets are later by more than a second: the sender's clock stood still", () => {
    const recent = after(...times(60, 1000), ...times(11, 3500));
    expect([recent.baseMs, recent.quantileMs(0.95)]).toEqual([1000, 2500]);
    recent.add(3510);
    expect([recent.baseMs, recent.quantileMs(0.95), recent.lateMs(25)]).toEqual([3500, 10, 0]);
  });

  it("begin anew where most packets are later by more than a second than all of the newest: this end's clock stood still", () => {
    const recent = after(...times(60, 2500), ...Array.from({ length: 20 }, (_, i) => 2420 - 80 * i), ...times(7, 900));
    expect([recent.baseMs, recent.quantileMs(0.95)]).toEqual([900, 1600]);
    recent.add(910);
    expect([recent.baseMs, recent.quantileMs(0.95)]).toEqual([900, 240]); // the steps of the clock that are left
    const uneasy = after(...times(40, 900), ...times(12, 3000), ...times(12, 900));
    expect(uneasy.quantileMs(0.95)).toBe(2100);
  });

  it("know nothing before the first packet and after they were cleared", () => {
    const recent = after(5, 50);
    recent.clear();
    for (const empty of [recent, new RecentDelays()]) expect([empty.baseMs, empty.quantileMs(0.95), empty.lateMs(25)]).toEqual([0, 0, 0]);
  });
});
