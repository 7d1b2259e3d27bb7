/** The client of a server: the methods of a codec, and connections that are lost. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectCodec, type ConnectOptions, type WebSocketClass } from "@twelvehz/client";
import { Audio, type Codec, type Codes } from "@twelvehz/codec";
import { COMPACT, modelFolder, openCodec, readAudio } from "@twelvehz/codec/node";
import { type ModelsReply, newKey } from "@twelvehz/server";
import { clipPath, temporaryFolder } from "@twelvehz/test-support/command.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Serving, serve } from "../server/serving.ts";
import { LossyProxy } from "./lossy-proxy.ts";

const OPTIONS: ConnectOptions = { webSocket: WebSocket as unknown as WebSocketClass };

let server: Serving;
let local: Codec;
let clip: Audio;
let codes: Codes;
beforeAll(async () => {
  server = await serve();
  await server.models.ready;
  local = await openCodec("compact");
  const { samples } = await readAudio(clipPath("english.flac"));
  clip = new Audio(samples.slice(0, 100_000), 24_000);
  codes = await local.encode(clip);
});
afterAll(async () => {
  await local.close();
  await server.app.close();
});

describe("a codec on a server", () => {
  test("gives the codes and the samples of one at hand", async () => {
    const codec = await connectCodec(server.url, OPTIONS);
    expect(codec.info).toEqual(local.info);
    expect((await codec.encode(clip)).data).toEqual(codes.data);
    expect((await codec.decode(codes)).samples).toEqual((await local.decode(codes)).samples);
    expect((await codec.decode(codes, { muteLayers: [0, 3] })).samples).toEqual(
      (await local.decode(codes, { muteLayers: [0, 3] })).samples,
    );
    await codec.close();
  });

  test("has streams that lose frames, change their layers and begin anew as those at hand do", async () => {
    const codec = await connectCodec(server.url, OPTIONS);
    const [here, there] = [local, codec].map((one) => one.openDecodeStream({ layers: 8 }));
    for (const stream of [here, there]) await stream.push(codes.slice(0, 5));
    expect(await there.conceal()).toEqual(await here.conceal());
    for (const stream of [here, there]) await stream.setLayers({});
    expect(await there.push(codes.slice(5, 20))).toEqual(await here.push(codes.slice(5, 20)));
    for (const stream of [here, there]) await stream.reset();
    expect(await there.push(codes)).toEqual(await here.push(codes));
    await expect(there.push(Int16Array.of(1))).rejects.toMatchObject({ code: "bad-codes" });
    await codec.close();
    await expect(there.flush()).rejects.toMatchObject({ code: "closed" });
  });

  test("is opened by the server where that has not yet done so", async () => {
    const other = await serve({ model: modelFolder(COMPACT) });
    const listed = async (): Promise<ModelsReply["models"]> =>
      ((await (await fetch(`${other.url}/v1/models`)).json()) as ModelsReply).models.filter(({ name }) => name === COMPACT);
    expect(await listed()).toEqual([expect.not.objectContaining({ info: expect.anything() })]);
    const codec = await connectCodec(other.url, { ...OPTIONS, model: COMPACT });
    expect(codec.info).toEqual(local.info);
    expect(await listed()).toEqual([expect.objectContaining({ info: local.info })]);
    const taken = async (): Promise<string | undefined> =>
      /^twelvehz_slots_taken (.*)/m.exec(await (await fetch(`${other.url}/metrics`)).text())?.[1];
    await expect.poll(taken).toBe("0");
    await other.app.close();
  });

  test("wants its key, and tells what is missing", async () => {
    const keysFile = join(temporaryFolder(), "keys");
    const { key, line } = newKey("ann");
    writeFileSync(keysFile, line);
    const closed = await serve({ keysFile });
    await closed.models.ready;
    await expect(connectCodec(closed.url, OPTIONS)).rejects.toMatchObject({ code: "unauthorized" });
    const offline = (): Promise<string> => Promise.reject(new Error("no tokens today"));
    await expect(connectCodec(closed.url, { ...OPTIONS, key: offline })).rejects.toThrow(/no tokens today/);
    let asked = 0;
    const codec = await connectCodec(closed.url, { ...OPTIONS, key: async () => (asked++, key) });
    expect((await codec.decode(codes.slice(0, 3))).samples.length).toBe(3 * 1920);
    expect(asked).toBe(2); // for the list of models, and for the stream
    await codec.close();
    await closed.app.close();
    await expect(connectCodec(closed.url, OPTIONS)).rejects.toMatchObject({ code: "io" });
    await expect(connectCodec(server.url, { ...OPTIONS, model: "none" })).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("a stream whose connection is cut", () => {
  test.each([Infinity, 0])("goes on where it was: nothing is missing, nothing comes twice (%s s kept)", async (keepSeconds) => {
    const proxy = await LossyProxy.open(server.url);
    const codec = await connectCodec(proxy.url, { ...OPTIONS, keepSeconds });
    const stream = codec.openDecodeStream();
    const parts: Float32Array[] = [];
    for (let t = 0; t < codes.frames; t += 5) {
      const pushed = stream.push(codes.slice(t, Math.min(codes.frames, t + 5)));
      if (t % 15 === 0) proxy.cut(); // while it is worked on, or before
      parts.push(await pushed);
    }
    proxy.cut();
    parts.push(await stream.flush());
    expect(Float32Array.from(parts.flatMap((part) => [...part]))).toEqual((await local.decode(codes.withSampleCount(undefined))).samples);
    await codec.close();
    proxy.close();
  });

  test("is sent again from its beginning where its server is another, to the same bits", async () => {
    const [first, second] = [await serve({ limits: { closeSeconds: 0 } }), await serve()];
    await Promise.all([first.models.ready, second.models.ready]);
    const proxy = await LossyProxy.open(first.url);
    const codec = await connectCodec(proxy.url, OPTIONS);
    const encoder = codec.openEncodeStream();
    const parts = [await encoder.push(clip.samples.subarray(0, 60_000))];
    proxy.target = Number(new URL(second.url).port);
    await first.app.close(); // 1001, or cut
    proxy.cut();
    parts.push(await encoder.push(clip.samples.subarray(60_000)), await encoder.flush());
    expect(Int16Array.from(parts.flatMap(({ data }) => [...data]))).toEqual(codes.data);
    await codec.close();
    proxy.close();
    await second.app.close();
  });

  test("fails where its server is another and its beginning was not kept", async () => {
    const [first, second] = [await serve(), await serve()];
    await Promise.all([first.models.ready, second.models.ready]);
    const proxy = await LossyProxy.open(first.url);
    const codec = await connectCodec(proxy.url, { ...OPTIONS, keepSeconds: 1 });
    const [long, short] = [codec.openDecodeStream(), codec.openDecodeStream()];
    const begun = [await long.push(codes.slice(0, 20)), await short.push(codes.slice(0, 10))];
    proxy.target = Number(new URL(second.url).port);
    proxy.cut();
    await expect(long.push(codes.slice(20, 21))).rejects.toMatchObject({ code: "no-session" });
    const whole = local.openDecodeStream();
    expect([...begun[1], ...(await short.push(codes.slice(10, 12)))]).toEqual([...(await whole.push(codes.slice(0, 12)))]);
    await codec.close();
    proxy.close();
    await Promise.all([first.app.close(), second.app.close()]);
  });

  test("fails when it cannot be had again", async () => {
    const proxy = await LossyProxy.open(server.url);
    const codec = await connectCodec(proxy.url, { ...OPTIONS, reconnectSeconds: 0.1 });
    const stream = codec.openDecodeStream();
    await stream.push(codes.slice(0, 2));
    proxy.target = 1; // nothing listens there
    proxy.cut();
    await expect(stream.push(codes.slice(2, 4))).rejects.toMatchObject({ code: "io" });
    await codec.close();
    proxy.close();
  });
});
