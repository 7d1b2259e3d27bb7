import { describe, expect, it } from "vitest";
import type { ModelInfo } from "../codes/model-info.ts";
import type { Engine, FrameDecoder, FrameEncoder } from "./engine.ts";
import { CodecError } from "../errors.ts";
import { type Port, RemoteEngine, serveEngine } from "./remote-engine.ts";

const info: ModelInfo = {
  name: "demo",
  id: "0".repeat(32),
  family: "compact",
  traits: { attention: false, parallelCodecs: true, streamsPerProcessor: 8, plainCodebooks: true },
  sampleRate: 24_000,
  frameRate: 12.5,
  samplesPerFrame: 1920,
  layers: 2,
  codebookSize: 8,
  decodeDelaySamples: 0,
  backend: "fake",
};

const never = new Promise<string>(() => undefined);
const nothing = async (): Promise<void> => undefined;

/** One end of a port whose other end is the test. */
class FakePort implements Port {
  readonly sent: { id: number; half: number; method: string; argument?: unknown }[] = [];
  readonly transferred: (readonly ArrayBuffer[])[] = [];
  readonly busy: boolean[] = [];
  #receive: (message: unknown) => void = () => undefined;

  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void {
    this.sent.push(message as (typeof this.sent)[number]);
    this.transferred.push(transfer);
  }

  onMessage(receive: (message: unknown) => void): void {
    this.#receive = receive;
  }

  setBusy(busy: boolean): void {
    this.busy.push(busy);
  }

  deliver(message: unknown): void {
    this.#receive(message);
  }
}

async function connected(terminate = nothing, lost = never): Promise<{ port: FakePort; engine: RemoteEngine }> {
  const port = new FakePort();
  const connecting = RemoteEngine.connect(port, terminate, lost);
  port.deliver({ info });
  return { port, engine: await connecting };
}

/** Two ends that deliver to each other in later microtasks, as a channel does. */
function channel(): [Port, Port] {
  const receivers: ((message: unknown) => void)[] = [];
  const end = (mine: number): Port => ({
    postMessage: (message) => queueMicrotask(() => receivers[1 - mine]?.(structuredClone(message))),
    onMessage: (receive) => (receivers[mine] = receive),
    setBusy: () => undefined,
  });
  return [end(0), end(1)];
}

/** An engine that counts: codes are the number of samples pushed so far, samples are the codes. */
function countingEngine(log: string[]): Engine {
  return {
    info,
    async openEncoder(): Promise<FrameEncoder> {
      let count = 0;
      return {
        push: async (samples) => Int16Array.of((count += samples.length), 0),
        flush: async () => Int16Array.of(count, 1),
        reset: async () => void (count = 0),
        save: async () => ({}),
        restore: async () => undefined,
        close: async () => void log.push("encoder closed"),
      };
    },
    async openDecoder(): Promise<FrameDecoder> {
      let factor = 1;
      return {
        push: async (codes) => {
          if (codes[0] === 7) throw new CodecError("bad-codes", "Cannot use 7");
          if (codes[0] === 6) throw new TypeError("a mistake");
          return Float32Array.from(codes, (code) => code * factor);
        },
        flush: async () => new Float32Array(0),
        reset: nothing,
        save: async () => ({ factor }),
        restore: async (state) => void (factor = (state as { factor: number }).factor),
        conceal: async () => Float32Array.of(0),
        setGains: async (gains) => void (factor = gains[0]),
        close: async () => void log.push("decoder closed"),
      };
    },
    close: async () => void log.push("engine closed"),
  };
}

