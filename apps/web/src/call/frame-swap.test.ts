import { describe, expect, it } from "vitest";
import { FrameSwap } from "./frame-swap.ts";

interface Frame {
  readonly number: number;
  data: ArrayBuffer;
}

const bytes = (value: number): ArrayBuffer => Uint8Array.of(value).buffer;

/** A swap, and what it has sent as "frame:datagram". */
function swapping(): { readonly swap: FrameSwap<Frame>; readonly sent: string[] } {
  const sent: string[] = [];
  const swap = new FrameSwap<Frame>(({ number, data }) => sent.push(`${number}:${new Uint8Array(data)}`));
  return { swap, sent };
}

function frames(swap: FrameSwap<Frame>, from: number, to: number): void {
  for (let number = from; number <= to; number++) swap.addFrame({ number, data: bytes(0) });
}

describe("datagrams in the frames of an encoder", () => {
  it("go out at once in frames that were kept, oldest first", () => {
    const { swap, sent } = swapping();
    frames(swap, 1, 3);
    for (const value of [7, 8]) swap.addDatagram(bytes(value));
    expect(sent).toEqual(["1:7", "2:8"]);
  });

  it("wait for frames where there are none, and keep their order", () => {
    const { swap, sent } = swapping();
    for (const value of [7, 8, 9]) swap.addDatagram(bytes(value));
    frames(swap, 1, 2);
    expect(sent).toEqual(["1:7", "2:8"]);
    frames(swap, 3, 3);
    expect(sent).toEqual(["1:7", "2:8", "3:9"]);
  });

  it("leave out frames that nobody needed, and datagrams that have waited too long", () => {
    const { swap, sent } = swapping();
    frames(swap, 1, 100);
    swap.addDatagram(bytes(7));
    expect(sent).toEqual(["97:7"]);
    for (let value = 0; value < 100; value++) swap.addDatagram(bytes(value));
    frames(swap, 101, 200);
    expect(sent.slice(1)).toEqual(
      [0, 1, 2].map((value) => `${98 + value}:${value}`).concat(Array.from({ length: 16 }, (_, i) => `${101 + i}:${84 + i}`)),
    );
  });
});
