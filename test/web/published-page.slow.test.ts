/**
 * The published model in the page: its decoder is fetched alone from the server, decodes on the card
 * that SwiftShader plays, or on the processor, and is there again after a reload. The network is the
 * smallest that has every kind of kernel.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Audio, type Codec, Codes } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { SMALLEST_CONFIG, writeHalved } from "../support/graphics.ts";
import { largestDifference, openHere, PCM_TOLERANCE, TINY_CODEBOOK, TINY_LAYERS } from "../support/published.ts";
import { playedSounds, type Product, readText, startProduct, untilReady, type Visit, visit } from "./product.ts";

const FRAMES = 6;
const codes = Int16Array.from({ length: FRAMES * TINY_LAYERS }, (_, i) => (i * 37) % TINY_CODEBOOK);
const rows = Array.from({ length: FRAMES }, (_, t) => [...codes.subarray(t * TINY_LAYERS, (t + 1) * TINY_LAYERS)]);

describe.skipIf(!chromiumPath)(`the published model in the page${browserNote}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-page-"));
  let product: Product;
  let reference: Codec;
  beforeAll(async () => {
    writeSeededCheckpoint(folder, SMALLEST_CONFIG, 3);
    product = await startProduct(undefined, { model: folder, args: ["--enable-unsafe-webgpu"] });
    reference = await openHere(folder);
  });
  afterAll(async () => {
    await product?.close();
    await reference?.close();
    rmSync(folder, { recursive: true });
  });

  /** Pastes the codes, plays them, and gives what was played. */
  const heard = async (here: Visit): Promise<Audio> => {
    await here.get("tab-steps").click();
    await here.get("paste-codes").fill(JSON.stringify(rows));
    await here.get("decode-pasted").click();
    await here.page.locator(`[data-testid="codes-shape"]:text-is("[${FRAMES}, ${TINY_LAYERS}]")`).waitFor();
    await here.page.locator('[data-testid="steps-download"]:enabled').waitFor();
    await here.get("steps-play").click();
    const [{ audio }] = await playedSounds(here);
    return audio;
  };
  const expectRight = async ({ samples }: Audio, processor = reference): Promise<void> => {
    const wanted = await processor.decode(new Codes(codes, TINY_LAYERS, { codebookSize: TINY_CODEBOOK }));
    expect(largestDifference(samples, wanted.samples)).toBeLessThan(PCM_TOLERANCE);
  };
  const untilPanel = (here: Visit, state: string): Promise<void> =>
    here.page.locator(`[data-testid="published"][data-state="${state}"]`).waitFor();

  test("fetches the decoder, decodes on the card that was chosen, and again after a reload; then on the processor", async () => {
    const here = await visit(product);
    await here.get("local-model").selectOption("published");
    await untilPanel(here, "absent");
    expect(await here.get("graphics").getAttribute("data-lack")).toBe("played");
    expect(await here.get("graphics").textContent()).toMatch(/swiftshader.* the processor is faster/i);
    await here.get("decoding-place").getByText("Graphics card").click();
    await here.get("published-fetch").click();
    await untilPanel(here, "ready");
    const fetched = await readText(
      here,
      "published-ready",
      /^Decodes on .*swiftshader.*, which has passed .* ([\d.]+)\u202fkB of its weights/i,
    );
    expect(1000 * Number(fetched)).toBeLessThan(0.9 * statSync(join(folder, "model.safetensors")).size);
    await expectRight(await heard(here));

    await here.page.reload();
    await untilPanel(here, "ready");
    await here
      .get("published-ready")
      .getByText(/swiftshader/i)
      .waitFor();
    await here.get("decoding-place").getByText("This processor").click();
    await here.get("published-ready").getByText("Decodes on this processor.").waitFor();
    await untilReady(here);
    await expectRight(await heard(here));
    expect(here.problems).toEqual([]);
    await here.page.context().close();
  });

  test("comes with weights of 16 bits where that is wished, in fewer bytes", async () => {
    const halved = join(folder, "halved");
    await writeHalved(folder, halved);
    const here = await visit(product);
    await here.get("local-model").selectOption("published");
    await here.get("published-halved").check();
    await here.get("published-fetch").click();
    await untilPanel(here, "ready");
    const ofHalved = await openHere(halved);
    await expectRight(await heard(here), ofHalved);
    await ofHalved.close();
    await here.page.reload();
    await untilPanel(here, "ready");
    const asked = await here.page.evaluate(async () => (await (await caches.open("twelvehz-models")).keys()).map(({ url }) => url));
    expect(asked.filter((url) => url.includes("/model/published/float16/model.safetensors"))).not.toEqual([]);
    expect(asked.filter((url) => url.includes("/model/published/model.safetensors"))).toEqual([]);
    await here.page.context().close();
  });

  test("can be given up; what the user reads where nothing is reachable, and where there is no card", async () => {
    const here = await visit(product, { locale: "zh-CN" });
    await here.page.route("**/model/published/**", (route) => route.fulfill({ status: 404 }));
    await here.page.addInitScript("navigator.gpu.requestAdapter = async () => null");
    await here.page.reload();
    await here.get("local-model").selectOption("published");
    await here
      .get("published-source")
      .getByText(/twelvehz models pull/)
      .waitFor();
    expect(await here.get("graphics").getAttribute("data-lack")).toBe("none");
    expect(await here.get("decoding-place").locator("input:disabled").count()).toBe(1);
    await here.get("published-address").fill("http://127.0.0.1:9/nothing/");
    await here.get("published-fetch").click();
    await untilPanel(here, "failed");
    expect(await here.get("error").textContent()).toMatch(
      /^无法打开。.*Cannot fetch "http:\/\/127\.0\.0\.1:9\/nothing\/config\.json": .* try again$/,
    );

    let [asked, goOn] = [(): void => undefined, (): void => undefined];
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const goesOn = new Promise<void>((resolve) => (goOn = resolve));
    await here.page.route("**/somewhere/**", async (route) => {
      asked();
      await goesOn;
      await route.abort();
    });
    await here.get("published-address").fill("/somewhere/");
    await here.get("published-fetch").click();
    await isAsked;
    await here.get("published-cancel").click();
    await untilPanel(here, "absent");
    goOn();
    await here.get("local-model").selectOption("compact");
    await untilReady(here);
    await here.page.context().close();
  });
});
