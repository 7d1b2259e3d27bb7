/** Each flow of the page with real speech in, and the sound that comes out compared with it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Audio, encodeWav } from "@twelvehz/codec";
import { stoi } from "@twelvehz/eval/measures";
import { readAudio, readCodes } from "@twelvehz/codec/node";
import { type ModelsReply, newKey } from "@twelvehz/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { englishClip, root } from "../root.ts";
import { serve } from "../server/serving.ts";
import { browserNote, chromiumPath } from "../support/browser.ts";
import { soundPath, temporaryFolder } from "../support/command.ts";
import { envelopeCorrelation, relativeError } from "../support/spectrum.ts";
import {
  download,
  downloadedSound,
  dropFile,
  openSource,
  playedSounds,
  press,
  type Product,
  readText,
  roundTrip,
  startProduct,
  untilReady,
  type Visit,
  visit,
} from "./product.ts";

/** Least STOI of clean speech through all layers; the model reaches 0.89 on average. */
const LEAST_STOI = 0.8;
/** The two backends agree on the same codes to this, dB, and on the codes but for near ties. */
const AGREEMENT_DB = -60;
const MOST_DIFFERING = 0.001;
/** What Chromium's documentation calls good: https://web.dev/articles/cls. */
const LARGEST_SHIFT = 0.1;
/**
 * What the fake microphone plays: silence, while the page begins to listen, and so much of the
 * clip, seconds.
 */
const SILENT_SECONDS = 2;
const SPOKEN_SECONDS = 3;
/** So much of the clip is compared: five codings, each with two scores, seconds. */
const SHORT_SECONDS = 3.2;

/** What was said and what was heard of it, which began some time later; both of the same length. */
function aligned(said: Float32Array, heard: Float32Array): [said: Audio, heard: Audio] {
  const latest = heard.length - said.length;
  let [best, lag] = [-Infinity, 0];
  for (let at = 0; at <= latest; at += 24) {
    let sum = 0;
    for (let i = 0; i < said.length; i += 7) sum += Math.abs(said[i]) * Math.abs(heard[at + i]); // the codec keeps levels, not phases
    if (sum > best) [best, lag] = [sum, at];
  }
  return [new Audio(said.slice(), 24_000), new Audio(heard.slice(lag, lag + said.length), 24_000)];
}

