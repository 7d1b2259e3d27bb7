import { once } from "node:events";
import { createReadStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Codec, CodecError, Codes, urlSource } from "@twelvehz/codec";
import { type ModelFiles, openEngine, ortBackend, type OrtModule, RangeFile, SafetensorsWeights } from "@twelvehz/codec/internal";
import { folderFiles, openCodec } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { root } from "../root.ts";

const ort = createRequire(join(root, "packages/codec/package.json"))("onnxruntime-node") as OrtModule;
const backend = ortBackend(ort, { name: "onnxruntime-node" });

describe("weights that are read by byte ranges", () => {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-ranges-"));
  let server: Server;
  let base = "";
  let sent = 0;

  beforeAll(async () => {
    writeSeededCheckpoint(folder, seededConfig("tiny"), 7);
    server = createServer((request, response) => {
      const path = join(folder, request.url ?? "");
      const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "");
      if (!range || request.url === "/whole.safetensors") return void response.writeHead(200).end("everything");
      const [start, end] = [Number(range[1]), Number(range[2])];
      sent += end + 1 - start;
      response.writeHead(206, { "content-range": `bytes ${start}-${end}/${statSync(path).size}` });
      createReadStream(path, { start, end }).pipe(response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  function remoteFiles(): ModelFiles {
    return {
      where: base,
      config: folderFiles(folder).config,
      weights: async () => new SafetensorsWeights([await RangeFile.open(await urlSource(`${base}/model.safetensors`))]),
    };
  }

  test("give the same sound as the folder, and decoding alone fetches less than the whole file", async () => {
    const codes = new Codes(
      Int16Array.from({ length: 20 * 6 }, (_, i) => (i * 37) % 64),
      6,
      { codebookSize: 64 },
    );
    const local = await openCodec(folder, { threads: 1 });
    const remote = new Codec(await openEngine(remoteFiles(), backend));
    expect(remote.info.id).toBe(local.info.id);
    expect((await remote.decode(codes)).samples).toEqual((await local.decode(codes)).samples);
    expect(sent).toBeLessThan(0.9 * statSync(join(folder, "model.safetensors")).size); // the encoder is a third of the file
    const sound = (await local.decode(codes)).samples;
    const encoded = [remote, local].map(async (codec) => {
      const stream = codec.openEncodeStream();
      const pushed = await stream.push(sound);
      await stream.close();
      return pushed.data;
    });
    expect(await encoded[0]).toEqual(await encoded[1]);
    await Promise.all([remote.close(), local.close()]);
  });

  test("a server without ranges and a missing file are one clear error each", async () => {
    await expect(urlSource(`${base}/whole.safetensors`)).rejects.toThrow(/answered 200, 206 with the length is wanted/);
    await expect(urlSource("http://127.0.0.1:9/model.safetensors")).rejects.toBeInstanceOf(CodecError);
  });
});

test("a model that needs more memory than is free is refused at opening, with the figures", async () => {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-memory-"));
  writeSeededCheckpoint(folder, seededConfig("tiny"), 7);
  await expect(openEngine(folderFiles(folder, 1000), backend)).rejects.toThrow(/needs about 1 MB of memory, 0 MB are free/);
  rmSync(folder, { recursive: true });
});
