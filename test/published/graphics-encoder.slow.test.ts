/**
 * The published encoder on a graphics card, played by SwiftShader, for longer than the tests that
 * always run: attention that sees all of a clip, states, a card that is wrong or lost.
 */
import { join } from "node:path";
import { Audio, Codec, folderFiles } from "@twelvehz/codec/node";
import { openEngine } from "@twelvehz/codec/internal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GraphicsCard } from "../../packages/codec/dist/gpu/card.js";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { temporaryFolder } from "../support/command.ts";
import { graphicsNote, hasGraphics, openTestCard, requestFor, type TestRequest } from "../support/graphics.ts";
import { openGraphicsEncoders } from "../support/graphics-encoders.ts";
import { joinedCodes } from "../support/pieces.ts";
import { backend, FRAME, goldenInts, goldenSound } from "../support/published.ts";

const home = temporaryFolder();
const folder = join(home, "tiny7");
let processing: Awaited<ReturnType<typeof openEngine>>;
let processor: Codec;
beforeAll(async () => {
  writeSeededCheckpoint(folder, seededConfig("tiny"), 7);
  processing = await openEngine(folderFiles(folder), backend());
  processor = new Codec(processing);
});
afterAll(() => processor?.close());

function openWith(graphics: TestRequest): ReturnType<typeof openEngine> {
  return openEngine(folderFiles(folder), { ...backend(), graphics });
}

describe.skipIf(!hasGraphics)(`a codec that encodes on a graphics card${graphicsNote}`, () => {
  let card: GraphicsCard;
  let request: TestRequest;
  let engine: Awaited<ReturnType<typeof openEngine>>;
  let codec: Codec;
  beforeAll(async () => {
    card = await openTestCard();
    request = requestFor(async () => card, true);
    engine = await openWith(request);
    codec = new Codec(engine);
  });
  afterAll(() => codec?.close());

  it.each([
    ["whole", "reference", "codes"],
    ["beyond_window", "reference", "codes"],
    ["beyond_window", "windowed", "codes_windowed"],
  ] as const)("gives the golden codes of %s, %s", async (name, attention, codes) => {
    const { data } = await codec.encode(new Audio(goldenSound(`encode/${name}/pcm`), 24000), { attention });
    expect(data).toEqual(goldenInts(`encode/${name}/${codes}`));
    expect([request.notes, request.keys.size]).toEqual([[], 2]); // the decoder's check and the encoder's
  });

  it("goes on to the same codes from a saved state, in another stream", async () => {
    const sound = goldenSound("encode/beyond_window/pcm");
    for (const attention of ["windowed", "reference"] as const) {
      const first = await engine.openEncoder({ attention });
      await first.push(sound.subarray(0, 3 * FRAME + 11));
      const second = await engine.openEncoder({ attention });
      await second.push(sound.subarray(9 * FRAME, 10 * FRAME));
      await second.restore(await first.save());
      const rest = sound.subarray(3 * FRAME + 11, 5 * FRAME + 99);
      expect([await second.push(rest), await second.flush()]).toEqual([await first.push(rest), await first.flush()]);
      await Promise.all([first.close(), second.close()]);
    }
  });

  it("loses the card in the middle, says so once, and gives the same codes all the same", async () => {
    const sound = goldenSound("encode/beyond_window/pcm").subarray(0, 13 * FRAME + 777);
    for (const attention of ["windowed", "reference"] as const) {
      const wanted = (await processor.encode(new Audio(sound, 24000), { attention })).data;
      const stream = codec.openEncodeStream({ attention });
      const before = await stream.push(sound.subarray(0, 11 * FRAME + 5));
      card.device.destroy();
      const after = [await stream.push(sound.subarray(11 * FRAME + 5)), await stream.flush()];
      await stream.close();
      expect(joinedCodes([before, ...after])).toEqual(wanted);
      expect(request.notes).toEqual([expect.stringContaining("work goes on on the processor: ")]);
    }
  });
});

describe.skipIf(!hasGraphics)(`a card that cannot encode${graphicsNote}`, () => {
  const sound = goldenSound("encode/whole/pcm").subarray(0, 3 * FRAME + 1);
  /** Changes no kernel of the decoder. */
  const wrongElu = (code: string): string => code.replace("exp(v) - 1.0", "exp(v) - 1.001");

  it("is found out when the encoder is first used: encoding happens on the processor, decoding on the card", async () => {
    const request = requestFor(() => openTestCard(wrongElu));
    const codec = new Codec(await openWith(request));
    expect(request.notes).toEqual([]);
    const found = await codec.encode(new Audio(sound, 24000));
    expect(request.notes).toEqual([
      expect.stringMatching(/^the encoder runs on the processor: Cannot compute on SwiftShader.* convolution of /),
    ]);
    expect(found.data).toEqual((await processor.encode(new Audio(sound, 24000))).data);
    await codec.close();
  });

  it.each([
    ["sound that does not end where it ends", "if (at >= end) { return 0.0; }", "", /its convolution of \d+ to \d+ channels/],
    ["a first value that is not repeated", "at = max(at, 0);", "", /its convolution of 32 to 32 channels/],
    ["a search that takes the second entry of two", "distance < distances[than]", "distance > distances[than]", /its search for codes/],
  ])("is refused for %s", async (_, right, wrong, found) => {
    const request = requestFor(() => openTestCard((code) => code.replace(right, wrong)));
    await expect(openGraphicsEncoders(folder, request, processing)).rejects.toThrow(found);
    expect(request.keys.size).toBe(0);
  });

  it("whose attention cannot see as far as a stream goes hands the stream to the processor", async () => {
    const request = requestFor(() => openTestCard());
    const { encoders, close } = await openGraphicsEncoders(folder, request, processing, 24);
    const encoder = await encoders.openEncoder("reference");
    const whole = goldenSound("encode/beyond_window/pcm").subarray(0, 14 * FRAME);
    const codes = [await encoder.push(whole.subarray(0, 11 * FRAME)), await encoder.push(whole.subarray(11 * FRAME))];
    expect(Int16Array.from(codes.flatMap((piece) => [...piece]))).toEqual(
      (await processor.encode(new Audio(whole, 24000), { attention: "reference" })).data,
    );
    expect(request.notes).toEqual(["a stream whose attention sees more than 12 frames goes on on the processor"]);
    close();
  });
});