describe.skipIf(!chromiumPath)(`the page${browserNote}`, () => {
  const folder = temporaryFolder();
  let product: Product;
  let clip: Audio;
  /** Its beginning, for what takes long. */
  let short: Audio;
  const shortPath = join(folder, "short.wav");
  let here: Visit;

  beforeAll(async () => {
    clip = await readAudio(englishClip);
    short = new Audio(clip.samples.slice(0, SHORT_SECONDS * clip.sampleRate), clip.sampleRate);
    writeFileSync(shortPath, encodeWav(short).bytes);
    const spoken = join(folder, "spoken.wav");
    const samples = new Float32Array((SILENT_SECONDS + SPOKEN_SECONDS + 1) * clip.sampleRate);
    samples.set(clip.samples.subarray(0, SPOKEN_SECONDS * clip.sampleRate), SILENT_SECONDS * clip.sampleRate);
    writeFileSync(spoken, encodeWav(new Audio(samples, clip.sampleRate)).bytes);
    product = await startProduct(spoken);
    here = await visit(product);
  });
  afterAll(() => product?.close());

  test("says that its model is being loaded, then that it is ready, and which it is", async () => {
    expect(await here.get("status").textContent()).toMatch(/^(Loading the model|Preparing|Ready)/);
    await untilReady(here);
    const { models } = (await (await fetch(`${product.url}/v1/models`)).json()) as ModelsReply;
    expect(await readText(here, "status", /^Ready(\S+?)16 layers × 2048 codes/)).toBe(models[0].info?.name);
    expect(await here.page.evaluate("crossOriginIsolated")).toBe(true); // threads
    const modules = here.requests.filter((request) => request.endsWith(".wasm")).map((request) => request.slice("GET ".length));
    expect(modules).toEqual([expect.stringContaining("codec-simd")]); // and nothing of ONNX Runtime
    for (const encoding of ["br", "gzip"]) {
      const { headers } = await fetch(`${product.url}${modules[0]}`, { headers: { "accept-encoding": encoding } });
      expect([headers.get("content-encoding"), headers.get("content-type")]).toEqual([encoding, "application/wasm"]);
    }
  });

  test("makes a round trip of a file that is dropped, with the card that tells what it cost", async () => {
    here.requests.length = 0;
    await dropFile(here, "drop", englishClip);
    await roundTrip(here);
    const sound = await downloadedSound(here);
    expect(sound.samples.length).toBe(clip.samples.length);
    expect(stoi(clip, sound)).toBeGreaterThan(LEAST_STOI);
    const fact = async (name: string): Promise<string> => (await here.get("card").locator(`[data-fact="${name}"]`).textContent()) ?? "";
    expect([await fact("shape"), await fact("frames"), await fact("duration")]).toEqual(["[94, 16]", "94", "7.52 s"]);
    expect(await fact("bit-rate")).toMatch(/^2\.20\s*kbit\/s$/);
    await here.page
      .locator('[data-fact="stoi"]')
      .filter({ hasText: /^0\.\d+$/ })
      .waitFor();
    expect(Number(await fact("stoi"))).toBeCloseTo(stoi(clip, sound)!, 2);
    expect(Number(await fact("pesq"))).toBeGreaterThan(2);
    expect(here.requests.filter((request) => !request.startsWith("GET "))).toEqual([]); // nothing is sent anywhere
    expect(await here.page.evaluate("shift")).toBeLessThan(LARGEST_SHIFT);
  });

  test("plays both clips in step from the same moment, and switches between them while they play", async () => {
    expect(await here.get("ab").getAttribute("data-heard")).toBe("reconstruction"); // the play button plays what was made
    await playedSounds(here);
    await press(here, "play-original");
    const [first, second] = await playedSounds(here);
    expect([second.when, second.offset]).toEqual([first.when, first.offset]);
    expect(relativeError(clip.samples, first.audio.samples)).toBeLessThan(-80);
    expect(stoi(clip, second.audio)).toBeGreaterThan(LEAST_STOI);
    expect(await here.get("ab").getAttribute("data-heard")).toBe("original");
    await press(here, "ab");
    await here.page.locator('[data-testid="ab"][data-heard="reconstruction"]').waitFor();
    expect(await playedSounds(here)).toEqual([]); // nothing started anew: no gap
    if (await isOn("play-reconstruction")) await press(here, "play-reconstruction");
  });

  test("has scenes, each with whose speech it is, and makes a round trip of one", async () => {
    const scenes = JSON.parse(readFileSync(join(root, "apps/web/public/scenes/scenes.json"), "utf8")) as { file: string; credit: string }[];
    expect(scenes).toHaveLength(3);
    await openSource(here);
    for (const [index, { credit }] of scenes.entries()) {
      await here.get(`scene-${index}`).click();
      await here.get("clip").getByText(credit).waitFor();
      await here.page.locator('[data-testid="go"]:enabled').waitFor(); // its sound was read
    }
    await roundTrip(here);
    const scene = await readAudio(join(root, "apps/web/public/scenes", scenes[2].file));
    const sound = await downloadedSound(here);
    expect(sound.samples.length).toBe(scene.samples.length);
    expect(await envelopeCorrelation(scene.samples, sound.samples)).toBeGreaterThan(0.85);
  });

  test("encodes alone, shows the codes, and plays them with the layers that are on", async () => {
    await openSource(here);
    await here.get("file-input").setInputFiles(shortPath);
    await here.get("clip").getByText("short.wav").waitFor();
    await here.get("tab-steps").click();
    await here.get("steps-encode").click();
    expect(await readText(here, "codes-shape", /^.*$/)).toBe("[40, 16]");
    const colours = `new Set(new Uint32Array(document.querySelector('[data-testid="codes-canvas"]').getContext("2d").getImageData(0, 0, 200, 100).data.buffer)).size`;
    await expect.poll(() => here.page.evaluate(colours)).toBeGreaterThan(20);
    const all = await stepsSound();
    expect(stoi(short, all)).toBeGreaterThan(LEAST_STOI);
    await here.get("layer-toggle-0").click();
    const withoutFirst = await stepsSound();
    expect(stoi(short, withoutFirst)).toBeLessThan(stoi(short, all)! - 0.1);
    await here.get("layer-toggle-0").click();
    await here.get("layers-slider").fill("4");
    const four = await stepsSound();
    expect(stoi(short, four)).toBeLessThan(stoi(short, all)!);
    expect(stoi(short, four)).toBeGreaterThan(0.6);
    const saved = await readAudio((await download(here, "steps-download")).path);
    expect(relativeError(four.samples, saved.samples)).toBeLessThan(-60); // what is heard, as 16 bits
    await here.get("only-layer").selectOption("0");
    expect(stoi(short, await stepsSound())).toBeLessThan(stoi(short, four)!);
    await here.get("all-layers").click();
    expect(relativeError(all.samples, (await stepsSound()).samples)).toBeLessThan(-100);
  });

  test("copies codes, and decodes them when they are pasted", async () => {
    await here.get("copy-all").click();
    const text = (await here.page.evaluate("navigator.clipboard.readText()")) as string;
    const { codes } = JSON.parse(text) as { codes: number[][] };
    expect([codes.length, codes[0].length]).toEqual([40, 16]);
    await here.get("copy-layer-3").click();
    expect(JSON.parse((await here.page.evaluate("navigator.clipboard.readText()")) as string)).toEqual(codes.map((frame) => frame[3]));
    const before = await stepsSound();
    await here.get("paste-codes").fill(JSON.stringify(codes.slice(0, 20)));
    await here.get("decode-pasted").click();
    await here.page.locator('[data-testid="codes-shape"]:text-is("[20, 16]")').waitFor();
    expect(await readText(here, "assumed-model", /assumed: (\S+);/)).toBe(await here.page.locator(".model-name").textContent());
    const pasted = await stepsSound();
    expect(pasted.samples.length).toBe(20 * 1920);
    const until = 19 * 1920; // the last frame knows of the next
    expect(relativeError(before.samples.subarray(0, until), pasted.samples.subarray(0, until))).toBeLessThan(-30);
  });

  test("saves codes in files that the library reads, and loads them again", async () => {
    const { path, name } = await download(here, "save-npy");
    const { codes } = await readCodes(path);
    expect([name.endsWith(".npy"), codes.frames, codes.layers]).toEqual([true, 20, 16]);
    await here.get("steps-encode").click();
    await here.page.locator('[data-testid="codes-shape"]:text-is("[40, 16]")').waitFor();
    const saved = await download(here, "save-t12");
    const bytes = readFileSync(saved.path);
    await here.get("paste-codes").fill("[[1]]");
    await here.get("decode-pasted").click();
    await here.page.locator('[data-testid="codes-shape"]:text-is("[1, 1]")').waitFor();
    await here.get("load-codes").setInputFiles({ name: "saved.t12", mimeType: "application/octet-stream", buffer: bytes });
    await here.page.locator('[data-testid="codes-shape"]:text-is("[40, 16]")').waitFor();
    expect(await here.get("codes-origin").textContent()).toContain("saved.t12");
    expect(stoi(short, await stepsSound())).toBeGreaterThan(LEAST_STOI);
  });

  test("gives the same codes and the same sound on the server as in the browser", async () => {
    const run = async (place: string): Promise<{ codes: Int16Array; sound: Audio }> => {
      await here.get("where").locator(`input[value="${place}"]`).check({ force: true });
      await untilReady(here);
      await here.get("tab-roundtrip").click();
      await roundTrip(here);
      const sound = await downloadedSound(here);
      await here.get("tab-steps").click();
      await here.get("steps-encode").click();
      await here.page.locator('[data-testid="codes-origin"]:has-text("short")').waitFor();
      return { sound, codes: (await readCodes((await download(here, "save-t12")).path)).codes.data };
    };
    const browser = await run("browser");
    here.requests.length = 0;
    const server = await run("server");
    expect(here.requests).toEqual(expect.arrayContaining(["GET /v1/stream/encode", "GET /v1/stream/decode"]));
    expect(here.requests.filter((request) => !request.startsWith("GET "))).toEqual([]);
    const differing = browser.codes.filter((code, i) => code !== server.codes[i]).length / browser.codes.length;
    expect(differing).toBeLessThanOrEqual(MOST_DIFFERING);
    if (differing === 0) expect(relativeError(server.sound.samples, browser.sound.samples)).toBeLessThan(AGREEMENT_DB);
    await here.get("where").locator('input[value="browser"]').check({ force: true });
  });

  test("says in words, where the file was given, that a file is no sound or no codes, and goes on", async () => {
    await here.get("tab-roundtrip").click();
    await openSource(here);
    await dropFile(here, "drop", "notes.txt", Buffer.from("These are my notes, and no sound at all."));
    expect(await readText(here, "error", /This file cannot be read\..*text, which begins with "These are my notes/)).toBeTruthy();
    expect(await here.get("clip").textContent()).toContain("short.wav"); // what was there stays
    expect(await here.get("download").isEnabled()).toBe(true);
    await dropFile(here, "drop", soundPath("english.mp3"));
    await here.get("error").waitFor({ state: "detached" });
    await roundTrip(here);
    await here.get("tab-steps").click();
    await here.get("load-codes").setInputFiles({ name: "odd.npy", mimeType: "", buffer: Buffer.from("no codes") });
    expect(await readText(here, "load-codes-error", /^.+$/)).toContain("cannot be used as codes");
    await here.get("paste-codes").fill("[[9999]]");
    await here.get("decode-pasted").click();
    expect(await readText(here, "paste-error", /9999/)).toBe("9999");
  });

  test("compares the clip with Opus and 8 kHz PCM, to be seen and heard", async () => {
    await here.get("tab-roundtrip").click();
    await openSource(here);
    await here.get("file-input").setInputFiles(shortPath);
    await here.get("clip").getByText("short.wav").waitFor();
    await here.get("tab-compare").click();
    await here.get("compare-go").click();
    const finished = here.page.locator('[data-testid="compare"][aria-busy="false"]');
    await finished.waitFor();
    const row = async (name: string): Promise<string[]> => (await here.get(`row-${name}`).locator("td").allTextContents()).slice(1);
    expect((await row("layers-16")).map((cell) => cell.replace(/\s/g, " "))).toEqual([
      "880 B", // 40 frames of 22 bytes
      expect.stringMatching(/^2\.2\d kbit/), // of the clip, which is a little shorter than its frames
      expect.any(String),
      expect.any(String),
      "120 ms",
    ]);
    const scores = await Promise.all(["layers-16", "layers-8", "layers-4", "opus", "pcm"].map(row));
    for (const [, , pesq, scoredStoi] of scores) {
      expect(Number(pesq)).toBeGreaterThan(1);
      expect(Number(scoredStoi)).toBeGreaterThan(0.6);
    }
    await playedSounds(here);
    await press(here, "play");
    const sounds = await playedSounds(here);
    if (await isOn("play")) await press(here, "play");
    expect(sounds.length).toBe(6);
    expect(new Set(sounds.map(({ when }) => when)).size).toBe(1);
    for (const { audio } of sounds)
      expect(stoi(short, new Audio(audio.samples.slice(0, short.samples.length), 24_000))).toBeGreaterThan(0.6);
    await here.get("opus-rate").selectOption("32000");
    await here.get("row-opus").getByText("Opus 32 kbit/s").waitFor();
    await finished.waitFor();
    expect(Number((await row("opus"))[2])).toBeGreaterThan(Number(scores[3][2])); // PESQ at twice the rate
  });

  test("sends the microphone through the codec to the speaker, and says how late and how large", async () => {
    await here.get("tab-live").click();
    await here.get("live-start").click();
    await here.get("live-delay").filter({ hasText: /^\d+/ }).waitFor();
    await here
      .get("live-bit-rate")
      .filter({ hasText: /^2\.\d/ })
      .waitFor();
    await here.get("live-layers").fill("4");
    await here
      .get("live-bit-rate")
      .filter({ hasText: /^0\.\d/ })
      .waitFor(); // a quarter of the layers
    await press(here, "live-stop");
    await here.get("live-start").waitFor();
    await here.get("tab-roundtrip").click();
  });

  test("sends the microphone through the codec of the server, where that is chosen", async () => {
    await here.get("where").locator('input[value="server"]').check({ force: true });
    await untilReady(here);
    await here.get("tab-live").click();
    here.requests.length = 0;
    await here.get("live-layers").fill("16");
    await here.get("live-start").click();
    await here.get("live-delay").filter({ hasText: /^\d+/ }).waitFor();
    await here
      .get("live-bit-rate")
      .filter({ hasText: /^2\.\d/ })
      .waitFor();
    const used = here.requests.filter((request) => request !== "GET /healthz"); // the page asks now and then whether the server is there
    expect(new Set(used)).toEqual(new Set(["GET /v1/stream/encode", "GET /v1/stream/decode"]));
    await here.get("where").locator('input[value="browser"]').check({ force: true });
    await here.get("live-start").waitFor(); // another place ends the loop
    await here.get("tab-roundtrip").click();
  });

  test("asks for the key of a server that wants one", async () => {
    const keysFile = join(folder, "keys");
    const { key, line } = newKey("ann");
    writeFileSync(keysFile, line);
    const closed = await serve({ keysFile });
    const guest = await visit({ url: closed.url, browser: product.browser });
    await guest.get("where").locator('input[value="server"]').check({ force: true });
    await guest.get("key").fill("thz_wrong");
    await guest.get("key-use").click();
    await guest.get("key-wanted").getByText("does not take this key").waitFor();
    await guest.get("key").fill(key);
    await guest.get("key-use").click();
    await untilReady(guest);
    await guest.get("file-input").setInputFiles(shortPath);
    await roundTrip(guest);
    expect((await downloadedSound(guest)).samples.length).toBe(short.samples.length);
    await guest.page.context().close();
    await closed.app.close();
  });

  test("records the microphone and makes a round trip of what it heard", async () => {
    await here.get("tab-roundtrip").click();
    await openSource(here);
    await here.get("record").click();
    await here.page
      .locator(".record-time")
      .filter({ hasText: new RegExp(`^0:0[${SILENT_SECONDS + SPOKEN_SECONDS + 1}-9]`) })
      .waitFor();
    await press(here, "record");
    await here.get("clip").getByText("Recording").waitFor();
    await roundTrip(here);
    const sound = await downloadedSound(here);
    expect(stoi(...aligned(clip.samples.subarray(0, SPOKEN_SECONDS * 24_000), sound.samples))).toBeGreaterThan(0.7);
  });

  test("had no fault in all of this", async () => {
    expect(here.problems).toEqual([]);
    await here.page.context().close();
  });

  /** The sound of the codes that the steps tab plays, once it is decoded. */
  async function stepsSound(): Promise<Audio> {
    await here.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"); // decoding has begun
    await here.page.locator(".steps-decoding:empty").waitFor({ state: "attached" });
    await playedSounds(here);
    await press(here, "steps-play");
    const sounds = await playedSounds(here);
    if (await isOn("steps-play")) await press(here, "steps-play");
    return sounds[sounds.length - 1].audio;
  }

  async function isOn(testId: string): Promise<boolean> {
    return (await here.get(testId).getAttribute("aria-pressed")) === "true";
  }
});
