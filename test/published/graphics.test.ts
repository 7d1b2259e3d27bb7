/**
 * What is known of decoding on a graphics card without decoding: the plan, the self-check, and what
 * is said where there is no card. graphics.slow.test.ts decodes.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { signalToError } from "../../packages/codec/dist/gpu/check.js";
import { GpuNetwork } from "../../packages/codec/dist/gpu/network.js";
import { capacityOf, type Plan, PlanBuilder, type Weight, weightBytes } from "../../packages/codec/dist/gpu/plan.js";
import { parsePublishedConfig, type PublishedConfig } from "../../packages/codec/dist/model/published/config.js";
import { planPublishedDecoder } from "../../packages/codec/dist/model/published/graphics-decoder-plan.js";
import { planPublishedEncoder } from "../../packages/codec/dist/model/published/graphics-encoder-plan.js";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { inProcess } from "../support/command.ts";
import { checkPlan, graphicsNote, hasGraphics, openTestCard, sharedCard } from "../support/graphics.ts";

/** Launches of a run are what a card waits for: each costs some microseconds. */
const MOST_LAUNCHES = 105;
/** What one stream of 12 frames a run may take, bytes. */
const MOST_BYTES = 800e6;

function configOf(size: "tiny" | "full"): PublishedConfig {
  return parsePublishedConfig({ ...seededConfig(size) });
}

/** A plan whose weights are never read. */
function planOf(config: PublishedConfig): Plan {
  return planPublishedDecoder(config, undefined as never);
}

describe("the plan of the published decoder", () => {
  it("has at most 105 launches, and fits into the memory that is promised", () => {
    const { steps, rings } = planOf(configOf("full"));
    const weights = steps.flatMap((step) => step.weights).reduce((sum, { length }) => sum + 4 * length, 0);
    const room = rings.reduce((sum, ring) => sum + 4 * ring.channels * capacityOf(ring, 12), 0);
    expect(steps.length).toBeLessThanOrEqual(MOST_LAUNCHES);
    expect(weights + room).toBeLessThanOrEqual(MOST_BYTES);
  });

  it("fits there with the encoder, too, where it has weights of 16 bits", () => {
    const config = configOf("full");
    const plans = [planPublishedDecoder(config, undefined as never, true), planPublishedEncoder(config, undefined as never, 8000)];
    const weights = plans
      .flatMap(({ steps }) => steps.flatMap((step) => step.weights))
      .reduce((sum, weight) => sum + weightBytes(weight), 0);
    const room = plans.flatMap(({ rings }) => rings).reduce((sum, ring) => sum + 4 * ring.channels * capacityOf(ring, 12), 0);
    expect(weights + room).toBeLessThanOrEqual(MOST_BYTES);
  });

  it("knows how many frames back a frame reaches: those of every window, and some of the convolutions", () => {
    const config = configOf("tiny");
    const attended = config.decoder.transformerLayers * (config.decoder.slidingWindow - 1);
    const { reachFrames } = planOf(config);
    expect(reachFrames).toBeGreaterThan(attended);
    expect(reachFrames).toBeLessThan(attended + 14);
  });
});

