/**
 * The published model on WebGPU in Chromium, on the card that SwiftShader plays: its decoder, with its
 * checks, gives what the processor gives; in the long form the encoder, too, the golden codes.
 */
import { join } from "node:path";
import { Codes, type ModelInfo } from "@twelvehz/codec/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { browserNote, chromiumPath, playScene } from "../support/browser.ts";
import { temporaryFolder } from "../support/command.ts";
import { SMALLEST_CONFIG } from "../support/graphics.ts";
import { inLongForm } from "../support/long-form.ts";
import { type PageVisit, visitPage } from "../support/page-visit.ts";
import { goldenInts, goldenSound, largestDifference, openHere, PCM_TOLERANCE, TINY_CODEBOOK, TINY_LAYERS } from "../support/published.ts";

const FRAMES = 2;

interface Opened {
  readonly info: ModelInfo;
  readonly notes: readonly string[];
}

function open(page: Page, device: string): Promise<Opened> {
  return playScene(page, "open", { model: "/published", device, weights: "decoder" });
}

describe.skipIf(!chromiumPath)(`a page with a graphics card${browserNote}`, () => {
  const folder = join(temporaryFolder(), "model");
  let visit: PageVisit;
  let page: Page;
  beforeAll(async () => {
    writeSeededCheckpoint(folder, inLongForm ? seededConfig("tiny") : SMALLEST_CONFIG, 7); // kernels take long to compile
    visit = await visitPage({ "/published/": folder }, ["--enable-unsafe-webgpu"]);
    page = await visit.newUser();
  });
  afterAll(() => visit?.close());

  it(`gives the sound of the processor ${inLongForm ? "and golden codes " : ""}on it, after a check of each half, and fetches the decoder alone at first`, async () => {
    const { info, notes } = await open(page, "webgpu");
    expect([info.graphicsCard, info.backend]).toEqual([
      expect.stringMatching(/swiftshader/i),
      expect.stringMatching(/, decoder on .*swiftshader/i),
    ]);
    const codes = goldenInts("decode/plain/codes").slice(0, FRAMES * TINY_LAYERS);
    const { samples } = await playScene<{ readonly samples: Float32Array }>(page, "decode", codes);
    const processor = await openHere(folder);
    const wanted = (await processor.decode(new Codes(codes, TINY_LAYERS, { codebookSize: TINY_CODEBOOK }))).samples;
    await processor.close();
    expect(largestDifference(samples, wanted)).toBeLessThan(PCM_TOLERANCE);
    for (const name of inLongForm ? ["short", "just_over"] : []) {
      const { data } = await playScene<{ readonly data: Int16Array }>(page, "encode", goldenSound(`encode/${name}/pcm`));
      expect(data).toEqual(goldenInts(`encode/${name}/codes`));
    }
    const kept = await page.evaluate(async () => {
      const requests = await (await caches.open("twelvehz-models")).keys();
      return requests.filter(({ url }) => url.includes("/twelvehz-graphics/")).length;
    });
    expect([kept, notes]).toEqual([inLongForm ? 2 : 1, []]); // each half has passed, and none went to the processor
  });

  it("takes the processor, and says why, where the choice is left open and the card is only played", async () => {
    await visit.renewUser(page);
    const { info, notes } = await open(page, "auto");
    expect(info.graphicsCard).toBeUndefined();
    expect(notes).toEqual([expect.stringMatching(/^the codec runs on the processor: .*only plays one on the processor/)]);
  });
});
