/**
 * The published encoder on a graphics card, played by SwiftShader: its codes are those of the
 * published code, however streams are cut and shared. graphics-encoder.slow.test.ts has the rest.
 */
import { join } from "node:path";
import { openEngine } from "@twelvehz/codec/internal";
import { folderFiles } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PlanBuilder, type Weight } from "../../packages/codec/dist/gpu/plan.js";
import type { GraphicsEncoders } from "../../packages/codec/dist/model/graphics-encoders.js";
import { parsePublishedConfig } from "../../packages/codec/dist/model/published/config.js";
import { planPublishedEncoder } from "../../packages/codec/dist/model/published/graphics-encoder-plan.js";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { temporaryFolder } from "../support/command.ts";
import { ALL_PASSED, checkPlan, graphicsNote, hasGraphics, openTestCard, requestFor } from "../support/graphics.ts";
import { openGraphicsEncoders } from "../support/graphics-encoders.ts";
import { backend, FRAME, goldenInts, goldenSound } from "../support/published.ts";

/** Launches of a run: 7 of each layer of the transformer, and 17 others. */
const FULL_LAUNCHES = 73;

describe("the plan of the published encoder", () => {
  it("has as many launches as are promised, and looks back as far as its windows and convolutions", () => {
    const config = parsePublishedConfig({ ...seededConfig("full") });
    const { steps, reachFrames, input, output } = planPublishedEncoder(config, undefined as never, 8000);
    expect(steps).toHaveLength(FULL_LAUNCHES);
    const { transformerLayers, slidingWindow } = config.encoder;
    const attended = (transformerLayers * (slidingWindow - 1)) / 2;
    expect(reachFrames).toBeGreaterThan(attended);
    expect(reachFrames).toBeLessThan(attended + 5);
    expect([input?.rate, output.channels, output.rate]).toEqual([FRAME, config.layers, 1]);
  });
});

describe.skipIf(!hasGraphics)(`encoding on a graphics card${graphicsNote}`, () => {
  const folder = join(temporaryFolder(), "tiny7");
  let processor: Awaited<ReturnType<typeof openEngine>>;
  let encoders: GraphicsEncoders;
  let close: () => void;
  beforeAll(async () => {
    writeSeededCheckpoint(folder, seededConfig("tiny"), 7);
    const request = { ...requestFor(openTestCard), passed: ALL_PASSED }; // graphics-encoder.slow.test.ts makes the check
    processor = await openEngine(folderFiles(folder), backend());
    ({ encoders, close } = await openGraphicsEncoders(folder, request, processor));
  });
  afterAll(async () => {
    close?.();
    await processor?.close();
  });

  /** Codes of a clip that comes in pieces of these lengths, and then the rest. */
  async function encoded(sound: Float32Array, lengths: readonly number[] = []): Promise<Int16Array> {
    const encoder = await encoders.openEncoder("windowed");
    const codes: number[] = [];
    let at = 0;
    for (const length of [...lengths, sound.length]) codes.push(...(await encoder.push(sound.subarray(at, (at += length)))));
    codes.push(...(await encoder.flush()));
    await encoder.close();
    return Int16Array.from(codes);
  }

  it.each(["ragged", "short", "one", "just_over"])("gives the golden codes of %s", async (name) => {
    expect(await encoded(goldenSound(`encode/${name}/pcm`))).toEqual(goldenInts(`encode/${name}/codes`));
  });

  it("gives the same codes however a stream is cut, and whoever shares its runs", async () => {
    const sound = goldenSound("encode/beyond_window/pcm").subarray(0, 2 * FRAME + 500);
    const whole = await encoded(sound);
    const found = await Promise.all([
      encoded(sound, [1, FRAME - 1, FRAME + 7]),
      encoded(sound, [2 * FRAME, 0, 3]),
      encoded(sound.map((x) => -x)),
    ]);
    expect(found.slice(0, 2)).toEqual([whole, whole]);
    expect(found[2]).not.toEqual(whole);
  });
});

describe.skipIf(!hasGraphics)(`the check of a convolution with a stride${graphicsNote}`, () => {
  const weight = (length: number): Weight => ({ length, read: () => new Float32Array(length) });
  const check = (shader?: (code: string) => string): Promise<void> => {
    const b = new PlanBuilder();
    const down = b.convolution(b.sound(8), weight(2 * 2 * 3), 3, { kernel: 2, stride: 2, elu: true, bias: weight(3) });
    return checkPlan(b.finish(down, 3), shader);
  };

  it("is passed by a card that computes right, and not by one whose ELU is off by 0.001", async () => {
    await check();
    const wrong = check((code) => code.replace("exp(v) - 1.0", "exp(v) - 1.001"));
    await expect(wrong).rejects.toThrow(/its convolution of 1 to 3 channels with 2 taps is wrong \(\d\d dB/);
  });
});
