import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeWav, readAudio } from "@twelvehz/codec/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { englishClip } from "../root.ts";
import { browserNote, chromiumPath, playScene } from "../support/browser.ts";
import { MODEL_FOLDER } from "../support/golden.ts";
import { type PageVisit, visitPage } from "../support/page-visit.ts";

describe.skipIf(!chromiumPath)(`the live tab${browserNote}`, { retry: 2 }, () => {
  // live sound on a machine that is busy with other tests may break off
  let visit: PageVisit;
  let folder: string;
  /** A page whose codec is ready; each test leaves the loop stopped. */
  let ready: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "twelvehz-live-"));
    const clip = join(folder, "clip.wav");
    await writeFile(clip, encodeWav(await readAudio(englishClip)).bytes);
    visit = await visitPage({ "/model/": MODEL_FOLDER }, [
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${clip}`,
    ]);
    ready = await visit.newUser();
    await showLiveTab(ready, "en", { prepare: true });
  });

  afterAll(async () => {
    await visit?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function showLiveTab(page: Page, language: "en" | "zh", { prepare = false } = {}): Promise<void> {
    await playScene(page, "open", { model: "/model", prepare });
    await playScene(page, "showLiveTab", language);
  }

  /** Waits until what is shown under a test id looks so. */
  async function shows(page: Page, testId: string, text: RegExp): Promise<void> {
    await page.getByTestId(testId).filter({ hasText: text }).waitFor();
  }

  it("shows delay and bit rate while one speaks, and follows the layers at once", async () => {
    const page = ready;
    await page.getByTestId("live-start").click();
    await shows(page, "live-delay", /^\d+ ms$/);
    await shows(page, "live-bit-rate", /^(1\.[5-9]|2\.)\d+.kbit\/s$/);
    await page.getByTestId("live-layers").fill("4");
    await shows(page, "live-layers-value", /^4 of 16$/);
    await shows(page, "live-bit-rate", /^0\.[3-7]\d.kbit\/s$/);
    await page.getByTestId("live-stop").click();
    await shows(page, "live-start", /^Start$/);
    expect(Number(await page.getByTestId("live-level").getAttribute("value"))).toBe(0);
  });

  it("can be worked by keyboard alone", async () => {
    const page = ready;
    await page.getByTestId("live-start").focus();
    await page.keyboard.press("Enter");
    await shows(page, "live-delay", /^\d+ ms$/);
    await page.getByTestId("live-layers").focus();
    await page.keyboard.press("Home");
    await shows(page, "live-layers-value", /^1 of 16$/);
    await page.getByTestId("live-stop").press("Space");
    await shows(page, "live-start", /^Start$/);
  });

  it("lets the microphone go when another tab is shown", async () => {
    const page = ready;
    await page.getByTestId("live-start").click();
    await shows(page, "live-delay", /^\d+ ms$/);
    await playScene(page, "leaveLiveTab");
    await shows(page, "live-start", /^Start$/);
  });

  it.each([
    ["en", "NotAllowedError", /^The microphone was not allowed\./],
    ["zh", "NotAllowedError", /^麦克风未获许可/],
    ["en", "NotFoundError", /^There is no microphone\./],
    ["zh", "NotReadableError", /^无法使用麦克风/],
  ] as const)("says what is wrong beside the button (%s, %s)", async (language, name, words) => {
    const page = ready;
    await page.reload();
    await showLiveTab(page, language);
    await playScene(page, "breakMicrophone", name);
    await page.getByTestId("live-start").click();
    await shows(page, "live-error", words);
    expect(await page.getByTestId("live-start").isEnabled()).toBe(true);
  });
});
