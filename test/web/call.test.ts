/**
 * Calls of the page: with the command, with another page, and what goes wrong. How well
 * it sounds under loss is measured in call-pages.slow.test.ts.
 */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";
import {
  newLinkKey,
  newMember,
  parseLinkKey,
  RoomConnection,
  roomKeyIn,
  roomName,
  type RoomSocketClass,
  roomSocketUrl,
  SecureLink,
} from "@twelvehz/transport";
import { DEFAULT_SPEC, readAudio } from "@twelvehz/codec/node";
import { hasDataChannels } from "@twelvehz/transport/node";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Serving, serve } from "../server/serving.ts";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { finished, inProcess, soundPath, start, temporaryFolder } from "../support/command.ts";
import {
  callAgain,
  type Caller,
  carried,
  goesBy,
  hearFrames,
  launchWithMicrophone,
  linkOf,
  listen,
  type Listened,
  openCaller,
  startCall,
  whileTheyTalk,
} from "./two-callers.ts";

/** What a listener understands: the codec alone reaches about 0.9, and other speech 0.4. */
const LEAST_STOI = 0.6;
/** How often it is listened for that. */
const STRETCHES = 4;
/** Where there is a binary of node-datachannel for this machine. */
const canBeDirect = await hasDataChannels();
let server: Serving;
const folder = temporaryFolder();
let browser: Browser;
let url: string;

beforeAll(async () => {
  server = await serve();
  ({ url } = server);
  if (!chromiumPath) return;
  browser = await launchWithMicrophone(folder);
});
afterAll(async () => {
  await browser?.close();
  await server.app.close();
});

/** Waits until a trouble is told in these words. */
async function says({ page }: Caller, words: RegExp): Promise<void> {
  await page.getByTestId("call-troubles").filter({ hasText: words }).waitFor();
}

