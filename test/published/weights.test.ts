/**
 * Checkpoints of the published layout in other forms, which must work, and damaged or foreign ones,
 * which must be refused at opening with one clear error.
 */
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Audio, CodecError, Codes } from "@twelvehz/codec/node";
import { beforeAll, describe, expect, it } from "vitest";
import { floatsOf, readSafetensorsIndex, tensorData } from "../../packages/codec/dist/model/safetensors.js";
import { type TensorToWrite, writeSafetensors } from "../support/write-safetensors.mjs";
import { decode } from "../reference/decoder.ts";
import { encode } from "../reference/encoder.ts";
import { type ConfigChanges, seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import type { Weights } from "../reference/weights.ts";
import { temporaryFolder } from "../support/command.ts";
import { MODEL_FOLDER } from "../support/golden.ts";
import {
  codeDifferences,
  goldenInts,
  goldenSound,
  largestDifference,
  NEAR_TIE,
  openHere,
  PCM_TOLERANCE,
  TINY_CODEBOOK,
  TINY_LAYERS,
} from "../support/published.ts";

type Tensors = Record<string, TensorToWrite>;

const folder = temporaryFolder();
const config = seededConfig("tiny");
const original = join(folder, "tiny7");
let copies = 0;
beforeAll(() => writeSeededCheckpoint(original, config, 7));

/** A copy of the stand-in, to be changed. */
function copy(): string {
  const place = join(folder, `copy${copies++}`);
  cpSync(original, place, { recursive: true });
  return place;
}

function tensorsOf(place: string): Tensors {
  const bytes = readFileSync(join(place, "model.safetensors"));
  const index = readSafetensorsIndex(bytes);
  return Object.fromEntries(
    [...index.tensors].map(([name, { shape }]) => [
      name,
      { dtype: "F32", shape, data: floatsOf(tensorData(bytes, index, name), index.tensors.get(name)!.dtype) },
    ]),
  );
}

/** A copy with other tensors. */
function withTensors(change: (tensors: Tensors) => void): string {
  const place = copy();
  const tensors = tensorsOf(place);
  change(tensors);
  writeFileSync(join(place, "model.safetensors"), writeSafetensors(tensors));
  return place;
}

/** A copy with another configuration. */
function withConfig(change: (json: Record<string, Record<string, unknown>>) => void): string {
  const place = copy();
  const json = JSON.parse(JSON.stringify(config)) as Record<string, Record<string, unknown>>;
  change(json);
  writeFileSync(join(place, "config.json"), JSON.stringify(json));
  return place;
}

/** The upper half of the bits, rounded to nearest, ties to even. */
function toBfloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(new Uint32Array(values.slice().buffer), (bits) => (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
}

/**
 * IEEE 754 binary16, rounded to nearest; values of these weights need neither infinities nor NaN.
 */
function toFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, (value) => {
    const size = Math.abs(value);
    const exponent = Math.max(-14, Math.floor(Math.log2(size || 2 ** -24)));
    const fraction = Math.round((size / 2 ** exponent) * 1024); // 1024 to 2048, less where it is subnormal
    return (value < 0 ? 0x8000 : 0) + (fraction < 1024 ? fraction : (exponent + 14) * 1024 + fraction);
  });
}

describe.each([
  ["F16", toFloat16],
  ["BF16", toBfloat16],
] as const)("weights stored as %s", (dtype, convert) => {
  it("give what the plain reference gives with the same rounded weights", async () => {
    const place = withTensors((tensors) => {
      for (const [name, { shape, data }] of Object.entries(tensors)) tensors[name] = { dtype, shape, data: convert(data as Float32Array) };
    });
    const bytes = readFileSync(join(place, "model.safetensors"));
    const index = readSafetensorsIndex(bytes);
    const rounded: Weights = (name) => floatsOf(tensorData(bytes, index, name), index.tensors.get(name)!.dtype);
    const codec = await openHere(place);
    const sound = goldenSound("encode/ragged/pcm");
    const codes = await codec.encode(new Audio(sound, 24000), { attention: "reference" });
    expect(codeDifferences(codes.data, encode(sound, config, rounded, "reference"), TINY_LAYERS).largestGap).toBeLessThan(NEAR_TIE);
    const plain = goldenInts("decode/plain/codes");
    const { samples } = await codec.decode(new Codes(plain, TINY_LAYERS, { codebookSize: TINY_CODEBOOK }));
    expect(largestDifference(samples, decode(plain, config, rounded).pcm)).toBeLessThan(PCM_TOLERANCE);
    await codec.close();
  });
});

