/** Two pages talk through a room: what one says comes out at the other. */
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Audio, encodeWav, readAudio, resample } from "@twelvehz/codec/node";
import { findDelay } from "@twelvehz/eval";
import { stoi } from "@twelvehz/eval/measures";
import { createServer } from "@twelvehz/server";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { englishClip } from "../root.ts";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { temporaryFolder } from "../support/command.ts";
import { type Caller, launchWithMicrophone, openCaller, type Recording } from "./two-callers.ts";

/** What a listener understands of a call: the codec alone reaches about 0.9 here. */
const LEAST_STOI = 0.75;
/** Where a fifth of the packets is lost. */
const LEAST_STOI_LOSSY = 0.6;
/** Frames of 80 ms that are waited for: six seconds. */
const FRAMES = 75;

const { app } = createServer({ model: "compact" });
const folder = temporaryFolder();
let browser: Browser;
let url: string;

beforeAll(async () => {
  await app.listen({ port: 0, host: "127.0.0.1" });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  if (!chromiumPath) return;
  const microphone = join(folder, "microphone.wav");
  await writeFile(microphone, encodeWav(resample(await readAudio(englishClip), 48_000)).bytes);
  browser = await launchWithMicrophone(microphone);
});
afterAll(async () => {
  await browser?.close();
  await app.close();
});

async function startCall(address: string, script?: string): Promise<Caller> {
  const caller = await openCaller(browser, address, script);
  await caller.page.locator('[data-testid="call-start"]:enabled').click();
  return caller;
}

/** Two pages that are connected. @param scripts run before the pages' own */
async function connected(scripts: readonly [string, string] = ["", ""]): Promise<readonly [Caller, Caller]> {
  const first = await startCall(`${url}/#call`, scripts[0]);
  await first.phase("alone");
  const second = await startCall(await first.page.getByTestId("call-link").inputValue(), scripts[1]);
  await Promise.all([first.phase("talking"), second.phase("talking")]);
  return [first, second];
}

/** Waits until so many frames more were heard; gives how many were made up, and how many there are. */
async function hearFrames({ page, text }: Caller, count: number): Promise<readonly [madeUp: number, all: number]> {
  const numbers = async (): Promise<number[]> => (await text("call-concealed")).split(" of ").map(Number);
  const [, before = 0] = await numbers();
  const shown = `document.querySelector('[data-testid="call-concealed"]').textContent.split(" of ")[1]`;
  await page.waitForFunction(`Number(${shown}) >= ${(before || 0) + count}`);
  const [madeUp, all] = await numbers();
  return [madeUp, all];
}

/** What one page has said and the other has played in the same seconds, and how much later. */
async function heardOf(from: Caller, to: Caller): Promise<{ readonly stoi: number; readonly delayMs: number }> {
  const [said, heard] = await Promise.all([from.recorded("said"), to.recorded("heard")]);
  const endMs = Math.min(...[said, heard].map(({ beganMs, samples, sampleRate }) => beganMs + (1000 * samples.length) / sampleRate));
  const cut = ({ samples, sampleRate, beganMs }: Recording, lateMs: number): Audio => {
    const at = Math.round(((endMs - 5200 + lateMs - beganMs) * sampleRate) / 1000);
    return new Audio(samples.slice(at, at + 4.2 * sampleRate), sampleRate);
  };
  const delayMs = 1000 * findDelay(cut(said, 0), cut(heard, 0)).seconds;
  return { stoi: stoi(cut(said, 0), cut(heard, delayMs))!, delayMs };
}

describe.skipIf(!chromiumPath)(`a call from page to page${browserNote}`, { retry: 2 }, () => {
  // live sound on a machine that is busy with other tests may break off

  it("is heard as it was said, and stays understood when a fifth of the packets is dropped", async ({ task }) => {
    const [first, second] = await connected();
    await second.page.locator('[data-testid="call-way"]:text-is("page to page")').waitFor();
    await hearFrames(second, 10); // keys, way and buffer have settled
    await Promise.all([first.recorded("said"), second.recorded("heard")]);
    const [before] = await hearFrames(second, 0);
    const [madeUp] = await hearFrames(second, FRAMES);
    const clean = await heardOf(first, second);
    Object.assign(task.meta, {
      clean,
      madeUp: madeUp - before,
      shown: await second.text("call-delay"),
      sent: await first.text("call-sent"),
    });
    expect(madeUp - before).toBe(0);
    expect(clean.stoi).toBeGreaterThan(LEAST_STOI);
    const kbps = Number.parseFloat(await first.text("call-sent"));
    expect(kbps).toBeGreaterThan(2);
    expect(kbps).toBeLessThan(16.5); // reports come on top
    expect(await first.text("call-layout")).toBe("16");

    await first.page.getByTestId("call-drop").fill("20");
    await first.page.locator('[data-testid="call-layout"]:not(:text-is("16"))').waitFor(); // the other end has reported
    await Promise.all([first.recorded("said"), second.recorded("heard")]);
    await hearFrames(second, FRAMES);
    const lossy = await heardOf(first, second);
    Object.assign(task.meta, { lossy, layout: await first.text("call-layout"), lossOut: await first.text("call-loss-out") });
    expect(lossy.stoi).toBeGreaterThan(LEAST_STOI_LOSSY);
    expect(Number.parseInt(await second.text("call-loss-in"), 10)).toBeGreaterThan(3);
    expect(Number.parseInt(await second.text("call-mended"), 10)).toBeGreaterThan(0);
    console.log(JSON.stringify(task.meta));
    expect([...first.problems, ...second.problems]).toEqual([]);

    await second.page.getByTestId("call-hang-up").click();
    await first.phase("left");
    const again = await startCall(await first.page.getByTestId("call-link").inputValue());
    await Promise.all([first.phase("talking"), again.phase("talking")]); // a late joiner
    for (const { page } of [first, second, again]) await page.context().close();
  });
});
