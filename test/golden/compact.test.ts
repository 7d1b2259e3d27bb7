/**
 * The TypeScript path against the definition in PyTorch, layer by layer, with the weights that are
 * shipped. The tolerances are those under which the golden file was made: float32 rounding for the
 * networks, 32-bit transforms for the phases.
 */
import { readFileSync } from "node:fs";
import { ortBackend } from "@twelvehz/codec/internal";
import * as ort from "onnxruntime-node";
import { beforeAll, describe, expect, it } from "vitest";
import { BINS, HOP, WINDOW_SIZE } from "../../packages/codec/dist/dsp/frames.js";
import { RealFft } from "../../packages/codec/dist/dsp/fft.js";
import { LogBands } from "../../packages/codec/dist/dsp/log-bands.js";
import { PhaseStream } from "../../packages/codec/dist/dsp/phase-stream.js";
import { type CompactConfig, parseCompactConfig } from "../../packages/codec/dist/model/compact/config.js";
import { buildCompactDecoder, buildCompactEncoder } from "../../packages/codec/dist/model/compact/networks.js";
import { memoryFile, SafetensorsWeights } from "../../packages/codec/dist/model/weights.js";
import { StatefulSession, type TensorMap } from "../../packages/codec/dist/runtime/session.js";
import { openHere } from "../support/codecs.ts";
import { golden, goldenClip, goldenCodes, goldenPriority, MODEL_FOLDER } from "../support/golden.ts";
import { decibels, largestDifference, magnitudesOf, relativeError } from "../support/spectrum.ts";

const FRAMES = 30;
const STEPS = FRAMES * 8;
const LAYERS = 16;
/** Rounding of float32 through the network's depth; log bands are of the order of 1 to 10. */
const ROUNDING = 1e-4;
/** The lead of the first windows, which is no part of the sound. */
const LEAD = WINDOW_SIZE - HOP;

let config: CompactConfig;
let weights: SafetensorsWeights;
let bands: LogBands;

beforeAll(() => {
  config = parseCompactConfig(JSON.parse(readFileSync(`${MODEL_FOLDER}config.json`, "utf8")));
  weights = new SafetensorsWeights([memoryFile(readFileSync(`${MODEL_FOLDER}model.safetensors`))]);
  bands = new LogBands(config.bands, config.singleBins, config.floor);
});

async function run(build: typeof buildCompactEncoder, inputs: TensorMap): Promise<TensorMap> {
  const graph = build(config, weights);
  const session = await ortBackend(ort, { name: "onnxruntime-node" }).load(graph);
  return new StatefulSession(session, graph.states).run(inputs);
}

async function decoded(layers: number, codes: Int16Array = goldenCodes()): Promise<TensorMap> {
  const gains = Float32Array.from({ length: LAYERS }, (_, k) => (k < layers ? 1 : 0));
  return run(buildCompactDecoder, {
    codes: { type: "int64", dims: [codes.length / LAYERS, LAYERS], data: BigInt64Array.from(codes, BigInt) },
    gains: { type: "float32", dims: [1, LAYERS], data: gains },
  });
}

function magnitudesFrom(logBands: Float32Array): Float64Array[] {
  return Array.from({ length: STEPS }, (_, t) => {
    const row = new Float64Array(BINS);
    bands.toMagnitudes(logBands.subarray(t * config.bands, (t + 1) * config.bands), row);
    return row;
  });
}

async function synthesized(logBands: Float32Array, priority: Int32Array): Promise<Float32Array> {
  const phases = new PhaseStream(await RealFft.create(WINDOW_SIZE), config);
  const rows = magnitudesFrom(logBands).map((magnitudes, t) => {
    const order = new Int32Array(BINS);
    bands.toPriorities(priority.subarray(t * config.bands, (t + 1) * config.bands), order);
    return { magnitudes, priority: order };
  });
  const parts = Array.from({ length: FRAMES }, (_, t) => phases.push(rows.slice(t * 8, t * 8 + 8)));
  const all = [...parts, phases.flush()].flatMap((part) => Array.from(part));
  return Float32Array.from(all.slice(LEAD, LEAD + FRAMES * 8 * HOP));
}

