/** An encoder or a decoder goes on from the state that another one saved, to the bit. */
import { type Backend, type Engine, openEngine, ortBackend, type SavedState, wasmBackend } from "@twelvehz/codec/internal";
import { folderFiles } from "@twelvehz/codec/node";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { codecModule } from "../../packages/codec/dist/node/codec-module.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goldenClip, goldenCodes, MODEL_FOLDER } from "../support/golden.ts";

const LAYERS = 16;
const FRAME = 1920;

const onnx = (): Backend => ortBackend(ort, { name: "test" });
const BACKENDS: readonly (readonly [name: string, open: () => Backend])[] = [
  ["ONNX Runtime", onnx],
  ["WebAssembly", () => wasmBackend({ codecModule })],
];

/** As a port carries it. */
function carried(state: SavedState): SavedState {
  return structuredClone(state);
}

describe.each(BACKENDS)("a state, on %s", (_, open) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(folderFiles(MODEL_FOLDER), open());
  });
  afterAll(() => engine.close());

  test("of a decoder is all that it remembers, gains and lost frames included", async () => {
    const codes = goldenCodes();
    const frames = codes.length / LAYERS;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12 }), fc.boolean(), async (at, lossy) => {
        const first = await engine.openDecoder();
        await first.setGains(Float32Array.from({ length: LAYERS }, (_, k) => (k === 3 ? 0 : 1)));
        await first.push(codes.subarray(0, at * LAYERS));
        if (lossy) await first.conceal();
        const state = carried(await first.save());
        const rest = codes.subarray(at * LAYERS, Math.min(frames, at + 12) * LAYERS);
        const wanted = [await first.push(rest), await first.flush()];
        const second = await engine.openDecoder();
        await second.push(codes.subarray(0, 5 * LAYERS)); // another clip
        await second.restore(state);
        expect([await second.push(rest), await second.flush()]).toEqual(wanted);
      }),
      { numRuns: 6 },
    );
  });

  test("of an encoder is all that it remembers, part of a frame included", async () => {
    const { samples } = goldenClip();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 10 * FRAME }), async (at) => {
        const first = await engine.openEncoder();
        await first.push(samples.subarray(0, at));
        const state = carried(await first.save());
        const rest = samples.subarray(at, at + 8 * FRAME);
        const wanted = [await first.push(rest), await first.flush()];
        const second = await engine.openEncoder();
        await second.push(samples.subarray(100, 3000));
        await second.restore(state);
        expect([await second.push(rest), await second.flush()]).toEqual(wanted);
      }),
      { numRuns: 6 },
    );
  });
});
