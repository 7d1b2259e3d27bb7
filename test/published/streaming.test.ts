/**
 * The laws of streaming, for the published network: however sound and codes are cut, the result is
 * that of the whole clip; and what a stream keeps is bounded.
 */
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { Audio, type Codec, Codes, encodeFile, openCodec, readAudio } from "@twelvehz/codec/node";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StateSpec, WeightSource } from "../../packages/codec/dist/graph/builder.js";
import { parsePublishedConfig } from "../../packages/codec/dist/model/published/config.js";
import { buildPublishedDecoder } from "../../packages/codec/dist/model/published/decoder.js";
import { buildPublishedEncoder } from "../../packages/codec/dist/model/published/encoder.js";
import { seededConfig, uniform, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { inLongForm } from "../support/long-form.ts";
import { fixturePath } from "../support/sound.ts";
import { temporaryFolder } from "../support/command.ts";
import { cutsOf, joined, joinedCodes, rangesBetween } from "../support/pieces.ts";
import {
  floatsOf,
  FRAME,
  goldenInts,
  goldenSound,
  largestDifference,
  openHere,
  openNetworks,
  PCM_TOLERANCE,
  TINY_CODEBOOK,
  TINY_LAYERS,
} from "../support/published.ts";

type Range = readonly [start: number, end: number];
type Attention = "reference" | "windowed";
const ATTENTIONS: readonly Attention[] = ["reference", "windowed"];

const folder = join(temporaryFolder(), "tiny7");
let codec: Codec;
beforeAll(async () => {
  writeSeededCheckpoint(folder, seededConfig("tiny"), 7);
  codec = await openHere(folder);
});
afterAll(() => codec.close());

function codesFrom(data: Int16Array): Codes {
  return new Codes(data, TINY_LAYERS, { codebookSize: TINY_CODEBOOK });
}

function drawnCodes(frames: number): Codes {
  return codesFrom(Int16Array.from(uniform("stream", frames * TINY_LAYERS, 0, TINY_CODEBOOK, 7), Math.floor));
}

async function encodedInPieces(sound: Float32Array, attention: Attention, ranges: Iterable<Range>): Promise<Int16Array> {
  const stream = codec.openEncodeStream({ attention });
  const parts: Codes[] = [];
  for (const [start, end] of ranges) parts.push(await stream.push(sound.subarray(start, end)));
  parts.push(await stream.flush());
  await stream.close();
  return joinedCodes(parts);
}

async function decodedInPieces(codes: Codes, ranges: Iterable<Range>, chunking?: "reference"): Promise<Float32Array> {
  const stream = codec.openDecodeStream({ chunking });
  const parts: Float32Array[] = [];
  for (const [start, end] of ranges) parts.push(await stream.push(codes.slice(start, end)));
  parts.push(await stream.flush());
  await stream.close();
  return joined(parts);
}

/** Pieces of one size, the last one shorter. */
function* pieces(length: number, size: number): Generator<Range> {
  for (let start = 0; start < length; start += size) yield [start, Math.min(length, start + size)];
}

describe.each(ATTENTIONS)("an encode stream (%s)", (attention) => {
  /** 60 encoder steps, three windows, and a ragged end. */
  const sound = goldenSound("encode/beyond_window/pcm").subarray(0, 30 * FRAME + 777);
  let whole: Int16Array;
  beforeAll(async () => (whole = (await codec.encode(new Audio(sound, 24000), { attention })).data.slice()));

  it("gives the same codes however the samples are cut", async () => {
    await fc.assert(
      fc.asyncProperty(cutsOf(sound.length, 12), async (cuts) => {
        expect(await encodedInPieces(sound, attention, rangesBetween(cuts, sound.length))).toEqual(whole);
      }),
      { numRuns: inLongForm ? 30 : 4 },
    );
  });

  it.each([160, 480, FRAME - 1, FRAME, FRAME + 1, 7 * FRAME])("gives the same codes in pieces of %i samples", async (size) => {
    expect(await encodedInPieces(sound, attention, pieces(sound.length, size))).toEqual(whole);
  });

  it("gives the same codes sample by sample", async () => {
    const short = sound.subarray(0, 2 * FRAME + 17);
    const expected = await encodedInPieces(short, attention, [[0, short.length]]);
    expect(await encodedInPieces(short, attention, pieces(short.length, 1))).toEqual(expected);
  });

  it("gives the golden codes at every ragged end, in frames and whole", async () => {
    for (const name of ["ragged", "short", "one", "just_over"]) {
      const clip = goldenSound(`encode/${name}/pcm`);
      for (const size of [FRAME, clip.length])
        expect(await encodedInPieces(clip, attention, pieces(clip.length, size))).toEqual(goldenInts(`encode/${name}/codes`));
    }
  });

  it("never changes codes that it gave when more sound follows", async () => {
    const frames = 8;
    const before = sound.subarray(0, frames * FRAME);
    const tail = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: FRAME });
    await fc.assert(
      fc.asyncProperty(tail, async (samples) => {
        const both = joined([before, Float32Array.from(samples)]);
        const found = await encodedInPieces(both, attention, [[0, both.length]]);
        expect(found.subarray(0, frames * TINY_LAYERS)).toEqual(whole.subarray(0, frames * TINY_LAYERS));
      }),
      { numRuns: 4 },
    );
  });

  it("is as new after flush and after reset", async () => {
    const stream = codec.openEncodeStream({ attention });
    const clip = sound.subarray(0, 5 * FRAME + 100);
    const first = joinedCodes([await stream.push(clip), await stream.flush()]);
    await stream.push(sound.subarray(999, 9 * FRAME));
    await stream.reset();
    expect(joinedCodes([await stream.push(clip), await stream.flush()])).toEqual(first);
    expect(joinedCodes([await stream.push(clip), await stream.flush()])).toEqual(first);
    await stream.close();
  });
});