/**
 * norm(|STFT(y)| - M) / norm(M), dB: how far a sound is from having the magnitudes it was made
 * from.
 */
async function convergence(samples: Float32Array, wanted: readonly Float64Array[]): Promise<number> {
  const found = await magnitudesOf(samples);
  const norm = (f: (t: number, k: number) => number): number =>
    Math.sqrt(wanted.reduce((sum, row, t) => sum + row.reduce((s, _, k) => s + f(t, k) ** 2, 0), 0));
  return decibels(norm((t, k) => found[t][k] - wanted[t][k]) / norm((t, k) => wanted[t][k]));
}

describe("the compact model against its definition in PyTorch", () => {
  it("makes the same log bands of the same samples", async () => {
    const found = (await magnitudesOf(goldenClip().samples)).flatMap((row) => {
      const out = new Float32Array(config.bands);
      bands.fromMagnitudes(row, out);
      return Array.from(out);
    });
    expect(found).toHaveLength(STEPS * config.bands);
    expect(largestDifference(found, golden("bands") as Float32Array)).toBeLessThan(ROUNDING);
  });

  it("makes the same latent and the same codes of the same log bands", async () => {
    const { latent, codes } = await run(buildCompactEncoder, {
      bands: { type: "float32", dims: [STEPS, config.bands], data: golden("bands") as Float32Array },
    });
    expect(latent.dims).toEqual([FRAMES, config.codebookDim]);
    expect(largestDifference(latent.data as Float32Array, golden("latent") as Float32Array)).toBeLessThan(ROUNDING);
    expect(Int16Array.from(codes.data as BigInt64Array, Number)).toEqual(goldenCodes());
  });

  it.each([
    [16, ""],
    [4, "_first_4_layers"],
  ])("makes the same log bands of the first %i layers, and to the bit the same priorities", async (layers, suffix) => {
    const found = await decoded(layers);
    expect(largestDifference(found["bands"].data as Float32Array, golden(`decoded_bands${suffix}`) as Float32Array)).toBeLessThan(ROUNDING);
    expect(found["priority"].data).toEqual(goldenPriority(`priority${suffix}`));
  });

  it("makes to the bit the same priorities of codes that were drawn", async () => {
    const { priority } = await decoded(LAYERS, golden("drawn_codes") as Int16Array);
    expect(priority.data).toEqual(goldenPriority("drawn_priority"));
  });

  it.each(["", "_first_4_layers"])("makes the same samples of the same log bands, within -60 dB (decoded%s)", async (suffix) => {
    const samples = await synthesized(golden(`decoded_bands${suffix}`) as Float32Array, goldenPriority(`priority${suffix}`));
    expect(relativeError(golden(`decoded${suffix}`) as Float32Array, samples)).toBeLessThan(-60);
  });

  it.each([
    [16, "decoded_bands", "decoded"],
    [4, "decoded_bands_first_4_layers", "decoded_first_4_layers"],
  ])("encodes and decodes the clip to the same sound through the open codec, with %i layers", async (layers, bandsName, samplesName) => {
    const codec = await openHere();
    const codes = await codec.encode(goldenClip());
    expect(codes.data).toEqual(goldenCodes());
    const { samples } = await codec.decode(codes, { layers });
    const wanted = golden(samplesName) as Float32Array;
    expect(relativeError(wanted, samples)).toBeLessThan(-60);
    const magnitudes = magnitudesFrom(golden(bandsName) as Float32Array);
    const difference = (await convergence(samples, magnitudes)) - (await convergence(wanted, magnitudes));
    expect(Math.abs(difference)).toBeLessThan(0.5);
    await codec.close();
  });
});
