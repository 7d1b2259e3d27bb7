/**
 * The published network against what the published PyTorch code gives (test/fixtures/published),
 * stage by stage and through the public API; and, for other seeds and other sizes of the network,
 * against the plain reference in test/reference, which itself passes the same.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Audio, type Codec, Codes, openCodec } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decode, decodePiece } from "../reference/decoder.ts";
import { encode } from "../reference/encoder.ts";
import { type ConfigJson, seededConfig, tensorShapes, uniform, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { seededWeights } from "../reference/weights.ts";
import { inLongForm } from "../support/long-form.ts";
import { temporaryFolder } from "../support/command.ts";
import {
  codeDifferences,
  codesOf,
  floatsOf,
  FRAME,
  goldenFloats,
  goldenInts,
  goldenNames,
  goldenSound,
  largestDifference,
  NEAR_TIE,
  NEAR_TIE_SHARE,
  type Networks,
  openNetworks,
  PCM_TOLERANCE,
  TINY_CODEBOOK,
  TINY_LAYERS,
} from "../support/published.ts";
import { randomOf, type Random } from "../support/random.ts";

const GOLDEN_SEED = 7;
const ENCODE_CASES = ["whole", "ragged", "short", "one", "just_over", "beyond_window"];
const DECODE_CASES = ["short", "plain", "beyond_window"];
/** The golden case beyond_chunk keeps the frames from 295 to 324. */
const KEPT_FROM = 295;
const KEPT_TO = 325;
/**
 * More frames than the tiny decoder sees: 2 layers of a window of 9 (16 frames), and its
 * convolutions, 12 frames. What lies further back changes nothing, so the plain reference can begin
 * there.
 */
const SEEN_FRAMES = 40;
/**
 * Between stages: the tolerance of the sound, which reaches 1, relative to the stage's largest
 * value.
 */
function expectStage(found: ArrayLike<number>, stage: string): void {
  const golden = goldenFloats(`taps/${stage}`);
  const largest = golden.reduce((max, x) => Math.max(max, Math.abs(x)), 1);
  expect(largestDifference(found, golden) / largest, stage).toBeLessThan(PCM_TOLERANCE);
}
/** SHA-256 of model.safetensors as the Python rule writes it (NumPy 2.4.6). */
const TINY_SHA256 = {
  7: "d7d5d32a43bbb32755693e0d653c715568079cfdfb592406d25c9a4ea37f213c",
  8: "9f8afe5033fe12976cf7018f5d255447abf51daf0efa65e41d67242b60cb25ce",
};

const folder = temporaryFolder();
const tiny = join(folder, "tiny7");
const config = seededConfig("tiny");
const weights = seededWeights(config, GOLDEN_SEED);
beforeAll(() => writeSeededCheckpoint(tiny, config, GOLDEN_SEED));

/**
 * Cases of both attentions, with the codes that each must give. The two part after 20 encoder
 * steps, 10 frames: `whole` has 12 and was made with `reference` only.
 */
const ENCODINGS = (["reference", "windowed"] as const).flatMap((attention) =>
  ENCODE_CASES.filter((name) => attention === "reference" || name !== "whole").map((name) => ({
    name,
    attention,
    codes: `${name}/${attention === "windowed" && name === "beyond_window" ? "codes_windowed" : "codes"}`,
  })),
);
const WINDOW_FRAMES = 10;

describe("the seeded checkpoint", () => {
  it("is the one that the Python rule writes, to the bit", () => {
    for (const [seed, sha256] of Object.entries(TINY_SHA256)) {
      const written = join(folder, `rule${seed}`);
      writeSeededCheckpoint(written, config, Number(seed));
      expect(
        createHash("sha256")
          .update(readFileSync(join(written, "model.safetensors")))
          .digest("hex"),
      ).toBe(sha256);
    }
  });

  it("has the 496 tensors of the published one at full size, in 682 MB", () => {
    const shapes = [...tensorShapes(seededConfig("full")).values()];
    expect(shapes).toHaveLength(496);
    const bytes = shapes.reduce((sum, shape) => sum + 4 * shape.reduce((n, d) => n * d, 1), 0);
    expect(Math.round(bytes / 1e6)).toBe(682);
  });
});

describe("the golden file", () => {
  it("has the cases that are tested here, and no others", () => {
    const cases = (half: string): string[] => [...new Set(goldenNames(`${half}/`).map((name) => name.split("/")[0]))];
    expect(cases("encode").sort()).toEqual(ENCODE_CASES.toSorted());
    expect(cases("decode").sort()).toEqual([...DECODE_CASES, "beyond_chunk"].sort());
  });
});

