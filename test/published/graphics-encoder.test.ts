/**
 * The published encoder on a graphics card, played by SwiftShader: its codes are those of the
 * published code, however streams are cut and shared; a card that is wrong is not used, and one that
 * is lost is not missed.
 */
import { join } from "node:path";
import { Audio, Codec, folderFiles } from "@twelvehz/codec/node";
import { openEngine } from "@twelvehz/codec/internal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GraphicsCard } from "../../packages/codec/dist/gpu/card.js";
import { parsePublishedConfig } from "../../packages/codec/dist/model/published/config.js";
import { planPublishedEncoder } from "../../packages/codec/dist/model/published/graphics-encoder-plan.js";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { temporaryFolder } from "../support/command.ts";
import { graphicsNote, hasGraphics, openTestCard, requestFor, type TestRequest } from "../support/graphics.ts";
import { joinedCodes, rangesBetween } from "../support/pieces.ts";
import { backend, FRAME, goldenInts, goldenSound, openHere } from "../support/published.ts";

/** Launches of a run: those of the transformer, and 17 others. */
const FULL_LAUNCHES = 73;

const home = temporaryFolder();

function openWith(folder: string, graphics: TestRequest): ReturnType<typeof openEngine> {
  return openEngine(folderFiles(folder), { ...backend(), graphics });
}

describe("the plan of the published encoder", () => {
  it("has as many launches as are promised, and looks back as far as its windows and convolutions", () => {
    const config = parsePublishedConfig({ ...seededConfig("full") });
    const { steps, reachFrames, input, output } = planPublishedEncoder(config, undefined as never, 8000);
    expect(steps).toHaveLength(FULL_LAUNCHES);
    const { transformerLayers, slidingWindow } = config.encoder;
    expect(reachFrames - (transformerLayers * (slidingWindow - 1)) / 2).toBeGreaterThan(0);
    expect(reachFrames - (transformerLayers * (slidingWindow - 1)) / 2).toBeLessThan(5);
    expect([input?.rate, output.channels, output.rate]).toEqual([FRAME, config.layers, 1]);
  });
});

describe.skipIf(!hasGraphics)(`encoding on a graphics card${graphicsNote}`, () => {
  const folder = join(home, "tiny7");
  let card: GraphicsCard;
  let request: TestRequest;
  let codec: Codec;
  let processor: Codec;
  beforeAll(async () => {
    writeSeededCheckpoint(folder, seededConfig("tiny"), 7);
    card = await openTestCard();
    request = requestFor(async () => card, true);
    codec = new Codec(await openWith(folder, request));
    processor = await openHere(folder);
  });
  afterAll(async () => {
    await codec?.close();
    await processor?.close();
  });

  it.each(["whole", "ragged", "short", "one", "just_over", "beyond_window"])("gives the golden codes of %s", async (name) => {
    const { data } = await codec.encode(new Audio(goldenSound(`encode/${name}/pcm`), 24000), { attention: "reference" });
    expect(data).toEqual(goldenInts(`encode/${name}/codes`));
  });
});
