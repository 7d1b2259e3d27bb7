/** The decoder of a model alone in a browser: what is fetched, what is kept, and how a download goes on. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelInfo } from "@twelvehz/codec/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { browserNote, chromiumPath, playScene } from "../support/browser.ts";
import { type PageVisit, visitPage } from "../support/page-visit.ts";
import { FRAME, goldenFloats, goldenInts, largestDifference, PCM_TOLERANCE, TINY_LAYERS } from "../support/published.ts";

interface Opened {
  readonly info: ModelInfo;
  readonly progress: readonly { readonly loadedBytes: number; readonly totalBytes: number }[];
}

const WEIGHTS = "/published/model.safetensors";
/** What is fetched and kept at once: `BLOCK` of kept-ranges.ts. */
const BLOCK = 2 ** 18;
const FRAMES = 2;

describe.skipIf(!chromiumPath)(`the decoder alone in a browser${browserNote}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-decoder-"));
  const file = join(folder, "model.safetensors");
  let visit: PageVisit;
  let page: Page;
  beforeAll(async () => {
    writeSeededCheckpoint(folder, seededConfig("tiny"), 7);
    visit = await visitPage({ "/published/": folder });
    page = await visit.newUser();
  });
  beforeEach(() => visit.renewUser(page));
  afterAll(async () => {
    await visit?.close();
    rmSync(folder, { recursive: true });
  });

  const open = (): Promise<Opened> => playScene<Opened>(page, "open", { model: "/published", weights: "decoder" });
  const openingError = (options: object = {}): Promise<{ readonly code: string; readonly message: string }> =>
    playScene(page, "openingError", { model: "/published", weights: "decoder", ...options });
  const isHeard = async (): Promise<void> => {
    const { samples } = await playScene<{ readonly samples: Float32Array }>(
      page,
      "decode",
      goldenInts("decode/plain/codes").slice(0, FRAMES * TINY_LAYERS),
    );
    expect(largestDifference(samples, goldenFloats("decode/plain/pcm").subarray(0, FRAMES * FRAME))).toBeLessThan(PCM_TOLERANCE);
  };
  /** Bytes of weights that the server sends meanwhile. */
  const sentBy = async (work: () => Promise<unknown>): Promise<number> => {
    const before = visit.server.sentBytes.get(WEIGHTS) ?? 0;
    await work();
    return (visit.server.sentBytes.get(WEIGHTS) ?? 0) - before;
  };

  it("costs the bytes of the decoder, once, tells of all of them, and needs no server afterwards", async () => {
    let opened: Opened | undefined;
    const sent = await sentBy(async () => (opened = await open()));
    expect(sent).toBeLessThan(0.8 * statSync(file).size);
    const { progress } = opened!;
    const { totalBytes } = progress.at(-1)!;
    expect(progress.at(-1)).toEqual({ loadedBytes: totalBytes, totalBytes });
    expect(sent).toBe(totalBytes + 1); // one byte asks whether there are ranges
    for (const [i, { loadedBytes }] of progress.entries()) expect(loadedBytes).toBeGreaterThanOrEqual(progress[i - 1]?.loadedBytes ?? 0);
    await isHeard();
    await playScene(page, "close");
    expect(await sentBy(open)).toBe(1);
    await playScene(page, "close");
    visit.server.unreachable.add("/published/");
    const offline = await open().finally(() => visit.server.unreachable.clear());
    expect(offline.info.id).toBe(opened!.info.id);
    await isHeard();
  });

  it("goes on by itself where a connection breaks off", async () => {
    Object.assign(visit.server.cut, { afterBytes: BLOCK + 1000, times: 1 });
    await open();
    expect(visit.server.cut.times).toBe(0);
    await isHeard();
  });

  it("that broke off for good goes on at the next opening, where it was", async () => {
    await open();
    await page.evaluate(async () => {
      const cache = await caches.open("twelvehz-models");
      const blocks = (await cache.keys()).filter(({ url }) => url.includes("&block=")).slice(2);
      await Promise.all(blocks.map((request) => cache.delete(request)));
    });
    Object.assign(visit.server.cut, { afterBytes: 1000, times: 100 });
    const failure = await openingError().finally(() => (visit.server.cut.times = 0));
    expect(failure).toMatchObject({ code: "io", message: expect.stringMatching(/^Cannot fetch ".*": .*try again/) as string });
    expect(await sentBy(open)).toBe(BLOCK + 1);
    await isHeard();
  });

  it("is fetched as a whole from a server that knows no ranges", async () => {
    visit.server.withoutRanges.add(WEIGHTS);
    await open().finally(() => visit.server.withoutRanges.clear());
    await isHeard();
    expect(await sentBy(open)).toBe(0);
  });

  it("is fetched anew when the server has another version", async () => {
    await open();
    await playScene(page, "close");
    const bytes = readFileSync(file);
    writeFileSync(file, Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)])); // of the encoder
    const sent = await sentBy(open);
    expect(sent).toBeGreaterThan(2 * BLOCK);
    const kept = await page.evaluate(async () => {
      const blocks = (await (await caches.open("twelvehz-models")).keys()).filter(({ url }) => url.includes("&block="));
      return blocks.length;
    });
    expect(kept).toBe(3);
  });

  it("is used, and not kept, where the browser has no room", async () => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: visit.server.url, quotaSize: 1000 });
    const { progress } = await open();
    expect(progress.at(-1)!.loadedBytes).toBe(progress.at(-1)!.totalBytes);
    await isHeard();
    await devtools.detach(); // and there is room again
  });

  it("brings the encoder when one is opened", async () => {
    await open();
    const sent = await sentBy(() => playScene(page, "encode", new Float32Array(FRAME)));
    expect(sent).toBeGreaterThan(BLOCK);
  });

  it("says what is wrong with an opening that is refused", async () => {
    expect(await openingError({ model: "/nowhere" })).toMatchObject({ code: "not-found" });
    expect(await openingError({ abortAfterMs: 1 })).toMatchObject({ code: "aborted" });
  });
});
