/**
 * The published decoder on a graphics card, played by SwiftShader: what it gives is what the
 * published code gives, to the same bits however streams are cut and shared; a card that is wrong is
 * not used, and one that is lost is not missed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Codec, Codes, folderFiles } from "@twelvehz/codec/node";
import { openEngine } from "@twelvehz/codec/internal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GraphicsCard } from "../../packages/codec/dist/gpu/card.js";
import { signalToError } from "../../packages/codec/dist/gpu/check.js";
import { LEAST_ROUNDED_DECIBELS } from "../../packages/codec/dist/model/graphics-decoders.js";
import { seededConfig, uniform, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import {
  graphicsNote,
  hasGraphics,
  openTestCard,
  requestFor,
  SMALLEST_CONFIG,
  type TestRequest,
  writeHalved,
} from "../support/graphics.ts";
import { inPieces, joined } from "../support/pieces.ts";
import {
  backend,
  FRAME,
  goldenFloats,
  goldenInts,
  largestDifference,
  openHere,
  PCM_TOLERANCE,
  TINY_CODEBOOK,
  TINY_LAYERS,
} from "../support/published.ts";

const home = mkdtempSync(join(tmpdir(), "twelvehz-graphics-"));
afterAll(() => rmSync(home, { recursive: true }));

function codesFrom(data: Int16Array): Codes {
  return new Codes(data, TINY_LAYERS, { codebookSize: TINY_CODEBOOK });
}

function drawnCodes(name: string, frames: number): Codes {
  return codesFrom(Int16Array.from(uniform(name, frames * TINY_LAYERS, 0, TINY_CODEBOOK, 7), Math.floor));
}

function openWith(folder: string, graphics: TestRequest): ReturnType<typeof openEngine> {
  return openEngine(folderFiles(folder), { ...backend(), graphics });
}

describe.skipIf(!hasGraphics)(`decoding on a graphics card${graphicsNote}`, () => {
  const folder = join(home, "tiny7");
  let card: GraphicsCard;
  let request: TestRequest;
  let engine: Awaited<ReturnType<typeof openEngine>>;
  let codec: Codec;
  let processor: Codec;
  beforeAll(async () => {
    writeSeededCheckpoint(folder, seededConfig("tiny"), 7);
    card = await openTestCard();
    request = requestFor(async () => card, true);
    engine = await openWith(folder, request);
    codec = new Codec(engine);
    processor = await openHere(folder);
  });
  afterAll(async () => {
    await codec?.close();
    await processor?.close();
  });

  it("passes the check, remembers it, and names the card", () => {
    expect([request.notes, request.keys.size]).toEqual([[], 1]);
    expect(codec.info.backend).toContain(card.name);
  });

  it.each(["short", "plain", "beyond_window"])("gives the golden sound of %s", async (name) => {
    const { samples } = await codec.decode(codesFrom(goldenInts(`decode/${name}/codes`)));
    expect(largestDifference(samples, goldenFloats(`decode/${name}/pcm`))).toBeLessThan(PCM_TOLERANCE);
  });

  it("gives the same bits however a stream is cut, and whoever shares its runs", async () => {
    const [codes, others] = [drawnCodes("one", 7), drawnCodes("other", 7)];
    const whole = (await codec.decode(codes)).samples;
    const cuts = [
      [1, 1, 1, 1, 1, 1, 1],
      [5, 2],
      [3, 0, 4],
    ];
    const found = await Promise.all([...cuts.map((lengths) => inPieces(codec, codes, lengths)), inPieces(codec, others, [2, 5])]);
    for (const samples of found.slice(0, cuts.length)) expect(samples).toEqual(whole);
    expect(found[cuts.length]).not.toEqual(whole);
    const fifth = await Promise.all(Array.from({ length: 5 }, () => inPieces(codec, codes.slice(0, 2), [2]))); // more than share one run
    for (const samples of fifth) expect(samples).toEqual(whole.subarray(0, 2 * FRAME));
  });

  it("leaves layers out as the processor does", async () => {
    const codes = drawnCodes("gains", 3);
    const options = { muteLayers: [0, 3] };
    const wanted = (await processor.decode(codes, options)).samples;
    expect(largestDifference((await codec.decode(codes, options)).samples, wanted)).toBeLessThan(PCM_TOLERANCE);
  });

  it("goes on to the same bits from a saved state, in another stream", async () => {
    const codes = drawnCodes("saved", 6).data;
    const first = await engine.openDecoder();
    await first.push(codes.slice(0, 4 * TINY_LAYERS));
    const second = await engine.openDecoder();
    await second.push(codes.slice(0, TINY_LAYERS));
    await second.restore(await first.save());
    const rest = codes.slice(4 * TINY_LAYERS);
    expect(await second.push(rest)).toEqual(await first.push(rest));
    await Promise.all([first.close(), second.close()]);
  });

  it("loses the card in the middle, says so, and is heard all the same", async () => {
    const codes = drawnCodes("lost", 8);
    const wanted = (await processor.decode(codes, { muteLayers: [5] })).samples;
    const stream = codec.openDecodeStream({ muteLayers: [5] });
    const before = await stream.push(codes.slice(0, 5));
    card.device.destroy();
    const after = await stream.push(codes.slice(5, 8));
    await stream.close();
    expect(largestDifference(joined([before, after]), wanted)).toBeLessThan(PCM_TOLERANCE);
    expect(request.notes).toEqual([expect.stringContaining("work goes on on the processor: ")]);
    expect((await codec.decode(codes, { muteLayers: [5] })).samples).toEqual(wanted);
  });
});

describe.skipIf(!hasGraphics)(`a card that cannot be used${graphicsNote}`, () => {
  const folder = join(home, "smallest");
  beforeAll(() => writeSeededCheckpoint(folder, SMALLEST_CONFIG, 3));
  const wrongSine = (code: string): string => code.replace("return sine * sine;", "return sine * sine + 1e-3;");

  it("whose sine is off by 0.001 is found out: decoding happens on the processor", async () => {
    const request = requestFor(() => openTestCard(wrongSine));
    const codec = new Codec(await openWith(folder, request));
    const processor = await openHere(folder);
    const codes = drawnCodes("broken", 4);
    expect(request.notes).toEqual([
      expect.stringMatching(/^the codec runs on the processor: Cannot compute on SwiftShader.* convolution of /),
    ]);
    expect(request.keys.size).toBe(0);
    expect(codec.info.backend).toBe(processor.info.backend);
    expect((await codec.decode(codes)).samples).toEqual((await processor.decode(codes)).samples);
    await Promise.all([codec.close(), processor.close()]);
  });

  it("that does not compile the kernels is said to be so, where it was required", async () => {
    const request = requestFor(() => openTestCard((code) => code.replace("fn main", "fn main_")), true);
    await expect(openWith(folder, request)).rejects.toMatchObject({
      code: "runtime",
      message: expect.stringMatching(/^Cannot compute on SwiftShader.*; choose the device "cpu"$/) as string,
    });
  });
});

describe.skipIf(!hasGraphics)(`a card that keeps weights of 16 bits${graphicsNote}`, () => {
  const [folder, halved] = [join(home, "all-bits"), join(home, "halved")];
  const codes = drawnCodes("halved", 5);
  const onProcessor = async (model: string): Promise<Float32Array> => {
    const codec = await openHere(model);
    const { samples } = await codec.decode(codes);
    await codec.close();
    return samples;
  };
  beforeAll(async () => {
    writeSeededCheckpoint(folder, SMALLEST_CONFIG, 3);
    await writeHalved(folder, halved);
  });

  it.each([
    ["a model of 32 bits", folder],
    ["a model that was rounded by a server", halved],
  ])("passes its check with %s, and gives what the processor gives with the rounded weights", async (_, model) => {
    const request = { ...requestFor(() => openTestCard(), true), halves: true };
    const codec = new Codec(await openWith(model, request));
    expect([request.notes, request.keys.size]).toEqual([[], 1]);
    expect(codec.info.backend).toMatch(/, decoder on .* with weights of 16 bits$/);
    const { samples } = await codec.decode(codes);
    expect(largestDifference(samples, await onProcessor(halved))).toBeLessThan(PCM_TOLERANCE);
    const decibels = signalToError(samples, await onProcessor(folder));
    expect(decibels).toBeGreaterThan(LEAST_ROUNDED_DECIBELS);
    expect(decibels).toBeLessThan(80); // they were rounded indeed
    await codec.close();
  });
});
