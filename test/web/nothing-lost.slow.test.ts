/**
 * Nothing that the user has is lost: by a reload, a server or a network that goes away, a browser
 * that keeps nothing.
 */
import { join } from "node:path";
import { readAudio } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../root.ts";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { soundPath } from "../support/command.ts";
import { envelopeCorrelation } from "../support/spectrum.ts";
import {
  downloadedSound,
  openSource,
  playedSounds,
  press,
  type Product,
  roundTrip,
  startProduct,
  untilReady,
  type Visit,
  visit,
} from "./product.ts";

/** A short clip: what is tried here does not depend on its length. */
const CLIP = join(root, "examples/clips/english.flac");
/** Its decoder is loaded when it is needed. */
const MP3 = soundPath("english.mp3");

describe.skipIf(!chromiumPath)(`what the page has${browserNote}`, () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(() => product?.close());

  /** A page with a round trip of the clip. */
  async function withResult(): Promise<Visit> {
    const guest = await visit(product);
    await untilReady(guest);
    await guest.get("file-input").setInputFiles(CLIP);
    await guest.get("clip").getByText("english.flac").waitFor();
    await roundTrip(guest);
    await guest.page
      .locator('[data-fact="stoi"]')
      .filter({ hasText: /^0\.\d+$/ })
      .waitFor();
    return guest;
  }

  /** What can be read of the clip, its result and its codes. */
  async function readings({ page, get }: Visit): Promise<(string | null)[]> {
    const facts = await Promise.all(
      ["shape", "bytes", "pesq", "stoi", "model"].map((name) => page.locator(`[data-fact="${name}"]`).textContent()),
    );
    return [await get("clip").textContent(), ...facts];
  }

  test("is back after a reload: clip, reconstruction with its readings, and codes as they were edited", async () => {
    const guest = await withResult();
    const { page, get } = guest;
    const [before, sound] = [await readings(guest), await downloadedSound(guest)];
    await get("tab-steps").click();
    await get("codes-shape").waitFor();
    await get("frame-edit").fill("7");
    await get("frame-edit").press("Enter");
    await get("undo").isEnabled();
    await get("layers-slider").fill("4");
    await expect.poll(() => keptOf(guest, "steps", "chosen.filter(Boolean).length")).toBe(4);
    await page.reload();
    await page.locator('[data-testid="codes-shape"]:text-is("[94, 16]")').waitFor();
    expect(await get("frame-edit").inputValue()).toBe("7");
    expect(await get("layers-slider").inputValue()).toBe("4");
    await get("tab-roundtrip").click();
    await page
      .locator('[data-fact="stoi"]')
      .filter({ hasText: /^0\.\d+$/ })
      .waitFor();
    expect(await readings(guest)).toEqual(before);
    expect((await downloadedSound(guest)).samples).toEqual(sound.samples);
    await openSource(guest);
    await get("scene-0").click();
    await chosenClip(guest, /story/);
    await expect.poll(() => keptOf(guest, "clip", "name")).toMatch(/story/);
    await page.reload();
    await chosenClip(guest, /story/);
    expect(await get("download").isEnabled()).toBe(false); // what became of the clip before is gone with it
    expect(guest.problems).toEqual([]);
    await page.context().close();
  });

  test("is said to be lost by a reload, with the remedy, where the browser keeps nothing", async () => {
    const guest = await visit(product);
    await guest.page.addInitScript(
      "IDBFactory.prototype.open = () => { throw new DOMException('The user denied permission', 'SecurityError'); };",
    );
    await guest.page.reload();
    await untilReady(guest);
    await guest.get("scene-0").click();
    await guest.get("keep-error").waitFor();
    expect(await guest.get("keep-error").textContent()).toMatch(/^Save what you need: a reload will not bring it back.*denied permission/);
    await roundTrip(guest);
    expect(guest.problems).toEqual([]);
    await guest.page.context().close();
  });

  test("opens, encodes and plays without its server once it was loaded", async () => {
    const own = await startProduct();
    const guest = await visit(own);
    const { page, get } = guest;
    await untilReady(guest);
    await own.stopServer();
    await page.reload();
    await untilReady(guest);
    await get("file-input").setInputFiles(MP3);
    await get("clip").getByText("english.mp3").waitFor();
    await roundTrip(guest);
    const [said, heard] = [await readAudio(MP3), await downloadedSound(guest)];
    expect(await envelopeCorrelation(said.samples, heard.samples)).toBeGreaterThan(0.85);
    await press(guest, "play");
    expect((await playedSounds(guest)).length).toBe(2);
    await own.close();
  });

  test("goes on to be played and saved when the server that did the work is gone, and the status says so", async () => {
    const own = await startProduct();
    const guest = await visit(own);
    const { page, get } = guest;
    await get("where").locator('input[value="server"]').check({ force: true });
    await untilReady(guest);
    await get("scene-0").click();
    await chosenClip(guest, /story/);
    await roundTrip(guest);
    await own.stopServer();
    await page.locator('[data-testid="status"][data-state="lost"]').waitFor();
    expect(await page.locator(".status-line").textContent()).toMatch(/The server does not answer.*can be played and saved/);
    expect((await downloadedSound(guest)).samples.length).toBeGreaterThan(0);
    await press(guest, "play");
    expect((await playedSounds(guest)).length).toBe(2);
    await own.startServer();
    await untilReady(guest);
    await own.close();
  });
});

/** Waits until a clip is read. */
async function chosenClip({ page }: Visit, name: RegExp): Promise<void> {
  await page.locator(".clip-name").filter({ hasText: name }).waitFor();
}

/** Something of what is kept of the page. */
function keptOf({ page }: Visit, part: string, path: string): Promise<unknown> {
  return page.evaluate(`new Promise((done) => {
    const open = indexedDB.open("twelvehz");
    open.onsuccess = () => {
      const asked = open.result.transaction("sessions").objectStore("sessions").get(sessionStorage["twelvehz.session"] + "/${part}");
      asked.onsuccess = () => done(asked.result?.value.${path});
    };
  })`);
}
