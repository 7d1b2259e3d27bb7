import { describe, expect, test } from "vitest";
import { ManualClock } from "@twelvehz/test-support/manual-clock.ts";
import { paced } from "./paced-body.ts";

const PACE = { floorBytesPerSecond: 100, steadySeconds: 2, patienceSeconds: 10 };

/** A body that is sent by hand, and what its reader and the listener were told. */
function watchedBody(): {
  send: (bytes: number) => Promise<void>;
  end: () => void;
  clock: ManualClock;
  told: string[];
  result: Promise<string>;
} {
  const clock = new ManualClock();
  const told: string[] = [];
  let push: (bytes: number | undefined) => void = () => undefined;
  const source = (async function* () {
    for (;;) {
      const bytes = await new Promise<number | undefined>((resolve) => (push = resolve));
      if (bytes === undefined) return;
      yield new Uint8Array(bytes);
    }
  })();
  const listener = { steady: () => void told.push("steady"), stalled: () => void told.push("stalled"), waited: () => undefined };
  const result = (async () => {
    let count = 0;
    for await (const { length } of paced(source, PACE, clock, listener)) count += length;
    return `${count} bytes`;
  })().catch((error: Error) => error.message);
  const send = async (bytes: number): Promise<void> => {
    push(bytes);
    await clock.pass(0);
  };
  return { send, end: () => push(undefined), clock, told, result };
}

describe("a watched body", () => {
  test("counts as steady when it is ahead of the floor, or whole", async () => {
    const { send, end, told, clock, result } = watchedBody();
    await clock.pass(0);
    await send(199);
    expect(told).toEqual([]);
    await send(1);
    expect(told).toEqual(["steady"]);
    end();
    expect(await result).toBe("200 bytes");
    const short = watchedBody();
    await short.clock.pass(0);
    await short.send(3);
    short.end();
    expect([await short.result, short.told]).toEqual(["3 bytes", ["steady"]]);
  });

  test("loses that when it stands still, gets it back, and is given up when it does not go on", async () => {
    const { send, clock, told, result } = watchedBody();
    await clock.pass(0);
    await send(1000);
    await clock.pass(1.9);
    expect(told).toEqual(["steady"]);
    await clock.pass(0.2);
    expect(told).toEqual(["steady", "stalled"]);
    await send(200);
    expect(told).toEqual(["steady", "stalled", "steady"]);
    await clock.pass(11.9);
    await send(1); // one byte more is no pace
    await clock.pass(0.2);
    expect(await result).toMatch(/^Cannot wait for the rest of the body: it stood still for 10 s; send at least 100 bytes a second$/);
  });

  test("does not pay for the time in which nobody reads", async () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const listener = { steady: () => void told.push("steady"), stalled: () => void told.push("stalled"), waited: () => undefined };
    const pieces = (async function* () {
      for (let i = 0; i < 3; i++) yield new Uint8Array(200);
    })();
    for await (const _ of paced(pieces, PACE, clock, listener)) await clock.pass(100);
    expect(told).toEqual(["steady"]);
  });

  test("at exactly the floor goes on for ever", async () => {
    const { send, end, clock, told, result } = watchedBody();
    await clock.pass(0);
    await send(200);
    for (let second = 0; second < 100; second++) {
      await clock.pass(1);
      await send(100);
    }
    end();
    expect([await result, told]).toEqual(["10200 bytes", ["steady"]]);
  });
});
