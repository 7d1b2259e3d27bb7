/**
 * The published model on WebGPU in Chromium, on the card that SwiftShader plays: both halves, with
 * their checks. The network is the smallest that has every kind of kernel; engine-graphics.slow.test.ts
 * has the golden sound.
 */
import { join } from "node:path";
import { Audio, type Codec, Codes, type ModelInfo } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { uniform, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { browserNote, chromiumPath, playScene } from "../support/browser.ts";
import { temporaryFolder } from "../support/command.ts";
import { SMALLEST_CONFIG } from "../support/graphics.ts";
import { type PageVisit, visitPage } from "../support/page-visit.ts";
import { FRAME, goldenSound, largestDifference, openHere, PCM_TOLERANCE, TINY_CODEBOOK, TINY_LAYERS } from "../support/published.ts";

interface Opened {
  readonly info: ModelInfo;
  readonly notes: readonly string[];
}

describe.skipIf(!chromiumPath)(`a page with a graphics card${browserNote}`, () => {
  const folder = join(temporaryFolder(), "smallest");
  let visit: PageVisit;
  let reference: Codec;
  beforeAll(async () => {
    writeSeededCheckpoint(folder, SMALLEST_CONFIG, 3);
    reference = await openHere(folder);
    visit = await visitPage({ "/published/": folder }, ["--enable-unsafe-webgpu"]);
  });
  afterAll(async () => {
    await visit?.close();
    await reference?.close();
  });

  it("decodes and encodes on it as the processor does, after a check of each half, with the decoder's weights alone at first", async () => {
    const page = await visit.newUser();
    const { info, notes } = await playScene<Opened>(page, "open", { model: "/published", device: "webgpu", weights: "decoder" });
    expect([info.graphicsCard, info.backend]).toEqual([
      expect.stringMatching(/swiftshader/i),
      expect.stringMatching(/, decoder on .*swiftshader/i),
    ]);
    const data = Int16Array.from(uniform("page", 2 * TINY_LAYERS, 0, TINY_CODEBOOK, 7), Math.floor);
    const { samples } = await playScene<{ readonly samples: Float32Array }>(page, "decode", data);
    const wanted = await reference.decode(new Codes(data, TINY_LAYERS, { codebookSize: TINY_CODEBOOK }));
    expect(largestDifference(samples, wanted.samples)).toBeLessThan(PCM_TOLERANCE);
    const sound = goldenSound("encode/whole/pcm").subarray(0, FRAME + 700);
    const { data: codes } = await playScene<{ readonly data: Int16Array }>(page, "encode", sound);
    expect(codes).toEqual((await reference.encode(new Audio(sound, 24_000))).data);
    const kept = await page.evaluate(async () => {
      const requests = await (await caches.open("twelvehz-models")).keys();
      return requests.filter(({ url }) => url.includes("/twelvehz-graphics/")).length;
    });
    expect([kept, notes]).toEqual([2, []]); // both halves have passed, and neither went to the processor
  });
});
