/**
 * What a call from page to page does on a machine that has nothing else to do:
 *
 *     npm run test:slow -- test/web/call-figures
 *
 * prints delay, intelligibility and what was made up, without loss and with a fifth of the packets
 * dropped, and what WebRTC says that it has sent.
 */
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { temporaryFolder } from "../support/command.ts";
import { serve } from "../server/serving.ts";
import { type Caller, hearFrames, launchWithMicrophone, listen, whileTheyTalk } from "./two-callers.ts";

/**
 * Mouth to ear, ms. 260 without loss is what is wanted, and what a quiet machine reaches; this only
 * finds what is far beyond that.
 */
const MOST_DELAY_MS = 600;
/** The parts of the delay as the page tells them. */
const PARTS = ["frame", "encode", "network", "buffer", "decode", "lookAhead", "playout", "device"] as const;
/** How often they are looked at, and frames between two looks. */
const LOOKS = 15;
const LOOK_FRAMES = 5;
/** Five seconds: the time within which the delay is to be back. */
const BACK_FRAMES = 63;

/** Keeps the connections of the page, for their statistics. */
const SPY = `
  globalThis.connections = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      connections.push(this);
    }
  };`;

/** Bytes that have left a page, with 28 for UDP and IPv4 of every packet, and the packets of ours among them. */
async function carried({ page }: Caller): Promise<{ readonly bytes: number; readonly messages: number }> {
  return page.evaluate(`(async () => {
    const report = [...(await connections.at(-1).getStats()).values()];
    const pairs = report.filter(({ type }) => type === "candidate-pair");
    const pair = pairs.reduce((most, other) => (other.bytesSent > most.bytesSent ? other : most));
    const channel = report.find(({ type }) => type === "data-channel");
    return { bytes: pair.bytesSent + 28 * pair.packetsSent, messages: channel.messagesSent };
  })()`);
}

/** Medians of the parts of the delay, ms. */
async function delayParts(caller: Caller): Promise<Record<string, number>> {
  const seen = new Map<string, number[]>(PARTS.map((part) => [part, []]));
  for (let look = 0; look < LOOKS; look++) {
    await hearFrames(caller, LOOK_FRAMES);
    for (const [part, values] of seen) values.push(Number.parseInt(await caller.text(`call-ms-${part}`), 10));
  }
  return Object.fromEntries([...seen].map(([part, values]) => [part, values.sort((a, b) => a - b)[LOOKS >> 1]]));
}

it.skipIf(!chromiumPath)(`a call from page to page keeps what docs/transport.md says${browserNote}`, async () => {
  const { app, url } = await serve();
  const browser = await launchWithMicrophone(temporaryFolder());
  try {
    await whileTheyTalk(
      browser,
      url,
      async (first, second) => {
        await hearFrames(second, 25);
        const parts = await delayParts(second);
        const [before, beganMs] = [await carried(first), performance.now()];
        const clean = await listen(first, second, 125);
        const [after, seconds] = [await carried(first), (performance.now() - beganMs) / 1000];
        const shown = { delay: await second.text("call-delay"), sent: await first.text("call-sent") };
        await first.page.getByTestId("call-drop").fill("20");
        await first.page.locator('[data-testid="call-layout"]', { hasText: "@" }).waitFor();
        await hearFrames(second, 50);
        const lossy = { ...(await listen(first, second, 125)), layout: await first.text("call-layout") };
        await first.page.getByTestId("call-drop").fill("0");
        await hearFrames(second, BACK_FRAMES);
        const back = await listen(first, second, 90);
        const webRtc = {
          kbps: ((after.bytes - before.bytes) * 8) / seconds / 1000,
          bytesPerMessage: (after.bytes - before.bytes) / (after.messages - before.messages),
        };
        const figures = { clean, shown, parts, webRtc, lossy, back };
        console.log(JSON.stringify(figures, null, 2));
        if (process.env["CALL_FIGURES"]) writeFileSync(process.env["CALL_FIGURES"], JSON.stringify(figures));
        expect(clean.madeUp).toBeLessThan(10);
        expect(clean.delayMs).toBeLessThan(MOST_DELAY_MS);
        expect(clean.stoi).toBeGreaterThan(0.7);
        expect(lossy.stoi).toBeGreaterThan(0.6);
        expect(back.delayMs).toBeLessThan(MOST_DELAY_MS);
      },
      SPY,
    );
  } finally {
    await browser.close();
    await app.close();
  }
});
