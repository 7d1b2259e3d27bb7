import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Audio, readAudio } from "@twelvehz/codec/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../root.ts";
import { browserNote, chromiumPath, playScene } from "../support/browser.ts";
import { type PageVisit, visitPage } from "../support/page-visit.ts";

describe.skipIf(!chromiumPath)(`sound files in a browser${browserNote}`, () => {
  let visit: PageVisit;
  let page: Page;
  const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(join(root, "test/fixtures/audio", name)));

  beforeAll(async () => {
    visit = await visitPage();
    page = await visit.newUser();
  });

  afterAll(() => visit?.close());

  it.each(["english.wav", "english.flac", "english.mp3", "english.ogg", "english.opus", "english.aiff"])(
    "are read to the sample as Node reads them: %s",
    async (name) => {
      const wanted = await readAudio(join(root, "test/fixtures/audio", name));
      const { samples, sampleRate } = await playScene<Audio>(page, "read", { bytes: fixture(name) });
      expect(sampleRate).toBe(24_000);
      expect(samples).toHaveLength(wanted.samples.length);
      expect(samples.findIndex((v, i) => v !== wanted.samples[i])).toBe(-1);
    },
  );

  it("are read by the browser where we do not read them: M4A", async () => {
    const wanted = await readAudio(join(root, "test/fixtures/audio/english.wav"));
    const { samples, sampleRate } = await playScene<Audio>(page, "read", { bytes: fixture("english.m4a") });
    expect(sampleRate).toBe(24_000);
    expect(Math.abs(samples.length - wanted.samples.length)).toBeLessThan(0.1 * 24_000);
    const level = (x: Float32Array): number => 10 * Math.log10(x.reduce((sum, v) => sum + v * v, 0) / x.length);
    expect(level(samples)).toBeCloseTo(level(wanted.samples), 0);
  });

  it.each([
    ["nothing", new Uint8Array(0), {}, "bad-format", /it is empty/],
    ["text", new TextEncoder().encode("no sound"), { name: "a.wav" }, "bad-format", /"a\.wav": it is text/],
    [
      "bytes that nobody reads",
      Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 31) % 251),
      {},
      "unsupported",
      /this browser cannot read it either/,
    ],
    ["a FLAC over the limit", fixture("english.flac"), { maxSeconds: 0.5 }, "too-large", /limit is 0.5 s/],
    ["an M4A over the limit", fixture("english.m4a"), { maxSeconds: 0.5 }, "too-large", /limit of 0.5 s/],
  ])("are refused in words: %s", async (_, bytes, options, code, words) => {
    const { error } = await playScene<{ readonly error: { readonly code: string } }>(page, "read", { bytes, ...options });
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) as string });
  });
});
