/** Work that takes long says how far it is, and can be given up. */
import { Audio, encodeWav } from "@twelvehz/codec";
import { readAudio } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { englishClip } from "../root.ts";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { openSource, press, type Product, startProduct, untilReady, type Visit, visit } from "./product.ts";

/** Long enough that much of the work lies between two looks at it, seconds. */
const SECONDS = 150;
const PATIENCE = { timeout: 240_000 };

/** Keeps every text that a bar of progress shows. */
const WATCH = `
  globalThis.shown = [];
  new MutationObserver(() => {
    for (const bar of document.querySelectorAll(".work-progress")) shown.push(bar.textContent);
  }).observe(document, { subtree: true, childList: true, characterData: true });`;

describe.skipIf(!chromiumPath)(`long work${browserNote}`, PATIENCE, () => {
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
  }, 120_000);
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
    await guest.page.evaluate("shown.splice(0)");
    await guest.get("go").click();
    await expect.poll(async () => Math.max(0, ...(await percentages(guest)))).toBeGreaterThan(0);
    await press(guest, "cancel");
    await guest.page.locator('[data-testid="go"]:enabled').waitFor();
    expect(await guest.get("download").isEnabled()).toBe(false);
    await guest.get("where").locator('input[value="browser"]').check({ force: true });
  });

  test("on scores says how far it is, and is given up without the result, and taken up again", async () => {
    await openSource(guest);
    await untilReady(guest);
    await guest.page.evaluate("shown.splice(0)");
    await guest.get("go").click();
    await guest.get("scores-cancel").waitFor();
    await guest.page.locator(".measuring .percent").filter({ hasText: "%" }).waitFor();
    await press(guest, "scores-cancel");
    await guest.page.locator('[data-fact="pesq"]').getByText("not measured").waitFor();
    expect(await guest.get("download").isEnabled()).toBe(true);
    await guest.get("scores-again").click();
    await guest.get("scores-cancel").waitFor();
    expect(guest.problems).toEqual([]);
  });
});

async function percentages({ page }: Visit): Promise<number[]> {
  const texts = (await page.evaluate("shown")) as string[];
  return texts
    .map((text) => /^(\d+) %/.exec(text)?.[1])
    .filter((found) => found !== undefined)
    .map(Number);
}
