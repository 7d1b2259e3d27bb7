import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stoi } from "@twelvehz/eval/measures";
import { Audio, encodeWav, readAudio, resample } from "@twelvehz/codec/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { englishClip } from "../root.ts";
import { browserNote, chromiumPath, playScene } from "../support/browser.ts";
import { MODEL_FOLDER } from "../support/golden.ts";
import { inLongForm } from "../support/long-form.ts";
import { type PageVisit, visitPage } from "../support/page-visit.ts";

interface Recording {
  readonly samples: Float32Array;
  readonly firstFrame: number;
}

interface Stats {
  readonly delayMs?: number;
  readonly lookAheadMs: number;
  readonly workMs: number;
  readonly deviceMs: number;
  readonly bitsPerSecond: number;
  readonly frames: number;
  readonly underruns: number;
  readonly droppedMs: number;
  readonly inputPeak: number;
}

/** The end of so many seconds that ran without a break. */
interface PhaseEnd {
  readonly seconds: number;
  readonly endFrame: number;
  readonly stats: Stats;
}

interface LiveRun {
  readonly ends: readonly PhaseEnd[];
  readonly stats: readonly Stats[];
  readonly input: Recording;
  readonly output: Recording;
  readonly sampleRate: number;
  readonly tracks: readonly string[];
}

/** What a listener understands of live sound: the codec alone reaches about 0.9 here. */
const LEAST_STOI = 0.75;
const WORDS = /^Cannot use the microphone: .*; .*$/;

/** Of a phase the first and the last moments are left out, seconds. */
const MARGIN = 0.4;

/** The delay without the devices: what is recorded has not been through them. */
function loopMs({ delayMs, deviceMs }: Stats): number {
  return (delayMs ?? Number.NaN) - deviceMs;
}

/** STOI of what came out in a phase against what went in so many milliseconds before. */
function delayedStoi({ input, output, sampleRate }: LiveRun, { seconds, endFrame }: PhaseEnd, delayMs: number): number {
  const [from, to] = [endFrame - (seconds - MARGIN) * sampleRate, endFrame - MARGIN * sampleRate].map(Math.round);
  const cut = ({ samples, firstFrame }: Recording, shift: number): Audio =>
    new Audio(samples.slice(from - firstFrame - shift, to - firstFrame - shift), sampleRate);
  return stoi(cut(input, Math.round((delayMs * sampleRate) / 1000)), cut(output, 0))!;
}

describe.skipIf(!chromiumPath)(`live${browserNote}`, { retry: 2 }, () => {
  // live sound on a machine that is busy with other tests may break off
  let visit: PageVisit;
  let page: Page;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "twelvehz-live-"));
    const clip = join(folder, "clip.wav");
    await writeFile(clip, encodeWav(resample(await readAudio(englishClip), 48_000)).bytes);
    visit = await visitPage({ "/model/": MODEL_FOLDER }, [
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${clip}`,
      "--autoplay-policy=no-user-gesture-required",
    ]);
    page = await visit.newUser();
    await playScene(page, "open", { model: "/model", prepare: true });
  });

  afterAll(async () => {
    await visit?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("gives back the speech after the delay that it says, and says how many bits it makes", async ({ task }) => {
    const run = await playScene<LiveRun>(page, "live", { phases: [{ seconds: 4 }] });
    const [end] = run.ends;
    const { stats } = end;
    const scores = [-40, 0, 40].map((ms) => delayedStoi(run, end, loopMs(stats) + ms));
    Object.assign(task.meta, { scores, loopMs: loopMs(stats), ...stats });
    expect(scores[1]).toBeGreaterThan(LEAST_STOI);
    expect(scores[1]).toBeGreaterThan(Math.max(scores[0], scores[2]));
    expect(run.stats.some(({ inputPeak }) => inputPeak > 0.1)).toBe(true);
    expect(run.tracks).toEqual(["ended"]);
    expect(stats.lookAheadMs).toBe(120); // a frame of 80 ms, and 960 samples that the decoder keeps open
    expect(loopMs(stats)).toBeGreaterThan(stats.lookAheadMs);
    expect(stats.workMs).toBeGreaterThan(0);
    expect(stats.bitsPerSecond).toBeGreaterThan(0.9 * 2200); // 16 layers of 11 bits, 12.5 times a second, on a clock that jitters
    expect(stats.bitsPerSecond).toBeLessThan(1.1 * 2200);
    expect(stats.frames).toBeGreaterThan(35);
  });

  it("changes its layers while it runs, without a break", async () => {
    const phases = [
      { layers: 16, seconds: 3 },
      { layers: 1, seconds: 3 },
    ];
    const run = await playScene<LiveRun>(page, "live", { phases });
    const [all, first] = run.ends;
    expect(first.stats.underruns).toBe(all.stats.underruns);
    expect(first.stats.bitsPerSecond).toBeLessThan(0.25 * 2200);
    expect(delayedStoi(run, all, loopMs(all.stats))).toBeGreaterThan(delayedStoi(run, first, loopMs(first.stats)) + 0.05);
  });

  it.each(inLongForm ? [48_000, 96_000] : [96_000])("runs on a sound card of %i Hz", async (sampleRate) => {
    const run = await playScene<LiveRun>(page, "live", { phases: [{ seconds: 3 }], sampleRate });
    expect(run.sampleRate).toBe(sampleRate);
    expect(delayedStoi(run, run.ends[0], loopMs(run.ends[0].stats))).toBeGreaterThan(LEAST_STOI);
  });

  it("can be started again and again", async () => {
    for (let i = 0; i < (inLongForm ? 10 : 2); i++) {
      const { stats, tracks } = await playScene<LiveRun>(page, "live", { phases: [{ seconds: 0.5 }] });
      expect(stats.at(-1)!.frames).toBeGreaterThan(5);
      expect(tracks).toEqual(["ended"]);
    }
  });
});

describe.skipIf(!chromiumPath)(`a microphone that is not given${browserNote}`, () => {
  let visit: PageVisit;
  let page: Page;

  beforeAll(async () => {
    visit = await visitPage({}, [
      "--use-fake-device-for-media-stream",
      "--deny-permission-prompts",
      "--host-resolver-rules=MAP twelvehz.test 127.0.0.1",
    ]);
    page = await visit.newUser();
  });

  afterAll(() => visit?.close());

  it("is an error in words when it is not allowed", async () => {
    expect(await playScene(page, "microphoneError")).toMatchObject({
      code: "no-permission",
      message: expect.stringMatching(WORDS) as string,
    });
  });

  it.each([
    ["there is none", "NotFoundError", "not-found"],
    ["another program has it", "NotReadableError", "io"],
  ])("is an error in words when %s", async (_, name, code) => {
    await page.reload();
    await playScene(page, "breakMicrophone", name); // which devices a machine has is not for a test to choose
    expect(await playScene(page, "microphoneError")).toMatchObject({ code, message: expect.stringMatching(WORDS) as string });
  });

  it("is an error in words in a page that is neither on https nor on localhost", async () => {
    const elsewhere = await visit.newUser(visit.server.url.replace("127.0.0.1", "twelvehz.test"));
    expect(await playScene(elsewhere, "microphoneError")).toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(WORDS) as string,
    });
  });
});
