/**
 * Every state of the page, and the pages that the command and the documentation have, as axe-core
 * sees them, light and dark.
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../root.ts";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { clipPath, succeed, temporaryFolder } from "../support/command.ts";
import { problemsOf } from "./axe.ts";
import { openSource, type Product, roundTrip, startProduct, untilReady, type Visit, visit } from "./product.ts";

const THEMES = ["light", "dark"] as const;

describe.skipIf(!chromiumPath)(`nothing keeps people out of${browserNote}`, () => {
  const folder = temporaryFolder();
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(() => product?.close());

  test("the page in any state, light and dark", async () => {
    const guest = await visit(product, { reducedMotion: "reduce", bypassCSP: true });
    const { page, get } = guest;
    const found: Record<string, string[]> = {};
    const look = async (state: string): Promise<void> => {
      for (const theme of THEMES) {
        found[`${state}, ${theme}`] = await problemsOf(page);
        await get("theme").click();
      }
    };
    await look("loading");
    await untilReady(guest);
    await look("empty");
    await roundTripOfNoise(guest, look);
    await get("tab-steps").click();
    await page.locator(".steps-decoding:empty").waitFor({ state: "attached" });
    await get("layer-codes-0").click();
    await get("paste-codes").fill("[[9999]]");
    await get("decode-pasted").click();
    await get("paste-error").waitFor();
    await look("steps, with a layer open and an error");
    await get("tab-compare").click();
    await look("compare, empty");
    await get("tab-live").click();
    await look("live");
    await get("live-start").click();
    await get("live-delay").filter({ hasText: /^\d+/ }).waitFor();
    await look("live, running");
    expect(Object.entries(found).filter(([, problems]) => problems.length > 0)).toEqual([]);
    await page.context().close();
  });

  test("the report, the atlas and the listening page, light and dark", async () => {
    const speech = join(folder, "speech");
    mkdirSync(speech);
    copyFileSync(clipPath("english.flac"), join(speech, "english.flac"));
    const [report, atlas] = [join(folder, "report.html"), join(folder, "atlas.html")];
    await succeed(["eval", speech, "--codecs", "compact:16,opus:8", "--measures", "main", "--seconds", "2", "--html", report]);
    await succeed(["atlas", speech, "-o", atlas, "--seconds", "2", "--cost-clips", "1"]);
    for (const colorScheme of THEMES) {
      const context = await product.browser.newContext({ colorScheme, bypassCSP: true });
      const page = await context.newPage();
      for (const file of [report, atlas, join(root, "docs/listening.html")]) {
        await page.goto(`file://${file}`);
        expect([file, colorScheme, await problemsOf(page)]).toEqual([file, colorScheme, []]);
      }
      await page.goto(`file://${atlas}`);
      expect(await page.locator(".few").textContent()).toContain("Of 1 clip only.");
      await context.close();
    }
  });

  test("narrow screens: all tabs are in view at 320 pixels, and Back leads to the tab before", async () => {
    const phone = await visit(product, { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true });
    for (const language of ["en", "zh"]) {
      const tabs = await phone.page.locator("[role=tab]").all();
      const ends = await Promise.all(tabs.map((tab) => tab.evaluate((element) => element.getBoundingClientRect().right)));
      expect([language, Math.max(...ends) <= 320]).toEqual([language, true]);
      await phone.get("language").tap();
    }
    await phone.get("tab-steps").tap();
    await phone.get("tab-live").tap();
    await phone.page.goBack();
    await selected(phone.page, "steps");
    await phone.page.goBack();
    await selected(phone.page, "roundtrip");
    await phone.page.goForward();
    await selected(phone.page, "steps");
    await phone.page.context().close();
  });
});

async function roundTripOfNoise(guest: Visit, look: (state: string) => Promise<void>): Promise<void> {
  await openSource(guest);
  await guest.get("scene-2").click();
  await guest.page.locator('[data-testid="go"]:enabled').waitFor();
  await look("with a clip");
  await roundTrip(guest);
  await guest.get("clean-scores").waitFor();
  await look("with a result and its scores");
}

async function selected(page: Page, tab: string): Promise<void> {
  await page.locator(`[data-testid="tab-${tab}"][aria-selected="true"]`).waitFor();
}
