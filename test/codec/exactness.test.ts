/** The laws of streaming: however sound and codes are cut, the result is the same to the bit. */
import { Audio, Codec, Codes, folderFiles } from "@twelvehz/codec/node";
import { type Backend, openEngine, ortBackend } from "@twelvehz/codec/internal";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openHere } from "../support/codecs.ts";
import { goldenClip, goldenCodes, MODEL_FOLDER } from "../support/golden.ts";
import { inLongForm } from "../support/long-form.ts";
import { firstDifference, cutsOf, joined, joinedCodes, rangesBetween } from "../support/pieces.ts";

const FRAME = 1920;
const LAYERS = 16;
/** 30 frames: more than the 25 that the networks compute at once. */
const FRAMES = 30;

let codec: Codec;
let speech: Float32Array;
let codes: Codes;
let sound: Float32Array;

beforeAll(async () => {
  codec = await openHere();
  speech = goldenClip().samples;
  codes = new Codes(goldenCodes(), LAYERS);
  sound = await decodedInPieces(codec, codes, [[0, FRAMES]]);
});
afterAll(() => codec.close());

async function encodedInPieces(through: Codec, samples: Float32Array, ranges: readonly [number, number][]): Promise<Int16Array> {
  const stream = through.openEncodeStream();
  const parts: Codes[] = [];
  for (const [start, end] of ranges) parts.push(await stream.push(samples.subarray(start, end)));
  parts.push(await stream.flush());
  await stream.close();
  return joinedCodes(parts);
}

async function decodedInPieces(through: Codec, all: Codes, ranges: readonly [number, number][]): Promise<Float32Array> {
  const stream = through.openDecodeStream();
  const parts: Float32Array[] = [];
  for (const [start, end] of ranges) parts.push(await stream.push(all.slice(start, end)));
  parts.push(await stream.flush());
  await stream.close();
  return joined(parts);
}

describe("encoding", () => {
  it("gives the same codes however the samples are cut", async () => {
    await fc.assert(
      fc.asyncProperty(cutsOf(speech.length, 12), async (cuts) => {
        expect(await encodedInPieces(codec, speech, rangesBetween(cuts, speech.length))).toEqual(codes.data);
      }),
      { numRuns: inLongForm ? 50 : 6 },
    );
  });

  it("gives the same codes sample by sample", async () => {
    const short = speech.subarray(0, 3 * FRAME + 17);
    const singly = Array.from(short, (_, i): [number, number] => [i, i + 1]);
    expect(await encodedInPieces(codec, short, singly)).toEqual(await encodedInPieces(codec, short, [[0, short.length]]));
  });

  it("gives the codes of the stream when it is given the whole clip", async () => {
    const whole = await codec.encode(goldenClip());
    expect(whole.data).toEqual(codes.data);
    expect(whole.sampleCount).toBe(speech.length);
    expect(whole.model).toEqual({ name: codec.info.name, id: codec.info.id });
  });

  it("fills the last frame up with silence", async () => {
    const cut = speech.subarray(0, 5 * FRAME + 700);
    const padded = new Float32Array(6 * FRAME);
    padded.set(cut);
    expect((await codec.encode(new Audio(cut, 24_000))).data).toEqual((await codec.encode(new Audio(padded, 24_000))).data);
  });

  it("never changes earlier codes when more sound follows", async () => {
    const tail = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 2 * FRAME });
    const before = speech.subarray(0, 8 * FRAME);
    const expected = codes.data.subarray(0, 8 * LAYERS);
    await fc.assert(
      fc.asyncProperty(tail, async (samples) => {
        const both = joined([before, Float32Array.from(samples)]);
        const found = await encodedInPieces(codec, both, [[0, both.length]]);
        expect(found.subarray(0, expected.length)).toEqual(expected);
      }),
      { numRuns: inLongForm ? 20 : 4 },
    );
  });
});