describe("a decode stream", () => {
  const frames = 40;
  const codes = drawnCodes(frames);
  let whole: Float32Array;
  beforeAll(async () => (whole = (await codec.decode(codes)).samples.slice()));

  it("gives the same sound however the frames are cut", async () => {
    await fc.assert(
      fc.asyncProperty(cutsOf(frames, 8), async (cuts) => {
        expect(largestDifference(await decodedInPieces(codes, rangesBetween(cuts, frames)), whole)).toBeLessThan(PCM_TOLERANCE);
      }),
      { numRuns: inLongForm ? 30 : 4 },
    );
  });

  it.each([1, 2, 3, 25, 26, frames])("gives the same sound in pieces of %i frames", async (size) => {
    expect(largestDifference(await decodedInPieces(codes, pieces(frames, size)), whole)).toBeLessThan(PCM_TOLERANCE);
  });

  it("gives all samples of a frame at once", async () => {
    const stream = codec.openDecodeStream();
    expect(await stream.push(codes.slice(0, 1))).toHaveLength(FRAME);
    expect(await stream.push(codes.slice(1, 4))).toHaveLength(3 * FRAME);
    expect(await stream.flush()).toHaveLength(0);
    await stream.close();
  });

  it("is as new after flush and after reset", async () => {
    const stream = codec.openDecodeStream();
    const clip = codes.slice(3, 9);
    const first = joined([await stream.push(clip), await stream.flush()]);
    await stream.push(codes.slice(0, 12));
    await stream.reset();
    expect(largestDifference(joined([await stream.push(clip), await stream.flush()]), first)).toBeLessThan(PCM_TOLERANCE);
    expect(largestDifference(joined([await stream.push(clip), await stream.flush()]), first)).toBeLessThan(PCM_TOLERANCE);
    await stream.close();
  });

  it("equals the unchunked network, run once, for many frames", async () => {
    const long = drawnCodes(inLongForm ? 2000 : 400);
    const networks = await openNetworks(folder, { taps: false });
    const once = floatsOf(await networks.decode(long.data.slice()), "pcm").slice();
    await networks.close();
    expect(largestDifference(await decodedInPieces(long, pieces(long.frames, 50)), once)).toBeLessThan(PCM_TOLERANCE);
  });

  it("cuts as the package does when it is told to, however the frames come", async () => {
    const long = codesFrom(goldenInts("decode/beyond_chunk/codes"));
    const chunked = (await codec.decode(long, { chunking: "reference" })).samples;
    for (const size of [11, 301])
      expect(largestDifference(await decodedInPieces(long, pieces(long.frames, size), "reference"), chunked)).toBeLessThan(PCM_TOLERANCE);
    const exact = (await codec.decode(long)).samples;
    expect(largestDifference(chunked.subarray(0, 300 * FRAME), exact.subarray(0, 300 * FRAME))).toBeLessThan(PCM_TOLERANCE);
    expect(largestDifference(chunked.subarray(300 * FRAME), exact.subarray(300 * FRAME))).toBeGreaterThan(PCM_TOLERANCE);
  });
});

