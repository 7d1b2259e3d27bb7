/** How the page is worked: by keys, by touch, in each size and language. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Codes, writeTokenFile } from "@twelvehz/codec";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { englishClip } from "../root.ts";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { temporaryFolder } from "../support/command.ts";
import { inLongForm } from "../support/long-form.ts";
import {
  dropFile,
  lowerEnd,
  openSource,
  overflow,
  playedSounds,
  press,
  type Product,
  roundTrip,
  startProduct,
  untilReady,
  type Visit,
  visit,
} from "./product.ts";

/** What Chromium's documentation calls good: https://web.dev/articles/cls. */
const LARGEST_SHIFT = 0.1;

describe.skipIf(!chromiumPath)(`the page, worked by hand${browserNote}`, () => {
  const folder = temporaryFolder();
  let product: Product;
  /** One guest for all: opening the model is what takes longest. */
  let guest: Visit;

  beforeAll(async () => {
    product = await startProduct();
    guest = await visit(product, { hasTouch: true });
  });
  afterAll(() => product?.close());

  test("takes a file anywhere, and says so while one is held over it: codes open in the tab of the steps", async () => {
    const { page, get } = guest;
    await page.evaluate(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["x"], "x.wav"));
      document.body.dispatchEvent(new DragEvent("dragover", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    })()`);
    await get("page-drop").waitFor();
    await page.evaluate(`document.body.dispatchEvent(new DragEvent("dragleave", { relatedTarget: null, bubbles: true }))`);
    await get("page-drop").waitFor({ state: "detached" });
    const data = Int16Array.from({ length: 5 * 16 }, (_, i) => i);
    const file = join(folder, "five.t12");
    writeFileSync(file, writeTokenFile(new Codes(data, 16)));
    await get("tab-live").click();
    await dropFile(guest, "status", file); // perhaps before the model is ready: they wait for it
    await page.locator('[data-testid="codes-shape"]:text-is("[5, 16]")').waitFor();
    expect(await get("tab-steps").getAttribute("aria-selected")).toBe("true");
    expect(await get("codes-origin").textContent()).toContain("five.t12");
    await get("tab-live").click();
    await dropFile(guest, "status", englishClip);
    await get("clip").getByText("english.flac").waitFor();
  });

  test("is worked with the keyboard alone", async () => {
    const { page, get } = guest;
    const focusOn = async (testId: string, key = "Tab"): Promise<void> => {
      const focused = (): Promise<unknown> => page.evaluate("document.activeElement?.dataset.testid");
      for (let presses = 0; (await focused()) !== testId; presses++) {
        if (presses > 40) throw new Error(`The tab key does not reach ${testId}`);
        await page.keyboard.press(key);
      }
    };
    await untilReady(guest);
    await get("tab-roundtrip").focus();
    for (const tab of ["steps", "compare", "live", "call", "roundtrip"]) {
      await page.keyboard.press("ArrowRight");
      await page.locator(`[data-testid="tab-${tab}"][aria-selected="true"]`).waitFor();
    }
    await focusOn("source-fold"); // folded since codes were shown
    await page.keyboard.press("Enter");
    await focusOn("scene-1", "Shift+Tab");
    await page.keyboard.press("Enter");
    await get("clip").getByText("english.flac").waitFor({ state: "detached" });
    await page.locator('[data-testid="go"]:enabled').waitFor(); // not while the clip is being read
    await focusOn("go");
    await page.keyboard.press("Enter");
    await page.locator('[data-testid="download"]:enabled').waitFor();
    await page.evaluate("document.activeElement.blur()");
    await page.keyboard.press("Space");
    await page.locator('[data-testid="play"][aria-pressed="true"]:visible').waitFor();
    await page.keyboard.press("b");
    await page.locator('[data-testid="ab"][data-heard="reconstruction"]').waitFor();
    await page.keyboard.press("Space");
    await page.locator('[data-testid="play"][aria-pressed="false"]:visible').waitFor();
  });

  test("plays a part that was dragged over a picture again and again, A and B in step, and gives it up", async () => {
    const { page, get } = guest;
    const box = (await page.locator('[data-testid="reconstruction"] .scrubber').boundingBox())!;
    const at = (part: number): [x: number, y: number] => [box.x + part * box.width, box.y + box.height / 2];
    await page.mouse.move(...at(0.5));
    await page.mouse.down();
    await page.mouse.move(...at(0.3), { steps: 4 });
    await page.mouse.up();
    expect(await get("chosen-part").count()).toBe(2); // in both pictures
    await playedSounds(guest);
    await press(guest, "play");
    const [original, reconstruction] = await playedSounds(guest);
    const seconds = original.audio.durationSeconds;
    expect(original.loop).toEqual([expect.closeTo(0.3 * seconds, 1), expect.closeTo(0.5 * seconds, 1)]);
    expect([reconstruction.loop, reconstruction.when, reconstruction.offset]).toEqual([original.loop, original.when, original.offset]);
    expect(original.offset).toBeCloseTo(original.loop[0], 6);
    await press(guest, "ab");
    expect(await playedSounds(guest)).toEqual([]); // nothing started anew: no gap
    await page.keyboard.press("Escape");
    await get("chosen-part").first().waitFor({ state: "detached" });
    expect((await playedSounds(guest)).map(({ loop }) => loop)).toEqual([[], []]); // it goes on, in the whole
    await page.keyboard.press("Space");
    await page.locator('[data-testid="play"][aria-pressed="false"]:visible').waitFor();
  });

  test("zooms into the pictures, and chooses a part, by keys and by buttons", async () => {
    const { page, get } = guest;
    const picture = (): Promise<unknown> => page.evaluate(`document.querySelector('[data-testid="original"] canvas').toDataURL()`);
    const whole = await picture();
    await page.keyboard.press("+");
    await page.keyboard.press("+");
    await expect.poll(picture).not.toBe(whole);
    const beginning = await picture();
    await get("pan").focus();
    await page.keyboard.press("End");
    await expect.poll(picture).not.toBe(beginning);
    await page.evaluate("document.activeElement.blur()");
    await page.keyboard.press("0");
    await expect.poll(picture).toBe(whole);
    await get("original").locator("input[type=range]").focus();
    await page.keyboard.press("Home"); // the slider's own key
    await page.keyboard.press("ArrowRight");
    await get("part-begin").click();
    await get("original").locator("input[type=range]").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("]");
    expect(await get("part").textContent()).toBe("Loop 1.00–2.00 s");
    await get("part-none").click();
    expect(await get("chosen-part").count()).toBe(0);
  });

  const sizes = [
    { width: 390, height: 844 },
    { width: 1280, height: 720 },
  ];
  test.each(inLongForm ? sizes : sizes.slice(0, 1))(
    "folds the choice of a clip, so that the result is in view at $width x $height",
    async (viewport) => {
      const { page, get } = guest;
      await page.setViewportSize(viewport);
      await openSource(guest);
      await get("scene-0").click();
      await get("clip").getByText("story").waitFor();
      await page.evaluate("shift = 0");
      await roundTrip(guest);
      expect(await get("scene-0").count()).toBe(0); // folded
      await page.evaluate("scrollTo(0, 0)");
      expect(await lowerEnd(guest, "ab")).toBeLessThan(viewport.height);
      const pictures = await get("reconstruction").locator("canvas, svg").first().boundingBox();
      expect(pictures!.y + pictures!.height).toBeLessThan(viewport.height);
      expect(await page.evaluate("shift")).toBeLessThan(LARGEST_SHIFT);
      await get("source-fold").click();
      await get("scene-1").click();
      await get("clip").getByText("story").waitFor({ state: "detached" });
    },
  );

  test("fits on a phone, in every tab and in both languages", async () => {
    const devtools = await guest.page.context().newCDPSession(guest.page);
    await devtools.send("Emulation.setDeviceMetricsOverride", { width: 390, height: 844, deviceScaleFactor: 2, mobile: true });
    await roundTrip(guest);
    for (const language of ["English", "Chinese"]) {
      for (const tab of ["roundtrip", "steps", "compare", "live", "call"]) {
        await guest.get(`tab-${tab}`).tap();
        if (tab === "steps") await guest.get("codes-canvas").waitFor();
        expect([language, tab, await overflow(guest)]).toEqual([language, tab, 0]);
      }
      await guest.get("language").tap();
    }
  });

  test("live, on a clip without a microphone, draws sound and codes as they come; layers are switched by touch and by keys", async () => {
    const { page, get } = guest;
    await get("tab-live").tap();
    await get("live-start-clip").tap();
    const inks = (name: string): Promise<number> =>
      page.evaluate(`(() => {
        const canvas = document.querySelector('[data-testid="live-${name}"]');
        return new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
      })()`) as Promise<number>;
    for (const name of ["input", "codes", "output"]) await expect.poll(() => inks(name)).toBeGreaterThan(20);
    await get("live-layer-5").tap();
    await get("live-layers-value").getByText("15 of 16").waitFor();
    expect(await get("live-layer-5").getAttribute("aria-pressed")).toBe("false");
    await get("live-layer-0").focus();
    await page.keyboard.press("End");
    await page.keyboard.press("Space");
    await get("live-layers-value").getByText("14 of 16").waitFor();
    expect(await get("live-layer-15").getAttribute("aria-pressed")).toBe("false");
    const stage = (await get("live-stage").boundingBox())!;
    expect([stage.x, stage.width]).toEqual([0, 390]); // from edge to edge
    await get("live-stop").tap();
    await get("live-start").waitFor();
  });

  test("had no fault in all of this", async () => {
    expect(guest.problems).toEqual([]);
    await guest.page.context().close();
  });

  test("speaks Chinese and English, is light and dark, as was chosen last time", async () => {
    const other = await visit(product, { locale: "zh-CN", colorScheme: "dark" });
    const { page, get } = other;
    const looks = async (): Promise<unknown[]> => [
      await page.evaluate("document.documentElement.lang"),
      await page.evaluate("document.documentElement.dataset.theme"),
      await get("tab-roundtrip").textContent(),
      await get("scene-0").locator("strong").textContent(),
    ];
    const wordsOf = async (): Promise<string> => (await page.locator("body").textContent()) ?? "";
    await get("scene-0").getByText("孩子讲故事").waitFor();
    expect(await looks()).toEqual([expect.stringMatching(/^zh/), "dark", "往返", "孩子讲故事"]);
    const chinese = await wordsOf();
    await get("language").click();
    await get("theme").click();
    const english = ["en", "light", "Round trip", "A child's story"];
    expect(await looks()).toEqual(english);
    expect(await wordsOf()).not.toBe(chinese);
    await page.reload();
    await get("scene-0").getByText("story").waitFor();
    expect(await looks()).toEqual(english);
    expect(other.problems).toEqual([]);
    await page.context().close();
  });
});
