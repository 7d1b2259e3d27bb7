/**
 * The decoder in C as WebAssembly: its built files, with SIMD and without, and that they are what
 * the source compiles to.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { blobForC, openEngine, readBlob, WasmDecoderModel, WasmEncoderModel, wasmBackend } from "@twelvehz/codec/internal";
import { type Codec, Codes, folderFiles, openCodec } from "@twelvehz/codec/node";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codecModule } from "../../packages/codec/dist/node/codec-module.js";
import { root } from "../root.ts";
import { golden, goldenClip, goldenCodes, MODEL_FOLDER } from "../support/golden.ts";
import { firstDifference, joined } from "../support/pieces.ts";
import { relativeError } from "../support/spectrum.ts";

const LAYERS = 16;
const FRAMES = 30;
const NO_COMPILER = 2;

describe("the decoder in WebAssembly", () => {
  let blob: Uint8Array;
  let simd: WasmDecoderModel;
  let expected: Float32Array;

  function open(name: string): Promise<WasmDecoderModel> {
    const module = new WebAssembly.Module(readFileSync(join(root, "packages/codec/wasm", name)));
    return WasmDecoderModel.open(module, blob, LAYERS);
  }

  /** The golden clip, cut after the numbers of frames in `cuts`, and whole from there on. */
  async function decoded(model: WasmDecoderModel, cuts: readonly number[] = []): Promise<Float32Array> {
    const decoder = model.openDecoder();
    const pieces: Float32Array[] = [];
    const codes = goldenCodes();
    let at = 0;
    for (const frames of [...cuts, FRAMES]) pieces.push(await decoder.push(codes.subarray(at * LAYERS, (at += frames) * LAYERS)));
    pieces.push(await decoder.flush());
    await decoder.close();
    return joined(pieces);
  }

  beforeAll(async () => {
    blob = await blobForC(folderFiles(MODEL_FOLDER), "decoder");
    simd = await open("codec-simd.wasm");
    expected = await decoded(simd);
  });

  it("gives the sound of the golden clip to -60 dB", () => {
    expect(expected).toHaveLength(FRAMES * 1920);
    expect(relativeError(golden("decoded") as Float32Array, expected)).toBeLessThan(-60);
  });

  it("gives the same bits without SIMD", async () => {
    expect(firstDifference(await decoded(await open("codec.wasm")), expected)).toBeUndefined();
  });

  it("gives the same bits however the frames are cut", async () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 8 }).filter((c) => c.reduce((a, b) => a + b, 0) <= FRAMES);
    await fc.assert(
      fc.asyncProperty(cuts, async (c) => {
        expect(firstDifference(await decoded(simd, c), expected)).toBeUndefined();
      }),
      { numRuns: 10, seed: 12 },
    );
  });

  it("keeps decoders apart", async () => {
    const [a, b] = [simd.openDecoder(), simd.openDecoder()];
    await a.push(goldenCodes().reverse());
    const first = await b.push(goldenCodes());
    expect(firstDifference(first, expected.subarray(0, first.length))).toBeUndefined();
    await Promise.all([a.close(), b.close()]);
  });

  it("uses the memory of closed decoders again", async () => {
    const most = 2 ** 32; // bytes that an instance can have
    const arenaBytes = 500_000; // less than a decoder takes
    for (let i = 0; i <= most / arenaBytes; i++) await simd.openDecoder().close();
  });

  it("refuses weights that are not finite", async () => {
    const good = blob;
    blob = good.slice();
    const record = readBlob(blob).records.get("std") as Uint8Array;
    record.set([0, 0, 0xc0, 0x7f]);
    await expect(open("codec-simd.wasm")).rejects.toMatchObject({ code: "bad-model" });
    blob = good;
  });

  it("is what the source compiles to", ({ skip }) => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/build-wasm.mjs"), "--check"], { encoding: "utf8" });
    skip(status === NO_COMPILER, "clang 19 is not here");
    expect([status, stderr]).toEqual([0, ""]);
  });
});

describe("the backend wasm", () => {
  let codec: Codec;
  beforeAll(async () => {
    codec = await openCodec("compact", { backend: "wasm" });
  });
  afterAll(() => codec.close());

  it("agrees with the other in layers that are left out, to -60 dB", async () => {
    const onnx = await openCodec("compact");
    for (const layers of [{ layers: 4 }, { onlyLayer: 0 }, { muteLayers: [2, 5] }]) {
      const [one, other] = [codec, onnx].map((c) => c.decode(new Codes(goldenCodes(), LAYERS), layers));
      expect(relativeError((await other).samples, (await one).samples)).toBeLessThan(-60);
    }
    await onnx.close();
  });

  it.each(["codec-simd.wasm", "codec.wasm"])("lays weights out by %s as an export does", async (name) => {
    const module = new WebAssembly.Module(readFileSync(join(root, "packages/codec/wasm", name)));
    const files = folderFiles(MODEL_FOLDER);
    const engine = await openEngine(files, wasmBackend({ codecModule: async () => module }));
    const [encoder, decoder] = [await engine.openEncoder(), await engine.openDecoder()];
    const exported = {
      encoder: (await WasmEncoderModel.open(module, await blobForC(files, "encoder"), LAYERS)).openEncoder(),
      decoder: (await WasmDecoderModel.open(module, await blobForC(files, "decoder"), LAYERS)).openDecoder(),
    };
    const codes = await encoder.push(goldenClip().samples);
    expect(codes).toEqual(await exported.encoder.push(goldenClip().samples));
    expect(firstDifference(await decoder.push(codes), await exported.decoder.push(codes))).toBeUndefined();
    await engine.close();
  });

  it("is refused by families without a decoder in C, and by its name where it is misspelt", async () => {
    const never = (): never => expect.fail("nothing is loaded");
    const family = {
      name: "other",
      modelType: "other",
      hubIds: [],
      traits: { attention: false, parallelCodecs: false, streamsPerProcessor: 1, plainCodebooks: false },
      parseConfig: () => ({}),
      networks: () => ({}),
      codebooks: () => [],
      open: never,
    };
    const files = { ...folderFiles(MODEL_FOLDER), config: async () => new TextEncoder().encode('{"model_type": "other"}') };
    const backend = wasmBackend({ codecModule });
    await expect(openEngine(files, backend, [family])).rejects.toMatchObject({ code: "unsupported" });
    await expect(openCodec("compact", { backend: "wsam" as "wasm" })).rejects.toThrow(RangeError);
  });
});