describe("an engine behind a port", () => {
  it("does what the engine does, with a state for each half", async () => {
    const log: string[] = [];
    const [here, there] = channel();
    const connecting = RemoteEngine.connect(here, async () => void log.push("terminated"), never);
    serveEngine(there, countingEngine(log));
    const engine = await connecting;
    expect(engine.info).toEqual(info);
    const [a, b, decoder] = [await engine.openEncoder(), await engine.openEncoder(), await engine.openDecoder()];
    expect(await a.push(new Float32Array(10))).toEqual(Int16Array.of(10, 0));
    expect(await b.push(new Float32Array(3))).toEqual(Int16Array.of(3, 0));
    expect(await a.push(new Float32Array(5))).toEqual(Int16Array.of(15, 0));
    await a.reset();
    expect(await a.flush()).toEqual(Int16Array.of(0, 1));
    await decoder.setGains(Float32Array.of(2));
    expect(await decoder.push(Int16Array.of(1, 2))).toEqual(Float32Array.of(2, 4));
    await a.close();
    await expect(a.push(new Float32Array(1))).rejects.toMatchObject({ code: "closed" });
    await engine.close();
    expect(log).toEqual(["encoder closed", "engine closed", "terminated"]);
  });

  it("is not closed while it computes", async () => {
    const log: string[] = [];
    const [here, there] = channel();
    const connecting = RemoteEngine.connect(here, async () => void log.push("terminated"), never);
    let finish: () => void = () => undefined;
    const slow = countingEngine(log);
    const waits = new Promise<void>((resolve) => (finish = resolve));
    const push = async (samples: Float32Array): Promise<Int16Array> => {
      await waits;
      log.push("computed");
      return Int16Array.of(samples.length);
    };
    serveEngine(there, { ...slow, openEncoder: async () => ({ ...(await slow.openEncoder()), push }) });
    const engine = await connecting;
    const encoder = await engine.openEncoder();
    const pushed = encoder.push(new Float32Array(1)).catch(() => undefined);
    const closed = engine.close();
    finish();
    await Promise.all([pushed, closed]);
    expect(log).toEqual(["computed", "engine closed", "terminated"]);
  });

  it("passes errors on by their code, and a mistake in the program as `runtime`", async () => {
    const [here, there] = channel();
    const connecting = RemoteEngine.connect(here, nothing, never);
    serveEngine(there, countingEngine([]));
    const decoder = await (await connecting).openDecoder();
    await expect(decoder.push(Int16Array.of(7))).rejects.toMatchObject({ name: "CodecError", code: "bad-codes", message: "Cannot use 7" });
    await expect(decoder.push(Int16Array.of(6))).rejects.toMatchObject({ code: "runtime", message: "a mistake" });
    expect(await decoder.push(Int16Array.of(1))).toEqual(Float32Array.of(1));
  });

  it("sends a copy of what it is given, no more of it than that, and hands the copy over", async () => {
    const { port, engine } = await connected();
    const opening = engine.openEncoder();
    port.deliver({ id: 1, result: 5 });
    const encoder = await opening;
    const larger = new Float32Array(1000).fill(0.5);
    void encoder.push(larger.subarray(10, 12));
    const { argument, half, method } = port.sent[1];
    expect([half, method, argument]).toEqual([5, "push", Float32Array.of(0.5, 0.5)]);
    expect((argument as Float32Array).buffer).not.toBe(larger.buffer);
    expect(port.transferred[1]).toEqual([(argument as Float32Array).buffer]);
    expect((argument as Float32Array).buffer.byteLength).toBe(8);
  });

  it("matches answers to calls in whatever order they come", async () => {
    const { port, engine } = await connected();
    const [first, second] = [engine.openEncoder(), engine.openEncoder()];
    port.deliver({ id: 2, result: 22 });
    port.deliver({ id: 1, result: 11 });
    const [a, b] = [await first, await second];
    void a.flush();
    void b.flush();
    expect(port.sent.slice(2).map(({ half }) => half)).toEqual([11, 22]);
  });

  it("keeps the process alive only while an answer is awaited", async () => {
    const { port, engine } = await connected();
    const [first, second] = [engine.openEncoder(), engine.openDecoder()];
    port.deliver({ id: 1, result: 1 });
    expect(port.busy.at(-1)).toBe(true);
    port.deliver({ id: 2, result: 2 });
    await Promise.all([first, second]);
    expect(port.busy.at(-1)).toBe(false);
  });

  it("fails with what its worker failed with, and ends it", async () => {
    let ended = 0;
    const port = new FakePort();
    const connecting = RemoteEngine.connect(port, async () => void ended++, never);
    port.deliver({ failure: { code: "bad-model", message: "Cannot open the model" } });
    await expect(connecting).rejects.toMatchObject({ code: "bad-model", message: "Cannot open the model" });
    expect(ended).toBe(1);
  });

  it("fails everything when its worker is lost, before the greeting and after it", async () => {
    await expect(RemoteEngine.connect(new FakePort(), nothing, Promise.resolve("exit status 1"))).rejects.toMatchObject({
      code: "runtime",
    });
    let lose: (reason: string) => void = () => undefined;
    const { engine } = await connected(nothing, new Promise((resolve) => (lose = resolve)));
    const waiting = engine.openEncoder();
    lose("out of memory");
    await expect(waiting).rejects.toMatchObject({ code: "runtime", message: expect.stringContaining("out of memory") as string });
    await expect(engine.openDecoder()).rejects.toMatchObject({ code: "runtime" });
    await engine.close();
  });

  it("says `closed` to what was on its way at close(), and stays alive until the worker has ended, whatever is still answered", async () => {
    let end: () => void = () => undefined;
    const { port, engine } = await connected(() => new Promise((resolve) => (end = resolve)));
    const waiting = engine.openEncoder();
    const closing = engine.close();
    port.deliver({ id: 2, result: undefined });
    await expect(waiting).rejects.toMatchObject({ code: "closed" });
    const before = port.busy.length;
    port.deliver({ id: 1, result: 1 });
    expect(port.busy.slice(before)).toEqual([]);
    end();
    await closing;
    await expect(engine.openEncoder()).rejects.toMatchObject({ code: "closed" });
  });
});