describe("decoding", () => {
  it("gives the same bits however the frames are cut", async () => {
    await fc.assert(
      fc.asyncProperty(cutsOf(FRAMES, 8), async (cuts) => {
        expect(firstDifference(await decodedInPieces(codec, codes, rangesBetween(cuts, FRAMES)), sound)).toBeUndefined();
      }),
      { numRuns: inLongForm ? 50 : 5 },
    );
  });

  it("gives the same bits frame by frame", async () => {
    const singly = Array.from({ length: FRAMES }, (_, t): [number, number] => [t, t + 1]);
    expect(firstDifference(await decodedInPieces(codec, codes, singly), sound)).toBeUndefined();
  });

  it("gives the bits of the stream when it is given the whole clip, cut at the sample count", async () => {
    const counted = new Codes(codes.data, LAYERS, { sampleCount: speech.length - 333 });
    const { samples } = await codec.decode(counted);
    expect(samples).toHaveLength(speech.length - 333);
    expect(firstDifference(samples, sound.subarray(0, samples.length))).toBeUndefined();
  });

  it("gives 1920 samples for each frame in all, and holds back no more than its delay", async () => {
    expect(sound).toHaveLength(FRAMES * FRAME);
    const stream = codec.openDecodeStream();
    const first = await stream.push(codes.slice(0, 1));
    const rest = await stream.push(codes.slice(1, FRAMES));
    expect(first.length).toBe(FRAME - codec.info.decodeDelaySamples);
    expect(first.length + rest.length).toBe(FRAMES * FRAME - codec.info.decodeDelaySamples);
    await stream.close();
  });

  it("never changes samples that it gave when more frames follow", async () => {
    const given = (await pushed(codes.slice(0, 10))).slice();
    const tail = fc.array(fc.nat(2047), { minLength: LAYERS * 6, maxLength: LAYERS * 6 });
    await fc.assert(
      fc.asyncProperty(tail, async (numbers) => {
        const both = new Codes(Int16Array.from([...codes.data.subarray(0, 10 * LAYERS), ...numbers]), LAYERS);
        expect(firstDifference((await pushed(both)).subarray(0, given.length), given)).toBeUndefined();
      }),
      { numRuns: inLongForm ? 20 : 4 },
    );
  });

  async function pushed(frames: Codes): Promise<Float32Array> {
    const stream = codec.openDecodeStream();
    const samples = await stream.push(frames);
    await stream.close();
    return samples;
  }
});

describe("the choice of layers", () => {
  it.each([1, 4, 15])("decodes the first %i layers like codes that have no more", async (layers) => {
    const chosen = await codec.decode(codes, { layers });
    expect(firstDifference(chosen.samples, (await codec.decode(codes.firstLayers(layers))).samples)).toBeUndefined();
    expect(firstDifference(chosen.samples, sound)).toBeDefined();
  });

  it("decodes one layer alone like all others muted, whatever these hold", async () => {
    const others = Array.from({ length: LAYERS }, (_, k) => k).filter((k) => k !== 2);
    const alone = await codec.decode(codes, { onlyLayer: 2 });
    expect(firstDifference((await codec.decode(codes, { muteLayers: others })).samples, alone.samples)).toBeUndefined();
    const changed = new Codes(
      codes.data.map((code, i) => (i % LAYERS === 2 ? code : (code + 1000) % 2048)),
      LAYERS,
    );
    expect(firstDifference((await codec.decode(changed, { onlyLayer: 2 })).samples, alone.samples)).toBeUndefined();
  });

  it("changes from the next frame on while a stream runs, also when nothing is awaited", async () => {
    const stream = codec.openDecodeStream();
    const before = stream.push(codes.slice(0, 10));
    void stream.setLayers({ layers: 4 });
    const after = stream.push(codes.slice(10, FRAMES));
    const end = stream.flush();
    const changed = joined([await before, await after, await end]);
    await stream.close();
    expect(firstDifference(changed.subarray(0, (await before).length), sound.subarray(0, (await before).length))).toBeUndefined();
    expect(firstDifference(changed, sound)).toBeDefined();
    const singly = codec.openDecodeStream();
    const parts: Float32Array[] = [];
    for (let t = 0; t < FRAMES; t++) {
      if (t === 10) await singly.setLayers({ layers: 4 });
      parts.push(await singly.push(codes.slice(t, t + 1)));
    }
    expect(firstDifference(joined([...parts, await singly.flush()]), changed)).toBeUndefined();
    await singly.close();
  });

  it("chosen before the first frame equals that of a stream opened with it", async () => {
    const stream = codec.openDecodeStream();
    await stream.setLayers({ muteLayers: [0, 3] });
    const parts = [await stream.push(codes), await stream.flush()];
    expect(firstDifference(joined(parts), (await codec.decode(codes, { muteLayers: [0, 3] })).samples)).toBeUndefined();
    await stream.close();
  });

  it("takes frames of fewer layers one by one, and refuses a change of their number until the clip has ended", async () => {
    const few = codes.firstLayers(4);
    const stream = codec.openDecodeStream();
    await stream.push(few.slice(0, 3));
    await expect(stream.push(codes.slice(3, 4))).rejects.toMatchObject({ code: "bad-codes" });
    await stream.reset();
    const parts = [await stream.push(codes), await stream.flush()];
    expect(firstDifference(joined(parts), sound)).toBeUndefined();
    await stream.close();
  });
});