describe.skipIf(!chromiumPath)(`a call of the page${browserNote}`, () => {
  it("talks with the command, through the server where there is no WebRTC, and knows who has another key", async () => {
    const caller = await startCall(browser, `${url}/#call`, "delete globalThis.RTCPeerConnection;");
    await caller.phase("alone");
    const link = await linkOf(caller);
    const heard = join(folder, "heard.wav");
    const command = await inProcess(["call", "room", link, "--in", soundPath("english.flac"), "--out", heard, "--json"]);
    expect([command.status, command.stderr]).toEqual([0, expect.stringMatching(/connected through the room/)]);
    expect(JSON.parse(command.stdout.toString())).toMatchObject({ sentFrames: 13, refused: {} });
    await says(caller, /This browser has no WebRTC: the call goes through the server\./);
    await caller.phase("left");
    expect(await caller.text("call-way")).toBe("through the server");
    expect(await heardFrames(caller)).toBeGreaterThan(0);
    expect(peakOf((await caller.recorded("heard")).samples)).toBeGreaterThan(0.02);
    expect(peakOf((await readAudio(heard)).samples)).toBeGreaterThan(0.02);
    const stranger = await otherKey(link);
    await says(caller, /The other end has another key: send each other the link again\./);
    stranger();
    expect(caller.problems).toEqual([]);
    await caller.page.context().close();
  });

  it.skipIf(!canBeDirect)("talks with the command without the server, where that has WebRTC too", async () => {
    const link = `${url}/#call/${newLinkKey()}`;
    const child = start(["call", "room", link, "--out", "none", "--json"]);
    const end = finished(child);
    await saidBy(child, /waiting in the room/); // so that the page dials, and its offer of RTP is turned down
    const caller = await startCall(browser, link);
    await caller.phase("talking");
    await goesBy(caller, "a data channel");
    const { samples } = await readAudio(soundPath("english.flac"));
    child.stdin.end(Buffer.from(Int16Array.from(samples, (x) => Math.round(32_767 * x)).buffer));
    const { status, stderr, stdout } = await end;
    const said = stderr.split("\n"); // the way may be found before the room has answered
    expect([status, said]).toEqual([
      0,
      expect.arrayContaining(["twelvehz: connected through the room", expect.stringContaining("found a way without the server")]),
    ]);
    expect(JSON.parse(stdout.toString())).toMatchObject({ sentFrames: 13, refused: {} });
    await caller.phase("left");
    expect(await heardFrames(caller)).toBeGreaterThan(0);
    expect(await carried(caller)).toMatchObject({ inRtp: 0 });
    expect(caller.problems).toEqual([]);
    await caller.page.context().close();
  });

  it("goes from page to page in RTP, is understood there, drops as many packets as it is told to, and has the data channel where a browser cannot", async ({
    skip,
  }) => {
    await whileTheyTalk(browser, url, async (first, second) => {
      await hearFrames(second, 15);
      const before = await carried(first);
      const heard = await understood(first, second);
      const after = await carried(first);
      expect(after.inRtp - before.inRtp).toBeGreaterThan(30 + after.inChannel - before.inChannel);
      await first.page.getByTestId("call-drop").fill("50");
      await second.page.locator('[data-testid="call-loss-in"]:not(:text-is("0 %"))').waitFor();
      await first.page.getByTestId("call-compare").click();
      await first.page
        .getByTestId("call-compared")
        .filter({ hasText: /^twelvehz \S+@\S+ · Opus [\d.]+ kbit\/s/ })
        .waitFor();
      await callAgain(first, second, () => first.page.evaluate("delete globalThis.RTCRtpScriptTransform"));
      await Promise.all([first, second].map((caller) => goesBy(caller, "a data channel")));
      await hearFrames(second, 15);
      expect(await carried(second)).toMatchObject({ inRtp: 0 });
      await second.page.getByTestId("call-hang-up").click();
      await first.phase("left");
      expect([...first.problems, ...second.problems]).toEqual([]);
      const best = heard.reduce((most, one) => (one.stoi > most.stoi ? one : most));
      skip(best.stoi < LEAST_STOI && best.madeUpPart > 0.1, "this machine is too slow, or too busy, for sound as it is spoken");
      expect(best.stoi).toBeGreaterThan(LEAST_STOI);
    });
  });

  it("does not take half a link, and goes on without a microphone, in both languages", async () => {
    const refused = `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));`;
    const caller = await openCaller(browser, `${url}/#call/AAAA`, refused);
    await caller.page.locator('[data-testid="call-start"]:enabled').waitFor();
    expect(await caller.text("call-state")).toBe("The link is not whole: ask for it again, and copy all of it.");
    expect(await caller.text("call-start")).toBe("Open a room of your own");
    await caller.page.getByTestId("call-start").click();
    await caller.phase("alone");
    await says(caller, /^The microphone was not allowed: you hear, and are not heard\./);
    await caller.page.getByTestId("language").click();
    await says(caller, /麦克风未获许可/);
    expect(await caller.text("call-state")).toBe("还没有其他人。请发送链接。");
    await caller.page.context().close();
  });
});

/** Listens until a stretch of eight seconds is understood, to {@link STRETCHES} of them at most: what else the machine does may break off some. */
async function understood(from: Caller, to: Caller): Promise<readonly Listened[]> {
  const heard: Listened[] = [];
  while (heard.length < STRETCHES && !heard.some(({ stoi }) => stoi > LEAST_STOI)) heard.push(await listen(from, to, 100));
  return heard;
}

/** Waits until a command has said this on its standard error. */
function saidBy({ stderr }: ChildProcessWithoutNullStreams, words: RegExp): Promise<void> {
  let said = "";
  return new Promise((resolve) => stderr.on("data", (bytes: Buffer) => words.test((said += bytes.toString())) && resolve()));
}

async function heardFrames({ text }: Caller): Promise<number> {
  return Number((await text("call-concealed")).split(" of ")[1]);
}

function peakOf(samples: Float32Array): number {
  return samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
}

/** Someone who is in the room and has another key: says hello again and again. @returns how to stop */
async function otherKey(link: string): Promise<() => void> {
  const room = parseLinkKey(roomKeyIn(new URL(link).hash) as string);
  const dialer = await SecureLink.open({ role: "dialer", secret: parseLinkKey(newLinkKey()), spec: DEFAULT_SPEC });
  const hello = await dialer.hello();
  const connection = new RoomConnection({
    url: roomSocketUrl(link, await roomName(room), newMember()),
    webSocket: WebSocket as unknown as RoomSocketClass,
    onRoom: () => undefined,
    onBytes: () => undefined,
    onLost: () => undefined,
    onRefused: () => undefined,
  });
  connection.tick(0);
  const again = setInterval(() => connection.send(hello), 50);
  return () => {
    clearInterval(again);
    connection.close();
  };
}
