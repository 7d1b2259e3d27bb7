/** Calls of the page: with the command, and what goes wrong. */
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { encodeWav, readAudio, resample } from "@twelvehz/codec/node";
import { createServer } from "@twelvehz/server";
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
import { DEFAULT_SPEC } from "@twelvehz/codec";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { englishClip } from "../root.ts";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { soundPath, temporaryFolder, twelvehz } from "../support/command.ts";
import { type Caller, launchWithMicrophone, linkOf, openCaller, startCall } from "./two-callers.ts";

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

/** Waits until a trouble is told in these words. */
async function says({ page }: Caller, words: RegExp): Promise<void> {
  await page.getByTestId("call-troubles").filter({ hasText: words }).waitFor();
}

describe.skipIf(!chromiumPath)(`a call of the page${browserNote}`, () => {
  it("goes on without microphone and WebRTC, talks with the command, and says what is wrong in both languages", async () => {
    const broken = `
      delete globalThis.RTCPeerConnection;
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));`;
    const caller = await startCall(browser, `${url}/#call`, broken);
    await caller.phase("alone");
    await says(caller, /^The microphone was not allowed: you hear, and are not heard\./);
    const link = await linkOf(caller);
    const heard = join(folder, "heard.wav");
    const command = await twelvehz(["call", "room", link, "--in", soundPath("english.flac"), "--out", heard, "--json"]);
    expect([command.status, command.stderr]).toEqual([0, expect.stringMatching(/connected through the room/)]);
    expect(JSON.parse(command.stdout.toString())).toMatchObject({ sentFrames: 13, refused: {} });
    await says(caller, /This browser has no WebRTC: the call goes through the server\./);
    await caller.phase("left");
    expect(await caller.text("call-way")).toBe("through the server");
    expect(Number((await caller.text("call-concealed")).split(" of ")[1])).toBeGreaterThan(0);
    await caller.page.getByTestId("language").click();
    await says(caller, /麦克风未获许可.*本浏览器没有 WebRTC/);
    const stranger = await otherKey(link);
    await says(caller, /对方的密钥不同/);
    stranger();
    expect(caller.problems).toEqual([]);
    await caller.page.context().close();
  });

  it("does not take half a link", async () => {
    const caller = await openCaller(browser, `${url}/#call/AAAA`);
    await caller.page.locator('[data-testid="call-start"]:enabled').waitFor();
    expect(await caller.text("call-state")).toBe("The link is not whole: ask for it again, and copy all of it.");
    expect(await caller.text("call-start")).toBe("Open a room of your own");
    await caller.page.context().close();
  });
});

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
