/**
 * What every way of running a model must do: one suite, run on an engine in this thread and on one
 * in a worker.
 */
import { MessageChannel, Worker } from "node:worker_threads";
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Audio, Codec, Codes, CodecError, folderFiles, openCodec } from "@twelvehz/codec/node";
import { openEngine, ortBackend, RemoteEngine, serveEngine } from "@twelvehz/codec/internal";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workerPort } from "../../packages/codec/dist/node/worker-port.js";
import { openHere, WAYS } from "../support/codecs.ts";
import { goldenClip, goldenCodes, MODEL_FOLDER } from "../support/golden.ts";
import { inLongForm } from "../support/long-form.ts";
import { firstDifference, joined, joinedCodes, repeated } from "../support/pieces.ts";

const FRAME = 1920;
const LAYERS = 16;
const SECONDS = 21;

/** The code of the error that a promise ends with. */
async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return "no error";
  return error instanceof CodecError ? error.code : String(error);
}

/** In a worker and on ONNX Runtime each have their turn alone. */
const tried = inLongForm ? WAYS : WAYS.filter(([name]) => name !== "in a worker, on ONNX Runtime");

describe.each(tried)("an engine %s", (_, open) => {
  let codec: Codec;
  let speech: Float32Array;
  let codes: Codes;
  /** Longer than two of the pieces of ten seconds in which whole clips are worked on. */
  let long: Audio;

  beforeAll(async () => {
    codec = await open();
    await codec.prepare();
    speech = goldenClip().samples;
    codes = new Codes(goldenCodes(), LAYERS, { model: { name: codec.info.name, id: codec.info.id } });
    long = new Audio(repeated(speech, SECONDS * 24_000), 24_000);
  });
  afterAll(() => codec.close());

  let whole: Float32Array | undefined;
  /** What the codes sound like. */
  async function expected(): Promise<Float32Array> {
    return (whole ??= (await codec.decode(codes)).samples);
  }

  it("tells what model it runs", () => {
    expect(codec.info).toMatchObject({
      family: "compact",
      sampleRate: 24_000,
      frameRate: 12.5,
      samplesPerFrame: FRAME,
      layers: LAYERS,
      codebookSize: 2048,
    });
    expect(codec.info.id).toMatch(/^[0-9a-f]{32}$/);
    expect(codec.info.backend).toMatch(/^(?:onnxruntime-node|wasm)/);
  });

  it("makes the codes that PyTorch makes, and the same of a stream cut at odd places", async () => {
    expect((await codec.encode(goldenClip())).data).toEqual(goldenCodes());
    const stream = codec.openEncodeStream();
    const parts = [
      await stream.push(speech.subarray(0, 1)),
      await stream.push(speech.subarray(1, 4001)),
      await stream.push(speech.subarray(4001)),
    ];
    expect(stream.sampleCount).toBe(speech.length);
    expect(joinedCodes([...parts, await stream.flush()])).toEqual(goldenCodes());
    await stream.close();
  });

  it("carries calls out in their order when none is awaited", async () => {
    const encoder = codec.openEncodeStream();
    const parts = Array.from({ length: 30 }, (_, t) => encoder.push(speech.subarray(t * FRAME, (t + 1) * FRAME)));
    expect(joinedCodes([...(await Promise.all(parts)), await encoder.flush()])).toEqual(goldenCodes());
    const decoder = codec.openDecodeStream();
    const sounds = Array.from({ length: 30 }, (_, t) => decoder.push(codes.frame(t)));
    expect(firstDifference(joined(await Promise.all([...sounds, decoder.flush()])), await expected())).toBeUndefined();
    await encoder.close();
    await decoder.close();
  });

  it("puts sound in the place of lost frames, and keeps time", async () => {
    const decoder = codec.openDecodeStream();
    const before = await decoder.push(codes.slice(0, 10));
    const lost = [await decoder.conceal(), await decoder.conceal()];
    expect(lost.map((samples) => samples.length)).toEqual([FRAME, FRAME]);
    expect(lost[0].some((x) => x !== 0)).toBe(true);
    expect(firstDifference(before, (await expected()).subarray(0, before.length))).toBeUndefined();
    const after = joined([await decoder.push(codes.slice(12, 30)), await decoder.flush()]);
    expect(before.length + 2 * FRAME + after.length).toBe(30 * FRAME);
    await decoder.close();
  });

  it("makes up a lost frame from those before it and the next, of which some layers are enough", async () => {
    const heard = async (next?: Codes): Promise<Float32Array> => {
      const decoder = codec.openDecodeStream();
      await decoder.push(codes.slice(0, 14));
      const samples = await decoder.conceal(next);
      await decoder.close();
      return samples;
    };
    const next = codes.slice(15, 16);
    const few = new Codes(next.data.slice(0, 8), 8, next.spec);
    const [alone, between, nearly, again] = await Promise.all([heard(), heard(next), heard(few), heard(next)]);
    expect(firstDifference(between, again)).toBeUndefined();
    for (const other of [alone, nearly]) expect(firstDifference(between, other)).toBeDefined();
    const stranger = new Codes(next.data.slice(), LAYERS, { model: { name: "other", id: "12".repeat(16) } });
    expect(await failureOf(heard(stranger))).toBe("model-mismatch");
  });

  it("keeps two streams apart whose pushes alternate", async () => {
    const wanted = await expected();
    const [a, b] = [codec.openDecodeStream(), codec.openDecodeStream({ layers: 2 })];
    const [one, two]: [Float32Array[], Float32Array[]] = [[], []];
    for (let t = 0; t < 30; t++) {
      const [x, y] = await Promise.all([a.push(codes.slice(t, t + 1)), b.push(codes.slice(29 - t, 30 - t))]);
      one.push(x);
      two.push(y);
    }
    one.push(await a.flush());
    expect(firstDifference(joined(one), wanted)).toBeUndefined();
    const [c, d] = [codec.openEncodeStream(), codec.openEncodeStream()];
    const pushes = [
      c.push(speech.subarray(0, 9999)),
      d.push(speech.subarray(20_000, 40_000)),
      c.push(speech.subarray(9999)),
      d.push(speech),
    ];
    await Promise.all(pushes);
    expect(joinedCodes([await pushes[0], await pushes[2], await c.flush()])).toEqual(goldenCodes());
    await Promise.all([a.close(), b.close(), c.close(), d.close()]);
    expect(two.every((part) => part.length > 0)).toBe(true);
  });

  it.each(["flush", "reset"] as const)("has a stream as new after %s", async (end) => {
    const encoder = codec.openEncodeStream();
    await encoder.push(speech.subarray(0, 11_000));
    await encoder[end]();
    expect(encoder.sampleCount).toBe(0);
    expect(joinedCodes([await encoder.push(speech), await encoder.flush()])).toEqual(goldenCodes());
    const decoder = codec.openDecodeStream();
    await decoder.push(codes.slice(3, 20).firstLayers(3));
    await decoder[end]();
    expect(firstDifference(joined([await decoder.push(codes), await decoder.flush()]), await expected())).toBeUndefined();
    await Promise.all([encoder.close(), decoder.close()]);
  });

  it("leaves what it is given unchanged, and takes views into a larger buffer", async () => {
    const bytes = new ArrayBuffer(12 + speech.byteLength);
    const view = new Float32Array(bytes, 12, speech.length); // 12: no multiple of 8 or 16
    view.set(speech);
    expect((await codec.encode(new Audio(view, 24_000))).data).toEqual(goldenCodes());
    expect(firstDifference(view, speech)).toBeUndefined();
    expect(view.byteLength).toBe(speech.byteLength); // not handed over to the worker
    const numbers = new Int16Array(1 + codes.data.length).subarray(1);
    numbers.set(codes.data);
    expect(firstDifference((await codec.decode(new Codes(numbers, LAYERS))).samples, await expected())).toBeUndefined();
    expect(numbers).toEqual(codes.data);
  });

  it("gives nothing for nothing", async () => {
    const encoder = codec.openEncodeStream();
    expect((await encoder.push(new Float32Array(0))).frames).toBe(0);
    expect((await encoder.flush()).frames).toBe(0);
    const decoder = codec.openDecodeStream();
    expect(await decoder.push(new Int16Array(0))).toHaveLength(0);
    expect(await decoder.flush()).toHaveLength(0);
    await Promise.all([encoder.close(), decoder.close()]);
  });

  it("refuses sound that is empty or not finite, and goes on after it", async () => {
    expect(await failureOf(codec.encode(new Audio(new Float32Array(0), 24_000)))).toBe("bad-audio");
    const stream = codec.openEncodeStream();
    const first = await stream.push(speech.subarray(0, 5000));
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      const bad = speech.slice(0, 100);
      bad[42] = value;
      await expect(stream.push(bad)).rejects.toMatchObject({
        code: "bad-audio",
        message: expect.stringContaining("sample 5042") as string,
      });
    }
    expect(joinedCodes([first, await stream.push(speech.subarray(5000)), await stream.flush()])).toEqual(goldenCodes());
    await stream.close();
  });

  it("refuses codes out of range, of another shape or of another model", async () => {
    const stream = codec.openDecodeStream();
    for (const bad of [2048, -1, 1.5, Number.NaN])
      expect(await failureOf(stream.push([...new Array<number>(15).fill(0), bad]))).toBe("bad-codes");
    expect(await failureOf(stream.push(new Int16Array(17)))).toBe("bad-codes");
    expect(await failureOf(stream.push(new Codes(new Int16Array(17), 17)))).toBe("bad-codes");
    expect(await failureOf(stream.push(new Codes(Int16Array.of(2048), 1, { codebookSize: 4096 })))).toBe("bad-codes");
    const foreign = new Codes(new Int16Array(16), 16, { model: { name: "other", id: "0".repeat(32) } });
    expect(await failureOf(stream.push(foreign))).toBe("model-mismatch");
    expect(await failureOf(codec.decode(foreign))).toBe("model-mismatch");
    expect(firstDifference(joined([await stream.push(codes), await stream.flush()]), await expected())).toBeUndefined();
    await stream.close();
  });

  it("refuses layers that are not there", async () => {
    expect(await failureOf(codec.encode(goldenClip(), { layers: 17 }))).toBe("usage");
    for (const selection of [{ layers: 0 }, { onlyLayer: 16 }, { muteLayers: [-1] }, { layers: 2, onlyLayer: 1 }]) {
      expect(await failureOf(codec.decode(codes, selection))).toBe("usage");
    }
    const stream = codec.openDecodeStream();
    expect(await failureOf(stream.setLayers({ layers: 99 }))).toBe("usage");
    await stream.close();
  });

  it("tells of its progress in order, to the end", async () => {
    const seen: number[] = [];
    const note = ({ doneSeconds, totalSeconds }: { doneSeconds: number; totalSeconds: number }): void => {
      expect(totalSeconds).toBeCloseTo(SECONDS, 0);
      seen.push(doneSeconds);
    };
    const made = await codec.encode(long, { onProgress: note });
    expect(seen).toEqual([10, 20, SECONDS]);
    seen.length = 0;
    await codec.decode(made.slice(0, 200), { onProgress: ({ doneSeconds }) => seen.push(doneSeconds) });
    expect(seen).toEqual([10, 16]); // 200 frames of 80 ms
  });

  it("stops when it is cancelled, before the work and during it, and works again afterwards", async () => {
    expect(await failureOf(codec.encode(long, { signal: AbortSignal.abort() }))).toBe("aborted");
    expect(await failureOf(codec.decode(codes, { signal: AbortSignal.abort() }))).toBe("aborted");
    const controller = new AbortController();
    const seen: number[] = [];
    const cancelled = codec.encode(long, {
      signal: controller.signal,
      onProgress: ({ doneSeconds }) => {
        seen.push(doneSeconds);
        controller.abort(new Error("enough"));
      },
    });
    await expect(cancelled).rejects.toMatchObject({ code: "aborted", cause: { message: "enough" } });
    expect(seen).toEqual([10]);
    expect((await codec.encode(goldenClip())).data).toEqual(goldenCodes());
  });

  it("says `closed` for a stream after its close(), which may be repeated", async () => {
    const encoder = codec.openEncodeStream();
    await encoder.close();
    await encoder.close();
    expect(await failureOf(encoder.push(speech))).toBe("closed");
    expect(await failureOf(encoder.flush())).toBe("closed");
    const decoder = codec.openDecodeStream();
    await decoder.close();
    expect(await failureOf(decoder.push(codes))).toBe("closed");
    expect(await failureOf(decoder.reset())).toBe("closed");
  });

  it("says `closed` for everything after the codec's close(), also for calls that were on their way", async () => {
    const other = await open();
    const [encoder, decoder] = [other.openEncodeStream(), other.openDecodeStream()];
    await encoder.push(speech.subarray(0, 5000));
    await decoder.push(codes.slice(0, 5));
    const pending = Array.from({ length: 5 }, () => failureOf(decoder.push(codes)));
    await other.close();
    await other.close();
    for (const outcome of await Promise.all(pending)) expect(["no error", "closed"]).toContain(outcome);
    const calls = [encoder.push(speech), encoder.flush(), encoder.reset(), decoder.push(codes), decoder.flush(), decoder.reset()];
    expect(await Promise.all(calls.map(failureOf))).toEqual(calls.map(() => "closed"));
    expect(await failureOf(other.encode(goldenClip()))).toBe("closed");
    expect(await failureOf(other.decode(codes))).toBe("closed");
    expect(await failureOf(other.prepare())).toBe("closed");
    expect(() => other.openEncodeStream()).toThrow(CodecError);
    await encoder.close();
    await decoder.close();
  });

  it("says `bad-model` for a folder whose files are missing, damaged or of another network, and can be closed then", async () => {
    const folder = await mkdtemp(join(tmpdir(), "twelvehz-test-"));
    expect(await failureOf(open(folder))).toBe("bad-model");
    await cp(join(MODEL_FOLDER, "config.json"), join(folder, "config.json"));
    await cp(join(MODEL_FOLDER, "model.safetensors"), join(folder, "model.safetensors"));
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
    await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, dim: 511 }));
    expect(await failureOf(open(folder))).toBe("bad-model"); // weights of another shape

    await writeFile(join(folder, "config.json"), '{\n"model_type": "something-else"}');
    expect(await failureOf(open(folder))).toBe("bad-model");
    await writeFile(join(folder, "config.json"), "{\n");
    expect(await failureOf(open(folder))).toBe("bad-model");
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    await truncate(join(folder, "model.safetensors"), 1_000_000);
    expect(await failureOf(open(folder))).toBe("bad-model");
    await rm(folder, { recursive: true });
  });
});

