/**
 * Neural measures against what the Python package `speechmos` says of the same clips: golden.json,
 * which names the command that made it.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Audio } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { neuralCases } from "@twelvehz/test-support/neural-cases.mjs";
import { DirectSpectrum } from "../../direct-spectrum.ts";
import { segmentsOf } from "./dnsmos.ts";
import { MEL_BANDS, melFeatures } from "./mel-features.ts";
import { type NeuralMeasures, openNeuralMeasures } from "./open-neural-measures.ts";
import { plcmosFeatures, raterEmbeddings } from "./plcmos.ts";

const MODELS = new URL("../../../models/", import.meta.url);
/** What the project asks for. */
const TOLERANCE = 0.01;
const IDS = ["dnsmosSig", "dnsmosBak", "dnsmosOvrl", "dnsmosP808", "plcmos"];

const golden = JSON.parse(readFileSync(new URL("golden.json", import.meta.url), "utf8")) as {
  clips: (Record<string, number> & { clip: string })[];
};

describe("neural measures", () => {
  let opened: NeuralMeasures;
  beforeAll(async () => void (opened = await openNeuralMeasures()));
  afterAll(() => opened.close());

  it("agree with the Python package on every clip", async () => {
    const cases = await neuralCases();
    expect(cases.map(([name]) => name)).toEqual(golden.clips.map(({ clip }) => clip));
    for (const [i, [name, clip]] of cases.entries()) {
      const scores = await opened.score(clip);
      for (const id of IDS) expect(Math.abs(scores[id] - golden.clips[i][id]), `${id} of ${name}`).toBeLessThan(TOLERANCE);
    }
  }, 240_000); // about 30 runs of a network for each clip

  it("say which network made each number", () => {
    expect(opened.measures.map(({ id }) => id)).toEqual(IDS);
    for (const { model } of opened.measures) expect(model).toMatch(/^(DNSMOS|PLCMOS).*\.onnx sha256 [0-9a-f]{16}$/);
  });

  it("have no score for silence and for clips under half a second", async () => {
    expect(await opened.score(new Audio(new Float32Array(32_000), 16_000))).toEqual({});
    expect(await opened.score(new Audio(new Float32Array(7_000).fill(0.5), 16_000))).toEqual({});
  });
});

describe("the networks of this package", () => {
  it("are the files that their README names", () => {
    const rows = readFileSync(new URL("README.md", MODELS), "utf8").matchAll(/^\| `([\w-]+\.onnx)` .*\| `([0-9a-f]{64})` \|$/gm);
    const named = [...rows].map(([, file, sha256]) => ({ file, sha256 }));
    expect(named).toHaveLength(3);
    for (const { file, sha256 } of named)
      expect(
        createHash("sha256")
          .update(readFileSync(new URL(file, MODELS)))
          .digest("hex"),
        file,
      ).toBe(sha256);
  });
});

describe("UTMOS by a file of the user", () => {
  const fixture = (name: string): string => new URL(`fixtures/${name}`, import.meta.url).pathname;

  it("scores a clip with a network that takes a waveform", async () => {
    const opened = await openNeuralMeasures({ utmos: fixture("mean-power.onnx") });
    const { utmos } = await opened.score(new Audio(new Float32Array(16_000).fill(0.5), 16_000));
    await opened.close();
    expect(utmos).toBeCloseTo(0.25, 3);
    expect(opened.measures[0]).toMatchObject({ id: "utmos", model: expect.stringMatching(/^UTMOS, mean-power\.onnx sha256 /) });
  });

  it.each([
    ["a file that is not there", "none.onnx", "not-found", /^Cannot read the network/],
    ["a file that is no network", "../golden.json", "bad-model", /^Cannot open the network/],
    [
      "a network with another input",
      "../../../../models/dnsmos-p835.onnx",
      "bad-model",
      /its input is input_1 float32 \[.*144160\]; one input/,
    ],
  ])("%s is a clear error", async (_, name, code, message) => {
    await expect(openNeuralMeasures({ utmos: fixture(name) })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe("features", () => {
  it("a spectrum of an odd size finds a sine in its bin", () => {
    const powers = new DirectSpectrum(321).powers(Float64Array.from({ length: 321 }, (_, n) => Math.sin((2 * Math.PI * 40 * n) / 321)));
    expect(powers[40]).toBeCloseTo((321 / 2) ** 2, 6);
    expect(powers.reduce((sum, p) => sum + p, 0) - powers[40]).toBeLessThan(1e-12);
  });

  it("a spectrum of an even size keeps Parseval's sum, with the last bin", () => {
    const frame = Float64Array.from({ length: 512 }, (_, n) => Math.sin(n * n) + (n % 2));
    const powers = new DirectSpectrum(512).powers(frame);
    const sum = 2 * powers.reduce((a, b) => a + b, 0) - powers[0] - powers[256];
    expect(sum / 512).toBeCloseTo(
      frame.reduce((a, x) => a + x * x, 0),
      8,
    );
  });

  it("segments are 9.01 s, one each second, and short clips are doubled until they fill one", () => {
    expect(segmentsOf(new Float32Array(144_160))).toHaveLength(1);
    expect(segmentsOf(new Float32Array(12 * 16_000))).toHaveLength(3);
    const [first] = segmentsOf(Float32Array.from({ length: 50_000 }, (_, i) => i));
    expect([first.length, first[49_999], first[50_000]]).toEqual([144_160, 49_999, 0]);
  });

  it("mel features of zeros are at the top of the scale, as nothing is louder", () => {
    const features = melFeatures(new Float32Array(1600));
    expect(features).toHaveLength(10 * MEL_BANDS);
    expect(new Set(features)).toEqual(new Set([1]));
  });

  it("features of PLCMOS hold no infinity where samples are 0", () => {
    expect(plcmosFeatures(new Float32Array(4096).fill(0.1, 2048)).every(Number.isFinite)).toBe(true);
    expect(plcmosFeatures(new Float32Array(4096)).every((x) => Math.abs(x + (8 * Math.LN10) / 20) < 1e-6)).toBe(true);
  });

  it("raters are the same at each call, and normal", () => {
    const [first, again] = [raterEmbeddings(15), raterEmbeddings(15)];
    expect(first).toEqual(again);
    const all = first.flatMap((rater) => [...rater]);
    const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
    const deviation = Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length);
    expect(Math.abs(mean)).toBeLessThan(0.1);
    expect(Math.abs(deviation - 1)).toBeLessThan(0.1);
  });
});
