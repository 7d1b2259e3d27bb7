import { describe, expect, test } from "vitest";
import { ManualClock } from "@twelvehz/test-support/manual-clock.ts";
import type { ModelInfo } from "../codes/model-info.ts";
import { CodecError } from "../errors.ts";
import type { Engine, FrameDecoder, FrameEncoder } from "./engine.ts";
import { EnginePool, type StartedEngine } from "./engine-pool.ts";

const INFO = { name: "sums", samplesPerFrame: 2, layers: 1 } as ModelInfo;

/** An engine whose decoder gives running sums, which can be lost, and which may hang. */
class FakeEngine implements Engine {
  readonly info = INFO;
  readonly lost: Promise<string>;
  lose: (reason: string) => void = () => undefined;
  hangs = false;
  gone = false;
  calls: string[] = [];
  #waiting: ((error: Error) => void)[] = [];

  constructor() {
    this.lost = new Promise((resolve) => {
      this.lose = (reason) => {
        this.gone = true;
        resolve(reason);
        void this.lost.then(() => this.#waiting.splice(0).forEach((reject) => reject(new CodecError("runtime", "lost"))));
      };
    });
  }

  async openEncoder(): Promise<FrameEncoder> {
    throw new Error("not needed");
  }

  async openDecoder(): Promise<FrameDecoder> {
    let sum = 0;
    const call = async <T>(name: string, work: () => T): Promise<T> => {
      this.calls.push(name);
      if (this.gone) throw new CodecError("runtime", "lost");
      if (this.hangs) await new Promise<never>((_, reject) => this.#waiting.push(reject));
      return work();
    };
    return {
      push: (codes) =>
        call(`push ${codes.join()}`, () => {
          if (codes.includes(666)) this.lose("a crash");
          if (codes.includes(666)) throw new CodecError("runtime", "lost");
          if (codes.includes(-1)) throw new CodecError("bad-codes", "no");
          return Float32Array.from(codes, (code) => (sum += code));
        }),
      conceal: () => call("conceal", () => Float32Array.of(sum)),
      flush: () => call("flush", () => Float32Array.of((sum = 0))),
      reset: () => call("reset", () => void (sum = 0)),
      save: () => call("save", () => ({ sum })),
      restore: (state) => call("restore", () => void (sum = (state as { sum: number }).sum)),
      setGains: () => call("gains", () => undefined),
      close: () => call("close", () => undefined),
    };
  }

  async close(): Promise<void> {
    this.gone = true;
  }
}

async function opened(engines: number): Promise<{ pool: EnginePool; all: FakeEngine[]; clock: ManualClock; told: string[] }> {
  const all: FakeEngine[] = [];
  const told: string[] = [];
  const clock = new ManualClock();
  const start = async (): Promise<StartedEngine> => {
    const engine = new FakeEngine();
    all.push(engine);
    return { engine, lost: engine.lost, kill: () => engine.lose("killed") };
  };
  const pool = await EnginePool.open({
    engines,
    start,
    clock,
    hangMs: 1000,
    onLost: (reason) => void told.push(reason),
    onRestored: () => void told.push("restored"),
  });
  return { pool, all, clock, told };
}

const codes = (...values: number[]): Int16Array => Int16Array.from(values);

describe("a pool of engines", () => {
  test("gives each stream to the engine with the fewest", async () => {
    const { pool, all } = await opened(3);
    const streams = [await pool.openDecoder(), await pool.openDecoder(), await pool.openDecoder(), await pool.openDecoder()];
    for (const stream of streams) await stream.push(codes(1));
    expect(all.map(({ calls }) => calls.length).sort((a, b) => a - b)).toEqual([1, 1, 2]);
    await streams[1].close();
    const next = await pool.openDecoder();
    await next.push(codes(7));
    expect(all[1].calls).toContain("push 7");
    await pool.close();
  });

  test("cuts what is long, so that others have their turn", async () => {
    const { pool, all } = await opened(1);
    const stream = await pool.openDecoder();
    expect([...(await stream.push(codes(1, 1, 1, 1, 1, 1)))]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(all[0].calls).toEqual(["push 1,1,1,1", "push 1,1"]);
    await pool.close();
  });

  test("lets a stream go on elsewhere from its last saved state when its engine is lost, at rest or at work", async () => {
    const { pool, all, told, clock } = await opened(2);
    const stream = await pool.openDecoder();
    for (let i = 0; i < 27; i++) await stream.push(codes(1));
    all[0].lose("a crash");
    await clock.pass(0);
    expect([...(await stream.push(codes(1)))]).toEqual([28]);
    expect(all[1].calls.slice(0, 4)).toEqual(["restore", "push 1", "push 1", "push 1"]); // 24 are in the state
    all[1].hangs = true;
    const waiting = stream.push(codes(1));
    await clock.pass(1.1); // the hanging engine is ended; the first has been started anew meanwhile
    expect([...(await waiting)]).toEqual([29]);
    expect(told).toEqual(["a crash", "restored", "killed", "restored"]);
    await pool.close();
  });

  test("takes the copies of streams that began together one after the other, in the next clip too", async () => {
    const { pool, all } = await opened(1);
    const streams = [await pool.openDecoder(), await pool.openDecoder(), await pool.openDecoder()];
    for (let clip = 0; clip < 2; clip++) {
      const copies: number[] = [];
      for (let i = 0; i < 12; i++) {
        for (const stream of streams) await stream.push(codes(1));
        copies.push(all[0].calls.splice(0).filter((name) => name === "save").length);
      }
      expect(copies).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
      for (const stream of streams) await stream.flush();
    }
    await pool.close();
  });

  test("remembers nothing of a clip that has ended", async () => {
    const { pool, all, clock } = await opened(2);
    const stream = await pool.openDecoder();
    await stream.push(codes(5));
    await stream.flush();
    all[0].lose("a crash");
    await clock.pass(0);
    expect([...(await stream.push(codes(1)))]).toEqual([1]);
    expect(all[1].calls).toEqual(["push 1"]);
    await pool.close();
  });

  test("passes on what the work fails with, and takes work that loses one engine after the other for the cause", async () => {
    const { pool, all, clock } = await opened(4);
    const stream = await pool.openDecoder();
    await expect(stream.push(codes(-1))).rejects.toMatchObject({ code: "bad-codes" });
    expect([...(await stream.push(codes(2)))]).toEqual([2]);
    await expect(stream.push(codes(666))).rejects.toMatchObject({ code: "runtime" });
    expect(all.filter(({ gone }) => gone).length).toBe(2);
    await clock.pass(0);
    await pool.close();
  });

  test("starts engines anew, after a while that grows", async () => {
    const { pool, all, clock } = await opened(1);
    for (const wait of [0.1, 0.2, 0.4]) {
      const count = all.length;
      all[count - 1].lose("a crash");
      await clock.pass(wait - 0.01);
      expect(all.length).toBe(count);
      await clock.pass(0.02);
      expect(all.length).toBe(count + 1);
    }
    const stream = await pool.openDecoder();
    expect([...(await stream.push(codes(3)))]).toEqual([3]);
    await pool.close();
    await expect(pool.openDecoder()).rejects.toMatchObject({ code: "closed" });
  });
});
