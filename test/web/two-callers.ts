/**
 * Two pages of the product that talk through a room, with files for microphones, and what one says
 * and the other plays, on one clock.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeWav, readAudio, resample } from "@twelvehz/codec/node";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { englishClip } from "../root.ts";
import { launchBrowser } from "../support/browser.ts";
import { compareSounds, type Heard, LEAST_SECONDS, type Recording } from "./heard-sound.ts";

/** Only against a test that hangs. */
const PATIENCE_MS = 600_000;

/**
 * Records what a microphone gives and what goes to the loudspeaker, on the audio thread. The time of
 * a sample is that of the machine, by the output timestamp of its context.
 */
const RECORDER = `
  const source = URL.createObjectURL(new Blob([\`
    registerProcessor("test-recorder", class extends AudioWorkletProcessor {
      kept = [];
      process([[input]]) {
        if (input) this.kept.push(...input);
        if (this.kept.length < 512) return true;
        this.port.postMessage({ samples: Float32Array.from(this.kept), frame: currentFrame + 128 - this.kept.length });
        this.kept = [];
        return true;
      }
    });
  \`], { type: "text/javascript" }));
  globalThis.recorded = { said: [], heard: [] };
  const { connect } = AudioNode.prototype;
  const loaded = new WeakMap();
  function recordNode(node, name) {
    const { context } = node;
    if (!loaded.has(context)) loaded.set(context, context.audioWorklet.addModule(source));
    loaded.get(context).then(() => {
      const recorder = new AudioWorkletNode(context, "test-recorder", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
      recorder.port.onmessage = ({ data }) => {
        const { contextTime, performanceTime } = context.getOutputTimestamp();
        const atMs = performance.timeOrigin + performanceTime + 1000 * (data.frame / context.sampleRate - contextTime);
        recorded[name].push({ ...data, atMs, sampleRate: context.sampleRate });
      };
      connect.call(node, recorder);
    });
  }
  AudioNode.prototype.connect = function (target, ...rest) {
    if (this instanceof MediaStreamAudioSourceNode) recordNode(this, "said");
    if (target instanceof AudioDestinationNode && this.numberOfInputs === 0) recordNode(this, "heard");
    return connect.call(this, target, ...rest);
  };`;

/** Keeps the connections of the page, for their statistics. */
const CONNECTIONS = `
  globalThis.connections = [];
  if (globalThis.RTCPeerConnection)
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...args) {
        super(...args);
        connections.push(this);
      }
    };`;

/** A page in which someone calls. */
export interface Caller {
  readonly page: Page;
  /** What went wrong in it. */
  readonly problems: string[];
  /** The text under a test id. */
  text(testId: string): Promise<string>;
  /** Waits until the call is so far. */
  phase(name: string): Promise<void>;
  /** Begins to record anew. */
  record(): Promise<void>;
  /** What was recorded so far. */
  recorded(what: "said" | "heard"): Promise<Recording>;
}

