/** What people come for takes at most three clicks from a fresh page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../root.ts";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { playedSounds, type Product, startProduct, untilReady, type Visit, visit } from "./product.ts";

const MOST_CLICKS = 3;
const CODES = JSON.stringify(Array.from({ length: 20 }, (_, t) => Array.from({ length: 16 }, (_, k) => (t * 37 + k * 101) % 2048)));

type Task = readonly [name: string, work: (guest: Visit, click: (testId: string) => Promise<void>) => Promise<void>];

const TASKS: readonly Task[] = [
  [
    "hear what the codec makes of a scene",
    async (guest, click) => {
      await click("scene-0");
      await click("go");
      await guest.page.locator('[data-testid="download"]:enabled').waitFor();
      await click("play");
      expect((await playedSounds(guest)).length).toBe(2);
      expect(await guest.get("ab").getAttribute("data-heard")).toBe("reconstruction");
    },
  ],
  [
    "save the result",
    async (guest, click) => {
      await click("scene-0");
      await click("go");
      await guest.page.locator('[data-testid="download"]:enabled').waitFor();
      const [file] = await Promise.all([guest.page.waitForEvent("download"), click("download")]);
      expect(
        readFileSync(await file.path())
          .subarray(0, 4)
          .toString(),
      ).toBe("RIFF");
    },
  ],
  [
    "try four layers",
    async (guest, click) => {
      await click("scene-0");
      await click("tab-steps");
      await click("steps-encode");
      await guest.get("layers-slider").fill("4"); // a drag, or keys
      expect(await guest.get("steps-heard").textContent()).toContain("0–3");
    },
  ],
  [
    "decode codes that were copied from Python",
    async (guest, click) => {
      await click("tab-steps");
      await guest.get("paste-codes").fill(CODES); // pasted
      await click("decode-pasted");
      await guest.page.locator('[data-testid="codes-shape"]:text-is("[20, 16]")').waitFor();
    },
  ],
  [
    "compare with Opus",
    async (guest, click) => {
      await click("scene-1");
      await click("tab-compare");
      await click("compare-go");
      await guest.page.locator('[data-testid="row-opus"] .play:enabled').waitFor();
    },
  ],
];

describe.skipIf(!chromiumPath)(`from a fresh page${browserNote}`, () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(() => product?.close());

  test.each(TASKS)("one can %s in three clicks", async (_, work) => {
    const guest = await visit(product);
    await untilReady(guest);
    let clicks = 0;
    await work(guest, async (testId) => {
      clicks++;
      await guest.page.locator(`[data-testid="${testId}"]:enabled`).click();
    });
    expect(clicks).toBeLessThanOrEqual(MOST_CLICKS);
    expect(guest.problems).toEqual([]);
    await guest.page.context().close();
  });

  test("the scenes stand in the order in which they are best heard, the noisy one last", () => {
    const scenes = JSON.parse(readFileSync(join(root, "apps/web/public/scenes/scenes.json"), "utf8")) as { file: string }[];
    expect(scenes.map(({ file }) => file)).toEqual(["story.flac", "pauses.flac", "shop.flac"]);
  });
});
