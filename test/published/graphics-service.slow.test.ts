/** The service with its model on a graphics card, played by SwiftShader: one process, streams side by side. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Codec, Codes, openCodec, serializeCodes } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { uniform, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { serve, type Serving } from "../server/serving.ts";
import { graphicsNote, hasGraphics, SMALLEST_CONFIG, useDriver } from "../support/graphics.ts";
import { TINY_CODEBOOK, TINY_LAYERS } from "../support/published.ts";

const FRAMES = 5;

describe.skipIf(!hasGraphics)(`a service on a graphics card${graphicsNote}`, () => {
  const home = mkdtempSync(join(tmpdir(), "twelvehz-service-"));
  const folder = join(home, "model");
  const pids: number[] = [];
  const faults: string[] = [];
  let server: Serving;
  let alone: Codec;
  beforeAll(async () => {
    useDriver();
    process.env["XDG_CACHE_HOME"] = home; // checks that were passed are remembered there
    writeSeededCheckpoint(folder, SMALLEST_CONFIG, 3);
    server = await serve({
      model: folder,
      device: "webgpu",
      engines: "auto",
      onEngine: (pid) => void pids.push(pid),
      onFault: (error) => void faults.push(String(error)),
    });
    await server.models.ready;
    alone = await openCodec(folder, { device: "webgpu" });
  });
  afterAll(async () => {
    await server?.app.close();
    await alone?.close();
    rmSync(home, { recursive: true });
  });

  const clips = Array.from({ length: 6 }, (_, i) => {
    const data = Int16Array.from(uniform(`clip ${i}`, FRAMES * TINY_LAYERS, 0, TINY_CODEBOOK, 7), Math.floor);
    return new Codes(data, TINY_LAYERS, { codebookSize: TINY_CODEBOOK });
  });
  const decoded = async (codes: Codes, query = ""): Promise<Float32Array> => {
    const body = serializeCodes(codes, "json") as Uint8Array<ArrayBuffer>;
    const answer = await fetch(`${server.url}/v1/decode?raw=true&float=true${query}`, { method: "POST", body });
    expect(answer.status).toBe(200);
    return new Float32Array(await answer.arrayBuffer());
  };

  test("decodes requests side by side in one process, to the bits of each alone", async () => {
    const { info } = await server.models.ready;
    expect(info.graphicsCard).toMatch(/swiftshader/i);
    expect(pids).toHaveLength(1);
    const found = await Promise.all(clips.map((codes) => decoded(codes)));
    for (const [i, codes] of clips.entries()) expect(found[i]).toEqual((await alone.decode(codes)).samples);
    expect(faults).toEqual([]);
  });

  test("opens other models where they run, and says what becomes of a process that ends", async () => {
    const compact = await server.models.codec("compact");
    expect(compact.info.graphicsCard).toBeUndefined();
    process.kill(pids[0], "SIGKILL");
    await decoded(clips[0]); // on the processor: the card is only played, and is not required any more
    expect(faults).toEqual([
      expect.stringContaining("An engine process has ended"),
      expect.stringMatching(/The model ".*": the codec runs on the processor: .*only plays one/),
    ]);
  });
});
