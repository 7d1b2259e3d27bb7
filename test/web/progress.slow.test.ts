/** Work that takes long says how far it is, and can be given up. */
import { Audio, encodeWav } from "@twelvehz/codec";
import { readAudio } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { englishClip } from "../root.ts";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { openSource, type Product, startProduct, untilReady, type Visit, visit } from "./product.ts";

/** Long enough that much of the work lies between two looks at it, seconds. */
const SECONDS = 150;

/**
 * Keeps every text that a bar of progress shows. As soon as one is above 0 %, presses the button
 * that `pressNext` names, once, in the page itself: the work may have ended before a test could.
 */
const WATCH = `
  globalThis.shown = [];
  new MutationObserver(() => {
    for (const bar of document.querySelectorAll(".work-progress")) {
      shown.push(bar.textContent);
      const button = /^[1-9]/.test(bar.textContent) && document.querySelector('[data-testid="' + globalThis.pressNext + '"]');
      if (!button) continue;
      globalThis.pressNext = undefined;
      button.click();
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });`;

describe.skipIf(!chromiumPath)(`long work${browserNote}`, () => {
  let product: Product;
  let guest: Visit;
  beforeAll(async () => {
    product = await startProduct();
    guest = await visit(product);
    await guest.page.evaluate(WATCH);
    await untilReady(guest);
    const { samples, sampleRate } = await readAudio(englishClip);
    const long = new Float32Array(SECONDS * sampleRate).map((_, i) => samples[i % samples.length]);
    await guest.get("file-input").setInputFiles({
      name: "long.wav",
      mimeType: "audio/wav",
      buffer: Buffer.from(encodeWav(new Audio(long, sampleRate)).bytes),
    });
    await guest.page.locator(".clip-name").getByText("long.wav").waitFor();
  });
  afterAll(() => product?.close());

  test("on the model, which comes with its runtime at once, says how much has come", async () => {
    const shown = await percentages(guest);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    expect(guest.requests.findIndex((request) => request.endsWith(".wasm"))).toBeLessThan(
      guest.requests.findIndex((request) => request.endsWith("model.safetensors")), // it does not wait for the weights
    );
  });

  test.each(["browser", "server"])("in the %s says how far it is, is given up, and leaves the page as it was", async (place) => {
    await guest.get("where").locator(`input[value="${place}"]`).check({ force: true });
    await untilReady(guest);
    await giveUpBy("cancel");
    await guest.get("go").click();
    await pressed();
    await guest.page.locator('[data-testid="go"]:enabled').waitFor();
    expect(await guest.get("download").isEnabled()).toBe(false);
    await guest.get("where").locator('input[value="browser"]').check({ force: true });
  });

  test("on scores says how far it is, and is given up without the result, and taken up again", async () => {
    await openSource(guest);
    await untilReady(guest);
    await giveUpBy("scores-cancel");
    await guest.get("go").click();
    await pressed();
    await guest.page.locator('[data-fact="pesq"]').getByText("not measured").waitFor();
    expect(await guest.get("download").isEnabled()).toBe(true);
    await giveUpBy("scores-cancel");
    await guest.get("scores-again").click();
    await pressed();
    await guest.get("scores-again").waitFor();
    expect(guest.problems).toEqual([]);
  });

  /** From now on the work is given up by this button as soon as it says how far it is. */
  async function giveUpBy(testId: string): Promise<void> {
    await guest.page.evaluate(`shown.splice(0); globalThis.pressNext = ${JSON.stringify(testId)}`);
  }

  /** Waits until that has happened. */
  async function pressed(): Promise<void> {
    await expect.poll(() => guest.page.evaluate("globalThis.pressNext === undefined")).toBe(true);
  }
});

async function percentages({ page }: Visit): Promise<number[]> {
  const texts = (await page.evaluate("shown")) as string[];
  return texts
    .map((text) => /^(\d+) %/.exec(text)?.[1])
    .filter((found) => found !== undefined)
    .map(Number);
}
