/** Two pages talk through a room: what one says comes out at the other. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Serving, serve } from "../server/serving.ts";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { temporaryFolder } from "../support/command.ts";
import { goesBy, hearFrames, launchWithMicrophone, listen, whileTheyTalk } from "./two-callers.ts";

/** What a listener understands of a call: the codec alone reaches about 0.9 here. Less where packets are lost. */
const LEAST_STOI = 0.7;
const LEAST_STOI_LOSSY = 0.5;
/** Eight seconds. */
const FRAMES = 100;
/** Two seconds: keys, codec and buffer have settled. */
const WARM_UP = 25;

const folder = temporaryFolder();
let server: Serving;
let browser: Browser;

beforeAll(async () => {
  server = await serve();
  if (!chromiumPath) return;
  browser = await launchWithMicrophone(folder);
});
afterAll(async () => {
  await browser?.close();
  await server.app.close();
});

describe.skipIf(!chromiumPath)(`a call from page to page${browserNote}`, { retry: 2 }, () => {
  // live sound on a machine that is busy with other tests may break off

  it("is heard as it was said, and stays understood when a fifth of the packets is dropped", async ({ task }) => {
    await whileTheyTalk(browser, server.url, async (first, second) => {
      await hearFrames(second, WARM_UP);
      const clean = await listen(first, second, FRAMES);
      Object.assign(task.meta, { clean });
      expect(clean.stoi).toBeGreaterThan(LEAST_STOI);
      expect(clean.madeUp).toBeLessThan(FRAMES / 10);
      const kbps = Number.parseFloat(await first.text("call-sent"));
      expect(kbps).toBeGreaterThan(1);
      expect(kbps).toBeLessThan(17); // 16 on average, reports come on top

      await first.page.getByTestId("call-drop").fill("20");
      await first.page.locator('[data-testid="call-layout"]', { hasText: "@" }).waitFor(); // the other end has reported
      const lossy = await listen(first, second, FRAMES);
      Object.assign(task.meta, { lossy });
      expect(lossy.stoi).toBeGreaterThan(LEAST_STOI_LOSSY);
      expect(Number.parseInt(await second.text("call-loss-in"), 10)).toBeGreaterThan(3);
      expect(Number.parseInt(await second.text("call-mended"), 10)).toBeGreaterThan(0);

      await second.page.getByTestId("call-hang-up").click();
      await first.phase("left");
      expect([...first.problems, ...second.problems]).toEqual([]);
    });
  });

  it("goes over the data channel when nothing comes in RTP any more, and back when something does", async () => {
    await whileTheyTalk(browser, server.url, async (first, second) => {
      await hearFrames(second, WARM_UP);
      await first.page.evaluate(`
        globalThis.sender = connections.at(-1).getSenders().find(({ track }) => track);
        globalThis.silence = sender.track;
        sender.replaceTrack(null);`);
      await goesBy(first, "a data channel");
      expect(await hearFrames(second, WARM_UP)).toBeLessThan(WARM_UP / 5);
      expect(await second.text("call-way")).toBe("page to page, by RTP"); // each end by what the other one hears
      await first.page.evaluate("sender.replaceTrack(silence)");
      await goesBy(first, "RTP");
      expect(await hearFrames(second, WARM_UP)).toBeLessThan(WARM_UP / 5);
    });
  });
});