/** A browser whose microphone hears the English clip again and again. @param folder where its file is written */
export async function launchWithMicrophone(folder: string): Promise<Browser> {
  const file = join(folder, "microphone.wav");
  await writeFile(file, encodeWav(resample(await readAudio(englishClip), 48_000)).bytes);
  return launchBrowser({
    args: [
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${file}`,
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
}

/** Opens the page in a profile of its own. @param script runs before the page's own */
export async function openCaller(browser: Browser, url: string, script = ""): Promise<Caller> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: "en-GB", colorScheme: "light" });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await page.addInitScript(script + RECORDER + CONNECTIONS);
  await page.goto(url);
  return {
    page,
    problems,
    text: async (testId) => (await page.getByTestId(testId).textContent()) ?? "",
    phase: (name) => page.locator(`[data-testid="call-state"][data-phase="${name}"]`).waitFor(),
    record: () => page.evaluate("recorded.said.length = recorded.heard.length = 0"),
    recorded: async (what) => {
      const { pcm, ...rest } = await page.evaluate(joined, what);
      const bytes = Uint8Array.from(Buffer.from(pcm, "base64"));
      return { ...rest, samples: Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32_767) };
    },
  };
}

/**
 * Runs in the page: joins the blocks that were recorded, as 16 bits in base64, which takes the page
 * little time: it is talking meanwhile.
 */
function joined(what: string): Omit<Recording, "samples"> & { readonly pcm: string } {
  type Block = { readonly samples: Float32Array; readonly atMs: number; readonly sampleRate: number };
  const blocks = (globalThis as unknown as { recorded: Record<string, Block[]> }).recorded[what];
  const texts = blocks.map(({ samples }) => {
    const pcm = Int16Array.from(samples, (sample) => 32_767 * Math.max(-1, Math.min(1, sample)));
    return String.fromCharCode(...new Uint8Array(pcm.buffer));
  });
  return { pcm: btoa(texts.join("")), sampleRate: blocks[0]?.sampleRate ?? 48_000, blockMs: blocks.map(({ atMs }) => atMs) };
}

/** Opens the page and enters the room of its address, or a new one. */
export async function startCall(browser: Browser, address: string, script?: string): Promise<Caller> {
  const caller = await openCaller(browser, address, script);
  await caller.page.locator('[data-testid="call-start"]:enabled').click();
  return caller;
}

/**
 * Lets two pages talk while `use` works, and closes all pages of the browser whatever comes of it: a
 * call that nobody ends goes on, and takes a processor from the next one.
 * @param url of the server, without a slash at the end
 */
export async function whileTheyTalk(browser: Browser, url: string, use: (first: Caller, second: Caller) => Promise<void>): Promise<void> {
  try {
    await use(...(await connectedCallers(browser, url)));
  } finally {
    await Promise.all(browser.contexts().map((context) => context.close()));
  }
}

async function connectedCallers(browser: Browser, url: string): Promise<readonly [Caller, Caller]> {
  const first = await startCall(browser, `${url}/#call`);
  await first.phase("alone");
  const second = await startCall(browser, await linkOf(first));
  await Promise.all([first.phase("talking"), second.phase("talking")]);
  await Promise.all([first, second].map((caller) => goesBy(caller, "RTP")));
  return [first, second];
}

/** Waits until packets go from page to page this way. */
export async function goesBy({ page }: Caller, way: "RTP" | "a data channel"): Promise<void> {
  await page.locator(`[data-testid="call-way"]:text-is("page to page, by ${way}")`).waitFor();
}

/** The second hangs up, which the first sees; then they call each other again in the same room. @param prepare what is done while nobody calls */
export async function callAgain(first: Caller, second: Caller, prepare: () => Promise<void>): Promise<void> {
  await second.page.getByTestId("call-hang-up").click();
  await first.phase("left");
  await first.page.getByTestId("call-hang-up").click();
  await prepare();
  for (const { page } of [first, second]) await page.locator('[data-testid="call-start"]:enabled').click();
  await Promise.all([first.phase("talking"), second.phase("talking")]);
}

/** What has left a page since its connection was made. */
export interface Carried {
  /** All bytes, with 28 for UDP and IPv4 of every packet. */
  readonly bytes: number;
  /** Packets of ours in RTP, and those over the data channel. */
  readonly inRtp: number;
  readonly inChannel: number;
}

/** What has left a page, by the account of WebRTC. */
export async function carried({ page }: Caller): Promise<Carried> {
  return page.evaluate(`(async () => {
    const report = [...(await connections.at(-1).getStats()).values()];
    const pairs = report.filter(({ type }) => type === "candidate-pair");
    const pair = pairs.reduce((most, other) => (other.bytesSent > most.bytesSent ? other : most));
    const { packetsSent = 0 } = report.find(({ type }) => type === "outbound-rtp") ?? {};
    const { messagesSent = 0 } = report.find(({ type }) => type === "data-channel") ?? {};
    return { bytes: pair.bytesSent + 28 * pair.packetsSent, inRtp: packetsSent, inChannel: messagesSent };
  })()`);
}

/** The link that a page shows. */
export function linkOf({ page }: Caller): Promise<string> {
  return page.getByTestId("call-link").inputValue();
}

/** Waits until so many frames more were heard; gives how many of them were made up. */
export async function hearFrames({ text }: Caller, count: number): Promise<number> {
  const shown = async (): Promise<number[]> => (await text("call-concealed")).split(" of ").map((part) => Number(part) || 0);
  const [madeUpBefore, before = 0] = await shown();
  await expect.poll(async () => (await shown())[1] ?? 0, { timeout: PATIENCE_MS }).toBeGreaterThanOrEqual(before + count);
  return (await shown())[0] - madeUpBefore;
}

/** Frames of the model in a second. */
const FRAME_RATE = 12.5;

/** What was heard, and how well the machine kept up with it. */
export interface Listened extends Heard {
  /** Frames that were made up while it listened. */
  readonly madeUp: number;
  /** Part of the frames that were. */
  readonly madeUpPart: number;
}

/**
 * Hears so many frames, of which the newest are compared with what was said.
 * @throws Error where that is less than can be compared
 */
export async function listen(from: Caller, to: Caller, frames: number): Promise<Listened> {
  const least = Math.ceil(LEAST_SECONDS * FRAME_RATE);
  if (frames <= least) throw new Error(`Cannot compare what is heard of ${frames} frames: hear more than ${least}`);
  await Promise.all([from.record(), to.record()]);
  const madeUp = await hearFrames(to, frames);
  const [said, heard] = await Promise.all([from.recorded("said"), to.recorded("heard")]);
  return { ...compareSounds(said, heard), madeUp, madeUpPart: madeUp / frames };
}