describe("the plain reference", () => {
  /** It takes seconds for what is beyond a window. */
  const isTried = (name: string): boolean => inLongForm || name !== "beyond_window";

  it.each(ENCODINGS.filter(({ name }) => isTried(name)))(
    "gives the codes of the published code ($name, $attention)",
    ({ name, attention, codes }) => {
      const found = encode(goldenSound(`encode/${name}/pcm`), config, weights, attention);
      expect(found.codes).toEqual(goldenInts(`encode/${codes}`));
      if (name === "whole") for (const stage of goldenNames("taps/encoder/")) expectStage(found.stages[stage].data, `encoder/${stage}`);
    },
  );

  it.each(DECODE_CASES.filter(isTried))("gives the sound of the published code (%s)", (name) => {
    const found = decode(goldenInts(`decode/${name}/codes`), config, weights);
    expect(largestDifference(found.pcm, goldenFloats(`decode/${name}/pcm`))).toBeLessThan(PCM_TOLERANCE);
    if (name === "plain") for (const stage of goldenNames("taps/decoder/")) expectStage(found.stages[stage].data, `decoder/${stage}`);
  });

  it.runIf(inLongForm)("gives the sound of the published code beyond 300 frames, in its pieces and in one", () => {
    const codes = goldenInts("decode/beyond_chunk/codes").subarray(0, KEPT_TO * TINY_LAYERS);
    const golden = (name: string): Float32Array => goldenFloats(`decode/beyond_chunk/${name}_from_frame_${KEPT_FROM}`);
    const lead = KEPT_FROM - SEEN_FRAMES;
    const unchunked = decode(codes.subarray(lead * TINY_LAYERS), config, weights).pcm.subarray(SEEN_FRAMES * FRAME);
    expect(largestDifference(unchunked, golden("unchunked"))).toBeLessThan(PCM_TOLERANCE);
    const pieces = unchunked.slice();
    pieces.set(decodePiece(codes, 300, config, weights), (300 - KEPT_FROM) * FRAME);
    expect(largestDifference(pieces, golden("pcm"))).toBeLessThan(PCM_TOLERANCE);
  });
});

describe("the networks", () => {
  let networks: Networks;
  beforeAll(async () => (networks = await openNetworks(tiny)));
  afterAll(() => networks.close());

  it.each(ENCODINGS)("give the codes of the published code ($name, $attention)", async ({ name, attention, codes }) => {
    networks.reset();
    expect(codesOf(await networks.encode(goldenSound(`encode/${name}/pcm`), attention))).toEqual(goldenInts(`encode/${codes}`));
  });

  it.each(DECODE_CASES)("give the sound of the published code (%s)", async (name) => {
    networks.reset();
    const found = await networks.decode(goldenInts(`decode/${name}/codes`));
    expect(largestDifference(floatsOf(found, "pcm"), goldenFloats(`decode/${name}/pcm`))).toBeLessThan(PCM_TOLERANCE);
  });

  it("give what the published code gives at every stage", async () => {
    networks.reset();
    const encoded = await networks.encode(goldenSound("encode/whole/pcm"), "reference");
    for (const stage of goldenNames("taps/encoder/")) expectStage(floatsOf(encoded, stage), `encoder/${stage}`);
    const decoded = await networks.decode(goldenInts("decode/plain/codes"));
    const stages = goldenNames("taps/decoder/");
    expect(stages).toHaveLength(12);
    for (const stage of stages) {
      const found =
        stage === "pre_transformer" ? rowsOf(decoded[stage].data as Float32Array, decoded[stage].dims) : floatsOf(decoded, stage);
      expectStage(found, `decoder/${stage}`);
    }
  });

  it("give the same codes with either attention up to the window, and others beyond", async () => {
    networks.reset();
    const [windowed, golden] = [
      codesOf(await networks.encode(goldenSound("encode/whole/pcm"), "windowed")),
      goldenInts("encode/whole/codes"),
    ];
    const end = WINDOW_FRAMES * TINY_LAYERS;
    expect(windowed.subarray(0, end)).toEqual(golden.subarray(0, end));
    expect(windowed.subarray(end)).not.toEqual(golden.subarray(end));
  });

  it("give the sound of the published code without its pieces beyond 300 frames", async () => {
    networks.reset();
    const golden = goldenFloats(`decode/beyond_chunk/unchunked_from_frame_${KEPT_FROM}`);
    const pcm = floatsOf(await networks.decode(goldenInts("decode/beyond_chunk/codes")), "pcm").subarray(KEPT_FROM * FRAME);
    expect(largestDifference(pcm.subarray(0, golden.length), golden)).toBeLessThan(PCM_TOLERANCE);
  });
});

/** `[C, T]` -> `[T, C]`, as the golden file has what leaves a transformer. */
function rowsOf(data: Float32Array, [channels, steps]: readonly number[]): Float32Array {
  return data.map((_, i) => data[(i % channels) * steps + Math.floor(i / channels)]);
}

