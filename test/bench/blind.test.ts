/** The blind comparison of the listening page: its counting, and a round of it in a browser. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Audio, encodeWav } from "@twelvehz/codec/node";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chanceOf, shuffled, tally } from "../../bench/listening/blind.mjs";
import { BLIND_SECTION } from "../../bench/listening/blind-section.mjs";
import { root } from "../root.ts";
import { browserNote, chromiumPath, launchBrowser } from "../support/browser.ts";

describe("the counting of a blind comparison", () => {
  it.each([
    [0, 5, 1],
    [5, 5, 1 / 32],
    [9, 10, 11 / 1024],
    [5, 10, 638 / 1024],
  ])("says how likely %i right of %i are by guessing", (right, count, wanted) => {
    expect(chanceOf(right, count)).toBeCloseTo(wanted, 12);
  });

  it("puts every item somewhere, by the numbers it is given", () => {
    expect(shuffled(["a", "b", "c"], () => 0)).toEqual(["b", "c", "a"]);
    expect(shuffled(["a", "b", "c"], () => 0.999)).toEqual(["a", "b", "c"]);
  });

  it("keeps pairs of versions apart", () => {
    const answer = (pair: string, isRight: boolean) => ({ pair, isRight });
    expect(tally([answer("a / b", true), answer("a / c", false), answer("a / b", false)])).toEqual([
      { pair: "a / b", right: 1, count: 2, chance: 0.75 },
      { pair: "a / c", right: 0, count: 1, chance: 1 },
    ]);
  });
});

/** A card as the page has them, with two sounds. */
function card(name: string): string {
  const sound = `data:audio/wav;base64,${Buffer.from(encodeWav(new Audio(new Float32Array(480), 24000)).bytes).toString("base64")}`;
  const version = (label: string) => `<label><b>${label}</b><audio src="${sound}"></audio></label>`;
  return `<article class="example" aria-label="${name}">${version("original")}${version("codec")}</article>`;
}

describe.skipIf(!chromiumPath)(`a round in a browser${browserNote}`, () => {
  const script = readFileSync(join(root, "bench/listening/blind.mjs"), "utf8");
  const markup = `<!doctype html><body>${card("one")}${card("two")}${BLIND_SECTION}<script type="module">${script}</script></body>`;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser({ args: ["--autoplay-policy=no-user-gesture-required"] });
    page = await browser.newPage();
    await page.route("http://listen.test/", (route) => route.fulfill({ contentType: "text/html", body: markup }));
    await page.goto("http://listen.test/");
  });
  afterAll(() => browser?.close());

  const press = (name: string) => page.click(`[data-abx="${name}"]`);
  const isShown = (name: string) => page.isVisible(`[data-abx="${name}"]`);

  it("asks for two versions that differ", async () => {
    await page.selectOption("select >> nth=1", "0");
    await press("start");
    expect(await page.textContent('[data-abx="hint"]')).toBe("Choose two versions that differ.");
    expect(await isShown("trial")).toBe(false);
    await page.selectOption("select >> nth=1", "1");
  });

  it("goes through all clips, shows no result on the way, and keeps the answers in the browser", async () => {
    await press("start");
    for (const left of ["2 to go", "1 to go"]) {
      expect(await page.textContent('[data-abx="left"]')).toBe(left);
      expect(await isShown("result")).toBe(false);
      for (const version of ["a", "x", "b"]) await press(version);
      await page.waitForSelector('[data-abx="b"][aria-pressed="true"]');
      await press("is-a");
    }
    expect(await page.textContent("tbody tr th")).toBe("original / codec");
    expect(await page.textContent("tbody tr td")).toMatch(/^[012] of 2$/);
    await page.reload();
    expect(await page.textContent("tbody tr td")).toMatch(/^[012] of 2$/);
    await press("clear");
    expect(await isShown("result")).toBe(false);
    expect(await page.evaluate('localStorage.getItem("twelvehz-abx")')).toBe("[]");
  });
});