describe("clips coded at once", () => {
  const lengths = [1, 1000, FRAME, 5 * FRAME + 777, 12 * FRAME, 30 * FRAME + 13];
  const clips = lengths.map((length) => new Audio(goldenSound("encode/beyond_window/pcm").subarray(999, 999 + length), 24000));

  it.each([
    ["in this thread", () => openHere(folder)],
    ["in a worker", () => openCodec(folder)],
  ])("give exactly what each gives alone, whatever the others' lengths (%s)", async (_, open) => {
    const shared = await open();
    const alone: Codes[] = [];
    for (const clip of clips) alone.push(await shared.encode(clip));
    const together = await Promise.all(clips.map((clip) => shared.encode(clip)));
    together.forEach((codes, i) => expect(codes.data).toEqual(alone[i].data));
    const sounds: Audio[] = [];
    for (const codes of alone) sounds.push(await shared.decode(codes));
    const soundsTogether = await Promise.all(alone.map((codes) => shared.decode(codes)));
    soundsTogether.forEach(({ samples }, i) => {
      expect(samples).toHaveLength(lengths[i]);
      expect(largestDifference(samples, sounds[i].samples)).toBeLessThan(PCM_TOLERANCE);
    });
    await shared.close();
  });
});

describe("the state of a stream", () => {
  const nothing: WeightSource = { weight: () => ({ type: "float32", data: new Float32Array(0) }) };
  const config = parsePublishedConfig({ ...seededConfig("full") });
  /** Size when every history of an attention, which begins with no steps, has so many. */
  const megabytes = (states: readonly StateSpec[], steps: number): number =>
    states.reduce((sum, { dims }) => sum + 4 * dims.reduce((n, d) => n * (d === 0 ? steps : d), 1), 0) / 1e6;

  it("of a decoder is 5.2 MB at full size", () => {
    expect(megabytes(buildPublishedDecoder(config, nothing).states, config.decoder.slidingWindow - 1)).toBeCloseTo(5.2, 1);
  });

  it("of an encoder is 8.2 MB at full size with a window, and grows by 0.8 MB a second without", () => {
    const { states } = buildPublishedEncoder(config, nothing);
    expect(megabytes(states, config.encoder.slidingWindow - 1)).toBeCloseTo(8.2, 1);
    expect(megabytes(states, 25) - megabytes(states, 0)).toBeCloseTo(0.8, 1); // 25 steps a second
  });

  it("grows to that size and no further while a stream runs, but for the reference encoder's", async () => {
    const networks = await openNetworks(folder, { taps: false });
    const { encoder, decoder } = networks.config;
    const stepsOf = (outputs: object): number =>
      Math.max(
        ...Object.entries(outputs)
          .filter(([name]) => name.endsWith(".next"))
          .map(([, tensor]) => (tensor as { dims: readonly number[] }).dims)
          .filter((dims) => dims.length === 2)
          .map(([steps]) => steps),
      );
    const frame = new Float32Array(FRAME).fill(0.1);
    for (let t = 1; t <= 15; t++) {
      expect(stepsOf(await networks.encode(frame, "windowed"))).toBe(Math.min(2 * t, encoder.slidingWindow - 1));
      expect(stepsOf(await networks.decode(drawnCodes(1).data))).toBe(Math.min(t, decoder.slidingWindow - 1));
    }
    networks.reset();
    for (let t = 1; t <= 15; t++) expect(stepsOf(await networks.encode(frame, "reference"))).toBe(2 * t);
    await networks.close();
  });
});

describe("a file that does not tell its length", () => {
  const file = fixturePath("english.ogg");

  it("is coded with the attention that its sound in memory gets", async () => {
    const whole = await codec.encode(await readAudio(file));
    const { codes, source } = await encodeFile(codec, file);
    expect(source.durationSeconds).toBeUndefined();
    expect([whole.attention, codes.attention]).toEqual(["reference", "reference"]);
    expect(codes.data).toEqual(whole.data);
    expect(codes.sampleCount).toBe(whole.sampleCount);
  });

  it.skipIf(process.platform !== "linux")("is closed when the codec refuses before it reads", async () => {
    const openFiles = (): string[] =>
      readdirSync("/proc/self/fd").flatMap((fd) => {
        try {
          return readlinkSync(join("/proc/self/fd", fd));
        } catch {
          return []; // closed meanwhile
        }
      });
    await expect(encodeFile(codec, file, { layers: TINY_LAYERS + 1 })).rejects.toThrow();
    expect(openFiles().filter((path) => path.endsWith("english.ogg"))).toEqual([]);
  });

  it("is coded with the attention that was asked for", async () => {
    const { codes } = await encodeFile(codec, file, { attention: "windowed" });
    expect(codes.attention).toBe("windowed");
  });
});
