/**
 * The published decoder on a graphics card, played by SwiftShader, in short: the golden sound, to the same
 * bits however streams are cut and shared; a card that is wrong is not used, one that is lost is not
 * missed. graphics.slow.test.ts has the rest.
 */
import { join } from "node:path";
import { openEngine } from "@twelvehz/codec/internal";
import { Codec, Codes, folderFiles } from "@twelvehz/codec/node";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { keptWords } from "../../packages/codec/dist/gpu/network.js";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { temporaryFolder } from "../support/command.ts";
import {
  ALL_PASSED,
  decoderPlanOf,
  graphicsNote,
  hasGraphics,
  requestFor,
  sharedCard,
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
  PCM_TOLERANCE,
  TINY_CODEBOOK,
  TINY_LAYERS,
} from "../support/published.ts";

const FRAMES = 3;
const home = temporaryFolder();
const folder = join(home, "tiny7");
beforeAll(() => writeSeededCheckpoint(folder, seededConfig("tiny"), 7));

function codesFrom(data: Int16Array): Codes {
  return new Codes(data, TINY_LAYERS, { codebookSize: TINY_CODEBOOK });
}

describe.skipIf(!hasGraphics)(`the published decoder on a graphics card${graphicsNote}`, () => {
  const codes = codesFrom(goldenInts("decode/plain/codes").slice(0, FRAMES * TINY_LAYERS));
  const wanted = goldenFloats("decode/plain/pcm").slice(0, FRAMES * FRAME);
  const shared = sharedCard();
  const open = async (graphics?: TestRequest, of = folder): Promise<Codec> =>
    new Codec(await openEngine(folderFiles(of), { ...backend(), graphics }));

  it("gives the golden sound, to the same bits however a stream is cut and whoever shares its runs", async () => {
    const codec = await open({ ...requestFor(() => shared.open(), true), passed: ALL_PASSED });
    const whole = (await codec.decode(codes)).samples;
    expect(largestDifference(whole, wanted)).toBeLessThan(PCM_TOLERANCE);
    const [cut, ofOther, cutOtherwise] = await Promise.all([
      inPieces(codec, codes, [1, 2]),
      inPieces(codec, codesFrom(codes.data.toReversed()), [2, 1]),
      inPieces(codec, codes, [2, 0, 1]),
    ]);
    expect([cut, cutOtherwise]).toEqual([whole, whole]);
    expect(ofOther).not.toEqual(whole);
    await codec.close();
  });

  it("is not used where the card's sine is off by 0.001: decoding happens on the processor", async () => {
    const wrongSine = (code: string): string => code.replace("return sine * sine;", "return sine * sine + 1e-3;");
    const request = requestFor(() => shared.open(wrongSine));
    const small = join(home, "small");
    writeSeededCheckpoint(small, SMALLEST_CONFIG, 7);
    const [codec, processor] = [await open(request, small), await open(undefined, small)];
    expect(request.notes).toEqual([
      expect.stringMatching(/^the codec runs on the processor: Cannot compute on SwiftShader.* convolution of /),
    ]);
    expect([request.keys.size, codec.info.graphicsCard]).toEqual([0, undefined]);
    expect((await codec.decode(codes)).samples).toEqual((await processor.decode(codes)).samples);
    await Promise.all([codec.close(), processor.close()]);
  });

  it("is not used by a stream for which it has no memory, and that is said", async () => {
    const request = { ...requestFor(() => shared.open(), true), passed: ALL_PASSED };
    const codec = await open(request);
    const { device } = await shared.open();
    const create = vi.spyOn(device, "createBuffer").mockImplementation(() => {
      throw new RangeError("no room");
    });
    expect(largestDifference((await codec.decode(codes)).samples, wanted)).toBeLessThan(PCM_TOLERANCE);
    expect(request.notes).toEqual([expect.stringMatching(/^a stream is decoded on the processor: .* it says "no room"/)]);
    create.mockRestore();
    await codec.close();
  });

  it("is not missed when it is lost in the middle, and that is said", async () => {
    const request = { ...requestFor(() => shared.open(), true), passed: ALL_PASSED };
    const codec = await open(request);
    const stream = codec.openDecodeStream();
    const before = await stream.push(codes.slice(0, 2));
    (await shared.open()).device.destroy();
    const after = await stream.push(codes.slice(2, FRAMES));
    expect(largestDifference(joined([before, after]), wanted)).toBeLessThan(PCM_TOLERANCE);
    expect(request.notes).toEqual([expect.stringContaining("work goes on on the processor: ")]);
    await codec.close();
  });
});

describe("a decoder with weights of 16 bits", () => {
  it("has the same numbers on a card that rounds as from a server that has rounded", async () => {
    const halved = join(home, "halved");
    await writeHalved(folder, halved);
    const [byCard, byServer] = await Promise.all([folder, halved].map((one) => decoderPlanOf(one, true)));
    for (const [i, { weights }] of byCard.steps.entries()) {
      for (const [j, weight] of weights.entries()) {
        const [one, other] = [weight, byServer.steps[i].weights[j]].map((each) => keptWords(each, each.read()));
        expect(other.isExact).toBe(true);
        expect(largestDifference(other.floats(), one.floats())).toBeLessThanOrEqual(2 ** -25); // a card is more exact below 2^-14
        expect(one.isExact).toBe(!weight.isHalved);
      }
    }
  });
});