describe("weights in several files", () => {
  /** A copy whose tensors lie in two files, and the index that says where. */
  function sharded(): string {
    const place = copy();
    const tensors = Object.entries(tensorsOf(place));
    const half = Math.floor(tensors.length / 2);
    const weightMap: Record<string, string> = {};
    for (const [i, part] of [tensors.slice(0, half), tensors.slice(half)].entries()) {
      const name = `model-0000${i + 1}-of-00002.safetensors`;
      writeFileSync(join(place, name), writeSafetensors(Object.fromEntries(part)));
      for (const [tensor] of part) weightMap[tensor] = name;
    }
    writeFileSync(join(place, "model.safetensors.index.json"), JSON.stringify({ metadata: { total_size: 0 }, weight_map: weightMap }));
    rmSync(join(place, "model.safetensors"));
    return place;
  }

  it("are found through the index, give the same codes and are the same model", async () => {
    const [one, several] = [await openHere(original), await openHere(sharded())];
    const sound = new Audio(goldenSound("encode/ragged/pcm"), 24000);
    expect((await several.encode(sound)).data).toEqual(goldenInts("encode/ragged/codes"));
    expect(several.info.id).toBe(one.info.id);
    const codes = new Codes(goldenInts("decode/plain/codes"), TINY_LAYERS, { codebookSize: TINY_CODEBOOK });
    expect(largestDifference((await several.decode(codes)).samples, (await one.decode(codes)).samples)).toBe(0);
    await Promise.all([one.close(), several.close()]);
  });

  it("are refused when one is missing, by its name", async () => {
    const place = sharded();
    rmSync(join(place, "model-00002-of-00002.safetensors"));
    await refused(place, /model-0000\d-of-00002\.safetensors/);
  });
});