describe("a network that ONNX Runtime refuses", () => {
  const refusing = {
    Tensor: ort.Tensor,
    InferenceSession: { create: () => Promise.reject(new Error("no kernel\nfor this node")) },
  };
  const engine = () => openEngine(folderFiles(MODEL_FOLDER), ortBackend(refusing, { name: "refusing" }));

  it.each([
    ["in this thread", engine],
    [
      "behind a port",
      async () => {
        const { port1, port2 } = new MessageChannel();
        const served = await engine();
        const connected = RemoteEngine.connect(workerPort(port1), async () => port1.close(), new Promise(() => undefined));
        serveEngine(workerPort(port2), served);
        return connected;
      },
    ],
  ])("is a `runtime` error with its words (%s)", async (_, open) => {
    const codec = new Codec(await open());
    await expect(codec.encode(goldenClip())).rejects.toMatchObject({
      code: "runtime",
      message: expect.stringContaining("no kernel") as string,
    });
    await expect(codec.decode(new Codes(new Int16Array(16), 16))).rejects.toMatchObject({ code: "runtime" });
    await codec.close();
  });
});

describe("a worker", () => {
  /** A worker that greets like a model, and ends itself at the first push; or before it greets. */
  function dyingWorker(greets: boolean): Promise<RemoteEngine> {
    const info = {
      name: "dying",
      id: "0".repeat(32),
      traits: { attention: false },
      layers: LAYERS,
      codebookSize: 2048,
      sampleRate: 24_000,
      samplesPerFrame: FRAME,
    };
    const source = `
      const { parentPort } = require("node:worker_threads");
      if (!${greets}) process.exit(3);
      parentPort.on("message", ({ id, method }) => (method === "push" ? process.exit(3) : parentPort.postMessage({ id, result: 1 })));
      parentPort.postMessage({ info: ${JSON.stringify(info)} });`;
    const worker = new Worker(source, { eval: true });
    const lost = new Promise<string>((resolve) => worker.once("exit", (status) => resolve(`exit status ${status}`)));
    return RemoteEngine.connect(workerPort(worker), async () => void (await worker.terminate()), lost);
  }

  it("that dies fails what waits and what comes after, and says so", async () => {
    const codec = new Codec(await dyingWorker(true));
    const stream = codec.openDecodeStream();
    const waiting = [stream.push(new Int16Array(LAYERS)), stream.push(new Int16Array(LAYERS)), stream.flush()];
    for (const failure of waiting)
      await expect(failure).rejects.toMatchObject({ code: "runtime", message: expect.stringMatching(/exit status 3/) as string });
    expect(await failureOf(stream.push(new Int16Array(LAYERS)))).toBe("runtime");
    expect(await failureOf(codec.encode(goldenClip()))).toBe("runtime");
    await codec.close();
    expect(await failureOf(stream.reset())).toBe("closed");
  });

  it("that dies before the model is open is a `runtime` error", async () => {
    await expect(dyingWorker(false)).rejects.toMatchObject({ code: "runtime", message: expect.stringMatching(/exit status 3/) as string });
  });

  it("never blocks the event loop of its caller", async () => {
    const codec = await openCodec();
    await codec.prepare();
    const delays: number[] = [];
    let last = performance.now();
    const timer = setInterval(() => {
      delays.push(performance.now() - last);
      last = performance.now();
    }, 5);
    const began = performance.now();
    await codec.decode(new Codes(new Int16Array(LAYERS * 250), LAYERS));
    const took = performance.now() - began;
    clearInterval(timer);
    // In this thread the longest gap would be a group of 25 of the 250 frames at least; a gap of
    // half of all means that nothing else ran.
    expect(Math.max(...delays)).toBeLessThan(took / 2);
    expect(delays.length).toBeGreaterThan(10);
    await codec.close();
  });

  it("takes threads from 1 to 64, and gives the same bits with two as with one", async () => {
    await expect(openCodec(undefined, { threads: 0 })).rejects.toThrow(RangeError);
    await expect(openCodec(undefined, { threads: 1.5 })).rejects.toThrow(RangeError);
    const [one, two] = [await openHere(), await openCodec("compact", { threads: 2, backend: "onnx" })];
    const codes = await two.encode(goldenClip());
    expect(codes.data).toEqual(goldenCodes());
    expect(firstDifference((await two.decode(codes)).samples, (await one.decode(codes)).samples)).toBeUndefined();
    await Promise.all([one.close(), two.close()]);
  });
});
