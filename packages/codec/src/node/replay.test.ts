import { describe, expect, it } from "vitest";
import { Replay } from "./replay.ts";

function source(): { bytes: AsyncGenerator<Uint8Array>; closed: () => boolean } {
  let closed = false;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (let i = 0; i < 5; i++) yield Uint8Array.of(i);
    } finally {
      closed = true;
    }
  }
  return { bytes: pieces(), closed: () => closed };
}

async function all(bytes: AsyncIterable<Uint8Array>): Promise<number[]> {
  const found: number[] = [];
  for await (const piece of bytes) found.push(...piece);
  return found;
}

describe("Replay", () => {
  it("gives everything once more, though the first reader has left", async () => {
    const { bytes, closed } = source();
    const replay = new Replay(bytes);
    for await (const piece of replay) if (piece[0] === 2) break;
    expect(closed()).toBe(false);
    expect(replay.head).toEqual(Uint8Array.of(0));
    expect(await all(replay.restart())).toEqual([0, 1, 2, 3, 4]);
    expect(closed()).toBe(true);
  });

  it("closes the source with its reader once it keeps nothing", async () => {
    const { bytes, closed } = source();
    const replay = new Replay(bytes);
    for await (const _ of replay) {
      replay.forget();
      break;
    }
    expect(closed()).toBe(true);
  });

  it("can be closed without a second reading", async () => {
    const { bytes, closed } = source();
    const replay = new Replay(bytes);
    for await (const _ of replay) break;
    await replay.close();
    expect(closed()).toBe(true);
  });
});
