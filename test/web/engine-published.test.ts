import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Audio, type Codec, Codes } from "@twelvehz/codec/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { browserNote, chromiumPath, playScene } from "../support/browser.ts";
import { type PageVisit, visitPage } from "../support/page-visit.ts";
import { goldenInts, goldenSound, NEAR_TIE_SHARE, openHere } from "../support/published.ts";
import { relativeError } from "../support/spectrum.ts";

/** Two backends agree on the same codes to this, dB of the difference against the sound. */
const AGREEMENT_DB = -60;

describe.skipIf(!chromiumPath)(`the published network in a browser${browserNote}`, () => {
  let folder: string;
  let visit: PageVisit;
  let page: Page;
  let reference: Codec;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "twelvehz-published-"));
    writeSeededCheckpoint(folder, seededConfig("tiny"), 7);
    reference = await openHere(folder);
    visit = await visitPage({ "/published/": folder });
    page = await visit.newUser();
    await playScene(page, "open", { model: "/published", prepare: true });
  });

  afterAll(async () => {
    await visit?.close();
    await reference?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("makes the codes that Node makes, but for near ties", async () => {
    const sound = goldenSound("encode/whole/pcm");
    const { data } = await playScene<{ readonly data: Int16Array }>(page, "encode", sound);
    const wanted = (await reference.encode(new Audio(sound, 24_000))).data;
    const differing = data.reduce((count, code, i) => count + (code === wanted[i] ? 0 : 1), 0);
    expect(data).toHaveLength(wanted.length);
    expect(differing / data.length).toBeLessThan(NEAR_TIE_SHARE);
  });

  it("makes of equal codes the sound that Node makes", async () => {
    const data = goldenInts("decode/plain/codes");
    const { samples } = await playScene<{ readonly samples: Float32Array }>(page, "decode", data);
    const { layers, codebookSize } = reference.info;
    const wanted = (await reference.decode(new Codes(data, layers, { codebookSize }))).samples;
    expect(relativeError(wanted, samples)).toBeLessThan(AGREEMENT_DB);
  });
});