describe("a backend whose rows depend on how many it computes at once", () => {
  /**
   * ONNX Runtime, but with an error in each float that grows with the number of rows, as another
   * kernel for another shape would make.
   */
  function rowDependent(frameCounts: number[]): Backend {
    const inner = ortBackend(ort, { name: "onnxruntime-node" });
    return {
      name: "rows depend on the group",
      async load(graph) {
        const session = await inner.load(graph);
        return {
          async run(inputs) {
            const outputs = await session.run(inputs);
            const frames = "codes" in inputs ? inputs["codes"].dims[0] : inputs["bands"].dims[0] / 8;
            frameCounts.push(frames);
            for (const { data } of Object.values(outputs))
              if (data instanceof Float32Array) data.forEach((x, i) => (data[i] = x * (1 + frames * 1e-6)));
            return outputs;
          },
          close: () => session.close(),
        };
      },
    };
  }

  it("is noticed, run frame by frame, and exact again", async () => {
    const frameCounts: number[] = [];
    const odd = new Codec(await openEngine(folderFiles(MODEL_FOLDER), rowDependent(frameCounts)));
    await odd.prepare();
    expect(Math.max(...frameCounts)).toBeGreaterThan(1); // the trial
    frameCounts.length = 0;
    const whole = await decodedInPieces(odd, codes, [[0, FRAMES]]);
    const cut = await decodedInPieces(odd, codes, [
      [0, 7],
      [7, FRAMES],
    ]);
    expect(firstDifference(cut, whole)).toBeUndefined();
    expect(
      await encodedInPieces(odd, speech, [
        [0, 5000],
        [5000, speech.length],
      ]),
    ).toEqual(await encodedInPieces(odd, speech, [[0, speech.length]]));
    expect(new Set(frameCounts)).toEqual(new Set([1]));
    await odd.close();
  });

  it("is not what ONNX Runtime is: it computes groups of frames", async () => {
    const frameCounts: number[] = [];
    const exact: Backend = {
      name: "counted",
      async load(graph) {
        const session = await ortBackend(ort, { name: "onnxruntime-node" }).load(graph);
        return {
          run: (inputs) => {
            if ("codes" in inputs) frameCounts.push(inputs["codes"].dims[0]);
            return session.run(inputs);
          },
          close: () => session.close(),
        };
      },
    };
    const counted = new Codec(await openEngine(folderFiles(MODEL_FOLDER), exact));
    await counted.prepare({ decoder: true });
    frameCounts.length = 0;
    await decodedInPieces(counted, codes, [[0, FRAMES]]);
    expect(frameCounts).toEqual([25, 5]);
    await counted.close();
  });
});