describe.skipIf(!hasGraphics)(`the check of a card${graphicsNote}`, () => {
  const weight = (length: number): Weight => ({ length, read: () => new Float32Array(length) });
  /** One of each kind of kernel, in a network that is none. */
  const planWith = (halves: boolean): Plan => {
    const b = new PlanBuilder(halves);
    const x = b.lookup(weight(3 * 5 * 6), { layers: 3, entries: 5, width: 6 });
    const normed = b.norm(x, weight(12), 1e-5, { shift: weight(12), taps: weight(12 * 7), tapBias: weight(12) });
    const three = b.rows(normed, weight(24 * 12), 12, { gated: true });
    const attended = b.attention(three, weight(9 * 4), { heads: 1, headDim: 4, window: 9 });
    const sound = b.convolution(attended, weight(4 * 3 * 10), 5, { kernel: 3, dilation: 3, up: 2, snake: weight(8), bias: weight(5) });
    return b.finish(b.convolution(sound, weight(5 * 3), 1, { kernel: 3 }), 3);
  };
  const plan = planWith(false);
  const card = sharedCard();
  const check = (shader?: (code: string) => string): Promise<void> => checkPlan(plan, shader, card);

  it("is passed by a card that computes right", async () => {
    await check();
  });

  it("is passed with weights of 16 bits, and finds a card that takes one of two for the other", async () => {
    const halves = planWith(true);
    await checkPlan(halves, undefined, card);
    const wrong = checkPlan(halves, (code) => code.replace("[i % 2u]", "[(i + 1u) % 2u]"), card);
    await expect(wrong).rejects.toThrow(/its product of 12 by 12 is wrong/);
  });

  it("is not reached where a weight is too large for 16 bits", async () => {
    const card = await openTestCard();
    const b = new PlanBuilder(true);
    const x = b.lookup(weight(6), { layers: 1, entries: 2, width: 3 });
    const large: Weight = { length: 6, read: () => new Float32Array(6).fill(64) };
    await expect(GpuNetwork.open(card, b.finish(b.rows(x, large, 1), 1), 1)).rejects.toThrow(/a weight is too large for 16 bits/);
    card.close();
  });

  it.each([
    [
      "a sine that is off by 0.001",
      "return sine * sine;",
      "return sine * sine + 1e-3;",
      /convolution of 4 to 5 channels with 3 taps is wrong \(\d\d dB/,
    ],
    ["a lane that is lost", "lane < half", "lane + 1u < half", /(norm|product of 12 by 12) is wrong/],
    ["values that are not finite", "values[j] / total", "values[j] / (total - total)", /attention is wrong \((NaN|-Infinity) dB/],
  ])("finds %s", async (_, right, wrong, found) => {
    await expect(check((code) => code.replaceAll(right, wrong))).rejects.toThrow(found);
  });

  it("is not reached where a buffer is too large for the card", async () => {
    const card = await openTestCard();
    const b = new PlanBuilder();
    const enormous: Weight = { length: 2 ** 27, read: () => expect.unreachable() };
    const large = b.finish(b.lookup(enormous, { layers: 1, entries: 2 ** 20, width: 128 }), 1);
    await expect(GpuNetwork.open(card, large, 1)).rejects.toThrow(
      /its largest buffer has 268 MB, the model wants 537 MB; choose the device "cpu"$/,
    );
    card.close();
  });

  it("measures what is wrong in decibels", () => {
    expect(signalToError([1, 2.1], [1, 2])).toBeCloseTo(10 * Math.log10(5 / 0.01), 3);
    expect(signalToError([1, 2], [1, 2])).toBe(Infinity);
    expect(signalToError([1, Number.NaN], [1, 2])).toBeNaN();
  });
});

describe("a machine without a card", () => {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-graphics-"));
  const model = join(folder, "tiny7");
  const input = join(folder, "codes.json");
  mkdirSync(model);
  writeSeededCheckpoint(model, seededConfig("tiny"), 7);
  writeFileSync(input, JSON.stringify([[0, 1, 2, 3, 4, 5]]));
  afterAll(() => rmSync(folder, { recursive: true }));
  const decode = (...options: string[]): ReturnType<typeof inProcess> =>
    inProcess(["decode", input, "-o", join(folder, "out.wav"), "--model", model, ...options], {
      env: { VK_ICD_FILENAMES: "/nonexistent", VK_DRIVER_FILES: "/nonexistent", XDG_RUNTIME_DIR: folder },
    });

  it("is told so where a card was asked for", async () => {
    const { status, stderr } = await decode("--device", "webgpu");
    expect(stderr).toMatch(/^twelvehz: Cannot use a graphics card: no adapter is offered here; .* or choose the device "cpu"$/m);
    expect(status).toBe(70);
  });

  it("decodes on the processor where the choice was left open, and says so", async () => {
    const { status, stderr } = await decode("--device", "auto");
    expect(stderr).toMatch(/^twelvehz: note: the codec runs on the processor: Cannot use a graphics card: no adapter/m);
    expect(status).toBe(0);
  });

  it("says that there are no kernels for the compact model, and takes no notice where the choice was left open", async () => {
    const sixteen = join(folder, "sixteen.json");
    writeFileSync(sixteen, JSON.stringify([Array.from({ length: 16 }, (_, i) => i)]));
    const compact = (device: string): ReturnType<typeof inProcess> =>
      inProcess(["decode", sixteen, "-o", join(folder, "compact.wav"), "--model", "compact", "--device", device]);
    const refused = await compact("webgpu");
    expect([refused.status, refused.stderr]).toEqual([68, expect.stringContaining('choose the device "cpu" or "auto"')]);
    const taken = await compact("auto");
    expect([taken.status, taken.stderr]).toEqual([0, expect.not.stringContaining("graphics")]);
  });
});
