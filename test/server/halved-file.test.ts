/** The published model as a server gives it to a page with weights of 16 bits. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { memoryFile } from "@twelvehz/codec/internal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { temporaryFolder } from "../support/command.ts";
import { serve, type Serving } from "./serving.ts";

describe("a published model with weights of 16 bits", () => {
  const folder = join(temporaryFolder(), "tiny7");
  let server: Serving;
  let url: string;
  beforeAll(async () => {
    writeSeededCheckpoint(folder, seededConfig("tiny"), 7);
    server = await serve({ model: folder });
    url = `${server.url}/model/published/float16/model.safetensors`;
  });
  afterAll(() => server?.app.close());
  const bytesOf = async (headers: Record<string, string> = {}): Promise<Uint8Array> =>
    new Uint8Array(await (await fetch(url, { headers })).arrayBuffer());

  it("has the decoder's matrices rounded, and all else as it was", async () => {
    const [given, stored] = [await bytesOf(), new Uint8Array(readFileSync(join(folder, "model.safetensors")))].map(memoryFile);
    expect([...given.index.tensors.keys()].sort()).toEqual([...stored.index.tensors.keys()].sort());
    const rounded: string[] = [];
    for (const [name, { dtype, shape }] of given.index.tensors) {
      const wanted = stored.index.tensors.get(name)!;
      expect(shape).toEqual(wanted.shape);
      if (dtype === "F16") rounded.push(name);
      else expect(given.read(name)).toEqual(stored.read(name));
    }
    expect(rounded.filter((name) => !name.startsWith("decoder."))).toEqual([]);
    expect(rounded.filter((name) => /norm|bias|snake|alpha|beta|codebook|dwconv|scale/.test(name))).toEqual([]);
    expect(rounded).toEqual(
      expect.arrayContaining(["decoder.pre_conv.conv.weight", "decoder.pre_transformer.layers.0.mlp.down_proj.weight"]),
    );
  });

  it("comes by ranges, with a version of its own", async () => {
    const whole = await bytesOf();
    const head = await fetch(url, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(whole.length));
    const { size } = statSync(join(folder, "model.safetensors"));
    expect(whole.length).toBeLessThan(size);
    for (const [start, end] of [
      [0, 2],
      [7, 5001],
      [5001, 5002],
      [whole.length - 301_001, whole.length - 1],
      [0, whole.length],
    ]) {
      const answer = await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` } });
      expect([answer.status, answer.headers.get("content-range")]).toEqual([206, `bytes ${start}-${end - 1}/${whole.length}`]);
      expect(Buffer.compare(new Uint8Array(await answer.arrayBuffer()), whole.subarray(start, end))).toBe(0);
    }
    expect(Buffer.compare(await bytesOf({ range: "bytes=9-" }), whole.subarray(9))).toBe(0);
    expect((await fetch(url, { headers: { range: `bytes=${whole.length}-` } })).status).toBe(416);
    const etag = head.headers.get("etag")!;
    expect((await fetch(url, { headers: { "if-none-match": etag } })).status).toBe(304);
    expect((await fetch(url.replace("float16/", ""))).headers.get("etag")).not.toBe(etag);
  });

  it("comes with the same configuration, and nothing else of the folder", async () => {
    const config = await fetch(url.replace("model.safetensors", "config.json"));
    expect(await config.text()).toBe(readFileSync(join(folder, "config.json"), "utf8"));
    for (const file of ["other.safetensors", "..%2Fmodel.safetensors", "notes.txt"])
      expect((await fetch(url.replace("model.safetensors", file))).status).toBe(404);
  });
});
