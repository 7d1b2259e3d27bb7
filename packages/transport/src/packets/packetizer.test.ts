import { Codes, DEFAULT_SPEC } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { Depacketizer } from "./depacketizer.ts";
import { parseLayout } from "./layout.ts";
import { Packetizer } from "./packetizer.ts";
import { readPayload } from "./payload.ts";

/** Frames from a number on, each code of which tells the frame. */
function frames(first: number, count: number): Codes {
  return new Codes(
    Int16Array.from({ length: 16 * count }, (_, i) => first + Math.floor(i / 16)),
    16,
  );
}

describe("a packetizer and a depacketizer", () => {
  it.each(["16", "16+8@1+4@2+4@3", "2x16+16@1+8@2", "3x8+8@1"])("bring every frame over a link without loss, by the layout %s", (text) => {
    const layout = parseLayout(text);
    const packetizer = new Packetizer(DEFAULT_SPEC, layout);
    const packets = [...packetizer.push(frames(0, 7)), ...packetizer.push(frames(7, 12)), ...packetizer.flush()];
    const depacketizer = new Depacketizer();
    for (const { frame, payload } of packets) depacketizer.take(frame, readPayload(payload, DEFAULT_SPEC));
    for (let t = 0; t < 19; t++)
      expect(depacketizer.get(t)).toEqual({ codes: new Int16Array(layout.layers).fill(t), isWhole: true, pauseFollows: false });
    expect([packetizer.frames, depacketizer.size]).toEqual([19, 19]);
  });

  it("bring of a frame whose packet was lost the most layers of the copies that came, in any order", () => {
    const packetizer = new Packetizer(DEFAULT_SPEC, parseLayout("16+8@1+4@2"));
    const packets = packetizer.push(frames(0, 6));
    const takes = (order: readonly number[]): Depacketizer => {
      const depacketizer = new Depacketizer();
      for (const i of order) depacketizer.take(packets[i].frame, readPayload(packets[i].payload, DEFAULT_SPEC));
      return depacketizer;
    };
    expect(takes([5, 4]).get(3)).toMatchObject({ codes: new Int16Array(8).fill(3), isWhole: false, pauseFollows: undefined });
    expect(takes([5]).get(3)?.codes.length).toBe(4);
    expect(takes([5, 4, 3]).get(3)?.isWhole).toBe(true);
    expect(takes([3, 4, 5, 3]).get(3)?.isWhole).toBe(true);
    const later = takes([4, 5]);
    later.forget(5);
    expect([later.get(4), later.get(5)?.isWhole]).toEqual([undefined, true]);
    expect(takes([0]).size).toBe(1);
  });

  it("change the layout between two packets", () => {
    const packetizer = new Packetizer(DEFAULT_SPEC, parseLayout("2x16"));
    const first = packetizer.push(frames(0, 3));
    packetizer.setLayout(parseLayout("16+16@1"));
    const second = packetizer.push(frames(3, 2));
    expect([first, second].map((packets) => packets.map(({ frame }) => frame))).toEqual([[0], [2, 3, 4]]);
    const partsOf = (i: number): [offset: number, code: number][] =>
      readPayload(second[i].payload, DEFAULT_SPEC).parts.map(({ offset, codes }) => [offset, codes[0]]);
    expect([0, 1, 2].map(partsOf)).toEqual(
      [2, 3, 4].map((frame) => [
        [0, frame],
        [-1, frame - 1],
      ]),
    );
  });

  it("keep the place of frames after some that were never coded, of which copies repeat the frame before", () => {
    const packetizer = new Packetizer(DEFAULT_SPEC, parseLayout("2x16+16@1"));
    const before = packetizer.push(frames(0, 3));
    const waited = packetizer.skip(3);
    const after = packetizer.push(frames(6, 2));
    expect([before, waited, after].map((packets) => packets.map(({ frame }) => frame))).toEqual([[0], [2], [6]]);
    expect(readPayload(after[0].payload, DEFAULT_SPEC).parts.map(({ offset, codes }) => [offset, codes[0]])).toEqual([
      [0, 6],
      [1, 7],
      [-2, 2],
      [-1, 2],
    ]);
    expect(new Packetizer(DEFAULT_SPEC, parseLayout("16")).skip(0)).toEqual([]);
  });
});

describe("a packetizer in a pause", () => {
  it("sends the ends of words, says that a pause follows, then now and then a packet, and everything again when speech does", () => {
    const packetizer = new Packetizer(DEFAULT_SPEC, parseLayout("16+8@1"));
    const sent = (count: number, isQuiet: boolean): { frame: number; pauseFollows: boolean }[] =>
      packetizer
        .push(frames(packetizer.frames, count), isQuiet)
        .map(({ frame, payload }) => ({ frame, pauseFollows: readPayload(payload, DEFAULT_SPEC).pauseFollows }));
    expect(sent(3, false).map(({ pauseFollows }) => pauseFollows)).toEqual([false, false, false]);
    const quiet = sent(40, true);
    expect(quiet.slice(0, 6).every(({ pauseFollows }) => !pauseFollows)).toBe(true);
    expect(quiet.slice(6).every(({ pauseFollows }) => pauseFollows)).toBe(true);
    expect(quiet.length).toBeLessThan(12);
    expect(sent(3, false)).toEqual([43, 44, 45].map((frame) => ({ frame, pauseFollows: false })));
  });
});
