import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Audio, type Codec, type ModelInfo, readAudio } from "@twelvehz/codec/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { englishClip } from "../root.ts";
import { browserNote, chromiumPath, playScene } from "../support/browser.ts";
import { openHere } from "../support/codecs.ts";
import { MODEL_FOLDER } from "../support/golden.ts";
import { type PageVisit, visitPage } from "../support/page-visit.ts";
import { relativeError } from "../support/spectrum.ts";

interface Opened {
  readonly info: ModelInfo;
  readonly progress: readonly { readonly loadedBytes: number; readonly totalBytes: number }[];
  readonly isolated: boolean;
}

interface Coded {
  readonly data: Int16Array;
}

interface Sound {
  readonly samples: Float32Array;
}

/**
 * Largest share of codes that may differ between two backends, at near ties (the rule of the
 * published model, used for both).
 */
const MOST_DIFFERING = 0.001;
/**
 * Two backends agree on the same codes to this, dB of the difference against the sound; the
 * networks' bands differ by 4e-7 (rms).
 */
const AGREEMENT_DB = -60;
/** So much of the clip is coded. */
const SECONDS = 2.4;
const BACKENDS: readonly (readonly [backend: string, name: RegExp])[] = [
  ["wasm", /^wasm$/],
  ["onnx", /^onnxruntime-web .* wasm$/],
];

let visit: PageVisit;
let reference: Codec;
let clip: Audio;

beforeAll(async () => {
  if (!chromiumPath) return;
  visit = await visitPage({ "/model/": MODEL_FOLDER });
  reference = await openHere();
  const { samples, sampleRate } = await readAudio(englishClip);
  clip = new Audio(samples.slice(0, SECONDS * sampleRate), sampleRate);
});

afterAll(async () => {
  await visit?.close();
  await reference?.close();
});

describe.skipIf(!chromiumPath).each(BACKENDS)(`the codec in a browser${browserNote}, on %s`, (backend, backendName) => {
  let page: Page;
  let opened: Opened;

  beforeAll(async () => {
    page = await visit.newUser();
    opened = await playScene<Opened>(page, "open", { model: "/model", prepare: true, backend });
  });

  it("opens the same model, and tells of its progress to the end", () => {
    const { name, id, layers } = reference.info;
    expect(opened.info).toMatchObject({ name, id, layers, backend: expect.stringMatching(backendName) as string });
    expect(opened.progress.length).toBeGreaterThan(1);
    const bytes = ["model.safetensors", "concealment.safetensors"].reduce(
      (sum, file) => sum + readFileSync(join(MODEL_FOLDER, file)).length,
      0,
    );
    expect(opened.progress.at(-1)).toEqual({ loadedBytes: bytes, totalBytes: bytes });
  });

  it("makes the codes that Node makes, but for near ties", async ({ task }) => {
    const wanted = await reference.encode(clip);
    const { data } = await playScene<Coded>(page, "encode", clip.samples);
    const differing = data.reduce((count, code, i) => count + (code === wanted.data[i] ? 0 : 1), 0);
    Object.assign(task.meta, { codes: data.length, differing });
    expect(data.length).toBe(wanted.data.length);
    expect(differing / data.length).toBeLessThan(MOST_DIFFERING);
  });

  it("makes the sound of equal codes that Node makes", async ({ task }) => {
    const codes = await reference.encode(clip);
    const { samples } = await playScene<Sound>(page, "decode", codes.data);
    const wanted = (await reference.decode(codes)).samples;
    const differenceDb = relativeError(wanted, samples.subarray(0, wanted.length));
    Object.assign(task.meta, { differenceDb });
    expect(differenceDb).toBeLessThan(AGREEMENT_DB);
  });

  it("gives the same codes and the same sound however they are cut", async () => {
    const samples = clip.samples.slice(0, 1.5 * 24_000);
    const whole = await playScene<Coded>(page, "encode", samples);
    const sound = await playScene<Sound>(page, "decode", whole.data);
    const pieces = { samples, data: whole.data, sampleCuts: [1, 4000, 1920, 77], frameCuts: [1, 3, 9, 2] };
    const parts = await playScene<Coded & Sound>(page, "streamed", pieces);
    expect(parts.data).toEqual(whole.data);
    expect(parts.samples).toHaveLength(sound.samples.length);
    expect(parts.samples.findIndex((v, i) => v !== sound.samples[i])).toBe(-1);
  });

  it("gives the same codes with two threads, in a page that is isolated", async () => {
    const other = await page.context().newPage();
    await other.goto(visit.server.url);
    const { isolated } = await playScene<Opened>(other, "open", { model: "/model", threads: 2, backend });
    const samples = clip.samples.slice(0, 24_000);
    expect(isolated).toBe(true);
    expect((await playScene<Coded>(other, "encode", samples)).data).toEqual((await playScene<Coded>(page, "encode", samples)).data);
    await other.close();
  });
});