describe("the codec", () => {
  let codec: Codec;
  beforeAll(async () => (codec = await openCodec(tiny)));
  afterAll(() => codec.close());

  it("says what the model is", () => {
    expect(codec.info).toMatchObject({
      family: "published",
      name: "Qwen3-TTS-Tokenizer-12Hz",
      sampleRate: 24000,
      frameRate: 12.5,
      samplesPerFrame: FRAME,
      layers: TINY_LAYERS,
      codebookSize: TINY_CODEBOOK,
      decodeDelaySamples: 0,
    });
  });

  it.each(ENCODINGS)("gives the codes of the published code ($name, $attention)", async ({ name, attention, codes }) => {
    const sound = goldenSound(`encode/${name}/pcm`);
    const found = await codec.encode(new Audio(sound, 24000), { attention });
    expect(found.data).toEqual(goldenInts(`encode/${codes}`));
    expect(found.sampleCount).toBe(sound.length);
    expect(found.frames).toBe(Math.ceil(sound.length / FRAME));
  });

  it.each(DECODE_CASES)("gives the sound of the published code (%s)", async (name) => {
    const { samples } = await codec.decode(codesNamed(name));
    expect(largestDifference(samples, goldenFloats(`decode/${name}/pcm`))).toBeLessThan(PCM_TOLERANCE);
  });

  it.each([
    ["exact", "unchunked"],
    ["reference", "pcm"],
  ] as const)("gives the sound of the published code beyond 300 frames (%s: %s)", async (chunking, kind) => {
    const { samples } = await codec.decode(codesNamed("beyond_chunk"), { chunking });
    const golden = goldenFloats(`decode/beyond_chunk/${kind}_from_frame_${KEPT_FROM}`);
    expect(largestDifference(samples.subarray(KEPT_FROM * FRAME, KEPT_FROM * FRAME + golden.length), golden)).toBeLessThan(PCM_TOLERANCE);
  });

  function codesNamed(name: string): Codes {
    return new Codes(goldenInts(`decode/${name}/codes`), TINY_LAYERS, { codebookSize: TINY_CODEBOOK });
  }
});

describe("other weights and sizes", () => {
  /** Seeds of the same sizes, and sizes drawn from the fields in which the two stand-ins differ. */
  const shapes = Array.from({ length: inLongForm ? 5 : 2 }, (_, i) => ({ seed: 100 + i, config: drawnConfig(randomOf(i + 1)) }));
  const same = [8, 9].map((seed) => ({ seed, config }));
  let codes = 0;
  let different = 0;

  it.each([...same, ...shapes])("give what the plain reference gives (seed $seed)", async ({ seed, config: json }) => {
    const [place, w] = [join(folder, `seed${seed}`), seededWeights(json, seed)];
    writeSeededCheckpoint(place, json, seed);
    const networks = await openNetworks(place, { taps: false });
    const sound = noise(seed, 24 * FRAME + 531);
    for (const attention of ["reference", "windowed"] as const) {
      networks.reset();
      const expected = encode(sound, json, w, attention);
      const { count, largestGap } = codeDifferences(codesOf(await networks.encode(sound, attention)), expected, networks.config.layers);
      expect(largestGap).toBeLessThan(NEAR_TIE);
      codes += expected.codes.length;
      different += count;
    }
    const drawn = drawnCodes(seed, 20, networks.config.layers, networks.config.decoder.codebookSize);
    const pcm = floatsOf(await networks.decode(drawn), "pcm");
    expect(largestDifference(pcm, decode(drawn, json, w).pcm)).toBeLessThan(PCM_TOLERANCE);
    expect(pcm.some((x) => Math.abs(x) > 0.05)).toBe(true); // a sound, not silence that would equal anything
    await networks.close();
  });

  afterAll(() => expect(different).toBeLessThanOrEqual(codes * NEAR_TIE_SHARE));
});

function drawnConfig(random: Random): ConfigJson {
  const entries = random.integer(20, 100);
  const [encoderHeads, decoderHeads] = [random.integer(1, 3), random.integer(1, 4)];
  const [hidden, dim, layers] = [random.integer(12, 40), random.integer(6, 20), random.integer(2, 8)];
  return seededConfig("tiny", {
    encoder_valid_num_quantizers: layers,
    encoder: {
      codebook_dim: dim,
      vector_quantization_hidden_dimension: dim,
      codebook_size: entries,
      head_dim: 2 * random.integer(2, 6),
      hidden_size: hidden,
      upsample_groups: hidden,
      intermediate_size: random.integer(8, 60),
      num_attention_heads: encoderHeads,
      num_key_value_heads: encoderHeads,
      num_filters: 2 * random.integer(1, 3),
      num_hidden_layers: random.integer(1, 3),
      num_quantizers: layers + random.integer(0, 4),
      sliding_window: random.integer(1, 30),
    },
    decoder: {
      codebook_dim: 2 * random.integer(4, 16),
      codebook_size: entries,
      decoder_dim: 16 * random.integer(1, 4),
      head_dim: 2 * random.integer(2, 6),
      hidden_size: random.integer(12, 40),
      intermediate_size: random.integer(8, 60),
      latent_dim: random.integer(12, 50),
      num_attention_heads: decoderHeads,
      num_key_value_heads: decoderHeads,
      num_hidden_layers: random.integer(1, 3),
      num_quantizers: layers,
      sliding_window: random.integer(1, 12),
    },
  });
}

/** Noise that swells and falls. */
function noise(seed: number, length: number): Float32Array {
  return uniform("noise", length, -0.5, 0.5, seed).map((x, i) => x * Math.sin(i / 3000) ** 2);
}

function drawnCodes(seed: number, frames: number, layers: number, entries: number): Int16Array {
  return Int16Array.from(uniform("codes", frames * layers, 0, entries, seed), Math.floor);
}