async function refused(place: string, message: RegExp): Promise<void> {
  const error: unknown = await openHere(place).then(
    (codec) => codec.close(),
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(CodecError);
  expect((error as CodecError).code).toBe("bad-model");
  expect((error as CodecError).message).toMatch(message);
  expect((error as CodecError).message).toMatch(/; \w+/); // a remedy
}

describe("a checkpoint that cannot be used is refused at opening, as `bad-model`", () => {
  const TENSOR = "decoder.pre_conv.conv.weight";
  const file = (name: string, write: (path: string) => void) => () => {
    const place = copy();
    write(join(place, name));
    return place;
  };
  const tensor =
    (change: (tensor: TensorToWrite) => TensorToWrite, name = TENSOR) =>
    () =>
      withTensors((tensors) => void (tensors[name] = change(tensors[name])));

  it.each<[string, () => string, RegExp]>([
    ["no config.json", file("config.json", rmSync), /"config\.json" is not there/],
    ["no weights", file("model.safetensors", rmSync), /"model\.safetensors" is not there/],
    ["a config.json that is cut short", file("config.json", (path) => truncateSync(path, 200)), /config\.json/],
    ["a config.json that is empty", file("config.json", (path) => truncateSync(path, 0)), /config\.json/],
    ["weights that are cut short in the data", file("model.safetensors", (path) => truncateSync(path, 500_000)), /model\.safetensors/],
    ["weights that are cut short in the header", file("model.safetensors", (path) => truncateSync(path, 1000)), /model\.safetensors/],
    ["weights that are empty", file("model.safetensors", (path) => truncateSync(path, 0)), /model\.safetensors/],
    [
      "a text file instead of weights",
      file("model.safetensors", (path) => writeFileSync(path, "<html>not found</html>".repeat(50))),
      /model\.safetensors/,
    ],
    [
      "the pointer file of a version control system instead of weights",
      file("model.safetensors", (path) =>
        writeFileSync(path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 682293092\n"),
      ),
      /model\.safetensors/,
    ],
    [
      "the weights of another model",
      file("model.safetensors", (path) => cpSync(join(MODEL_FOLDER, "model.safetensors"), path)),
      /encoder\.|decoder\./,
    ],
    ["a tensor of another shape", tensor((t) => ({ ...t, shape: t.shape.toReversed() })), /decoder\.pre_conv\.conv\.weight.*shape/],
    [
      "a tensor without its last axis",
      tensor((t) => ({ ...t, shape: [t.shape[0], t.shape[1] * t.shape[2]] })),
      /decoder\.pre_conv\.conv\.weight/,
    ],
    [
      "a tensor of integers",
      tensor((t) => ({ ...t, dtype: "I32", data: new Int32Array(t.data.length) })),
      /decoder\.pre_conv\.conv\.weight.*I32/,
    ],
    [
      "a tensor of doubles",
      tensor((t) => ({ ...t, dtype: "F64", data: new Float64Array(t.data.length) })),
      /decoder\.pre_conv\.conv\.weight.*F64/,
    ],
    [
      "a codebook of another size",
      tensor(
        (t) => ({ ...t, shape: [64, 8], data: new Float32Array(512) }),
        "encoder.quantizer.semantic_residual_vector_quantizer.layers.0.codebook.embed_sum",
      ),
      /semantic_residual_vector_quantizer\.layers\.0\.codebook\.embed_sum/,
    ],
    [
      "a tensor that is missing",
      () => withTensors((tensors) => void delete tensors["encoder.downsample.conv.weight"]),
      /encoder\.downsample\.conv\.weight/,
    ],
  ])("(%s)", async (_, make, message) => {
    await refused(make(), message);
  });

  it("(an element type that nobody knows)", async () => {
    const place = copy();
    const path = join(place, "model.safetensors");
    const bytes = readFileSync(path);
    bytes.write("Q32", bytes.indexOf('"F32"', bytes.indexOf(`"${TENSOR}"`)) + 1, "latin1");
    writeFileSync(path, bytes);
    await refused(place, /decoder\.pre_conv\.conv\.weight.*Q32/);
  });
});

describe("a configuration that this code does not build is refused at opening, by its field", () => {
  it.each<[string, "top" | "encoder_config" | "decoder_config", unknown]>([
    ["model_type", "top", "mimi"],
    ["input_sample_rate", "top", 16000],
    ["encode_downsample_rate", "top", 960],
    ["encoder_valid_num_quantizers", "top", 99],
    ["encoder_config", "top", null],
    ["decoder_config", "top", undefined],
    ["upsampling_ratios", "encoder_config", [8, 5, 4, 2]],
    ["use_causal_conv", "encoder_config", false],
    ["num_semantic_quantizers", "encoder_config", 2],
    ["hidden_act", "encoder_config", "relu"],
    ["hidden_size", "encoder_config", "32"],
    ["hidden_size", "encoder_config", 0],
    ["hidden_size", "encoder_config", 1e9],
    ["num_key_value_heads", "encoder_config", 2],
    ["sliding_window", "encoder_config", 2.5],
    ["norm_eps", "encoder_config", -1],
    ["codebook_size", "decoder_config", 65],
    ["upsample_rates", "decoder_config", [8, 5, 4, 2]],
    ["num_quantizers", "decoder_config", 7],
    ["num_key_value_heads", "decoder_config", 2],
    ["sliding_window", "decoder_config", null],
    ["rope_theta", "decoder_config", "10000"],
    ["head_dim", "decoder_config", undefined],
  ])("(%s of %s: %j)", async (field, section, value) => {
    const place = withConfig((json) => void ((section === "top" ? json : json[section])[field] = value as never));
    // layers of the codec and of its decoder are one number in two fields
    await refused(place, field === "num_quantizers" ? /num_quantizers/ : new RegExp(field));
  });

  it.each<[string, ConfigChanges]>([
    ["encoder_config.head_dim", { encoder: { head_dim: 7 } }],
    ["decoder_config.head_dim", { decoder: { head_dim: 7 } }],
    ["encoder_config.vector_quantization_hidden_dimension", { encoder: { codebook_dim: 12 } }],
    ["decoder_config.codebook_dim", { decoder: { codebook_dim: 31 } }],
    ["encoder_valid_num_quantizers", { encoder_valid_num_quantizers: 1, decoder: { num_quantizers: 1 } }],
    [
      "encoder_valid_num_quantizers",
      { encoder_valid_num_quantizers: 65, encoder: { num_quantizers: 65 }, decoder: { num_quantizers: 65 } },
    ],
    ["encoder_config.codebook_size", { encoder: { codebook_size: 40000 }, decoder: { codebook_size: 40000 } }],
    ["decoder.decoder.0.conv", { decoder: { decoder_dim: 40 } }],
    ["encoder.encoder.layers.0.conv", { encoder: { num_filters: 5 } }],
    ["decoder.pre_transformer.layers.2", { decoder: { num_hidden_layers: 3 } }],
  ])("(%s, which does not go with the rest)", async (name, changes) => {
    const place = copy();
    writeFileSync(join(place, "config.json"), JSON.stringify(seededConfig("tiny", changes)));
    await refused(place, new RegExp(name.replaceAll(".", "\\.")));
  });
});
