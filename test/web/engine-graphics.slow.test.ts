/** The published decoder on WebGPU in Chromium, on the card that SwiftShader plays. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelInfo } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { browserNote, chromiumPath, playScene } from "../support/browser.ts";
import { type PageVisit, visitPage } from "../support/page-visit.ts";
import { FRAME, goldenFloats, goldenInts, largestDifference, PCM_TOLERANCE, TINY_LAYERS } from "../support/published.ts";

interface Opened {
  readonly info: ModelInfo;
  readonly notes: readonly string[];
}

describe.skipIf(!chromiumPath)(`a page that decodes on a graphics card${browserNote}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-graphics-"));
  let visit: PageVisit;
  beforeAll(async () => {
    writeSeededCheckpoint(folder, seededConfig("tiny"), 7);
    visit = await visitPage({ "/published/": folder }, ["--enable-unsafe-webgpu"]);
  });
  afterAll(async () => {
    await visit?.close();
    rmSync(folder, { recursive: true });
  });

  it("gives the golden sound, names the card, and checks it once", async () => {
    const page = await visit.newUser();
    const { info, notes } = await playScene<Opened>(page, "open", { model: "/published", device: "webgpu" });
    expect(info.backend).toMatch(/, decoder on .*swiftshader/i);
    expect(notes).toEqual([]);
    const frames = 9;
    const codes = goldenInts("decode/plain/codes").slice(0, frames * TINY_LAYERS);
    const { samples } = await playScene<{ readonly samples: Float32Array }>(page, "decode", codes);
    expect(largestDifference(samples, goldenFloats("decode/plain/pcm").subarray(0, frames * FRAME))).toBeLessThan(PCM_TOLERANCE);
    const kept = await page.evaluate(async () => {
      const requests = await (await caches.open("twelvehz-models")).keys();
      return requests.filter(({ url }) => url.includes("/twelvehz-graphics/")).length;
    });
    expect(kept).toBe(1);
  });

  it("takes the processor, and says why, where the choice is left open and the card is only played", async () => {
    const page = await visit.newUser();
    const { info, notes } = await playScene<Opened>(page, "open", { model: "/published", device: "auto" });
    expect(info.backend).not.toContain("decoder on");
    expect(notes).toEqual([expect.stringMatching(/^the codec runs on the processor: .*only plays one on the processor/)]);
  });
});
