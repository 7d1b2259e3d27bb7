/**
 * Starting and stopping the live loop again and again leaves nothing behind on the audio thread.
 */
import type { CDPSession } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { type Product, startProduct, untilReady, type Visit, visit } from "./product.ts";

/** What the browser counts: https://chromedevtools.github.io/devtools-protocol/tot/Performance. */
const COUNTED = ["AudioHandlers", "AudioWorkletProcessors"];
/** Starts before the first count: code that is compiled and nodes that are pooled come with them. */
const FIRST_STARTS = 4;
/** Starts between the first count and the second. */
const STARTS = 100;

describe.skipIf(!chromiumPath)(`the live loop${browserNote}`, { timeout: 900_000 }, () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(() => product?.close());

  test("leaves no audio worklet and no audio node behind, however often it was started", async () => {
    const guest = await visit(product);
    await guest.get("tab-live").click();
    await untilReady(guest);
    const devtools = await guest.page.context().newCDPSession(guest.page);
    await devtools.send("Performance.enable");
    await startAndStop(guest, FIRST_STARTS);
    const before = await fewest(devtools);
    await startAndStop(guest, STARTS);
    await expect.poll(() => fewest(devtools)).toEqual(before);
    expect(guest.problems).toEqual([]);
  });
});

async function startAndStop({ get }: Visit, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await get("live-start").click();
    await get("live-stop").filter({ hasText: "Stop" }).waitFor();
    await get("live-stop").click();
    await get("live-start").waitFor();
  }
}

/** What is left once the garbage is collected. */
async function fewest(devtools: CDPSession): Promise<Record<string, number>> {
  await devtools.send("HeapProfiler.collectGarbage");
  const { metrics } = await devtools.send("Performance.getMetrics");
  return Object.fromEntries(metrics.filter(({ name }) => COUNTED.includes(name)).map(({ name, value }) => [name, value]));
}
