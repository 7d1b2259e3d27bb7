/** The C decoder on this machine, with sanitizers: the golden clip, and blobs and codes that it must refuse. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCodec } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../root.ts";
import { golden, goldenCodes, MODEL_FOLDER } from "../support/golden.ts";
import { makeBlob } from "./blob.ts";

const LAYERS = 16;
const FRAMES = 30;
const hasCompiler = spawnSync("gcc", ["--version"]).status === 0;
const place = mkdtempSync(join(tmpdir(), "twelvehz-embedded-"));
afterAll(() => rmSync(place, { recursive: true }));

function sources(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(root, folder, name));
}

function compile(name: string, flags: readonly string[]): string {
  const program = join(place, name);
  const include = ["embedded/include", "embedded/third_party/pffft"].map((folder) => `-I${join(root, folder)}`);
  const files = ["embedded/src", "embedded/third_party/pffft", "embedded/test"].flatMap(sources);
  const strict = ["-std=gnu99", "-O2", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  const { status, stderr } = spawnSync("gcc", [...strict, ...flags, ...include, ...files, "-lm", "-o", program], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return program;
}

/** Exit status and samples for a blob and codes. */
function decode(program: string, blob: Uint8Array, codes: Int16Array): { status: number | null; samples: Float32Array } {
  const at = (name: string): string => join(place, name);
  writeFileSync(at("blob"), blob);
  writeFileSync(at("codes"), new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength));
  rmSync(at("out"), { force: true });
  const run = spawnSync(program, [at("blob"), at("codes"), String(FRAMES), String(LAYERS), at("out")], { encoding: "utf8" });
  expect(run.stderr).toBe("");
  return {
    status: run.status,
    samples: run.status === 0 ? new Float32Array(readFileSync(at("out")).buffer.slice(0)) : new Float32Array(0),
  };
}

function differenceDb(found: Float32Array, wanted: Float32Array): number {
  const error = wanted.reduce((sum, x, i) => sum + (found[i] - x) ** 2, 0);
  return 10 * Math.log10(error / wanted.reduce((sum, x) => sum + x * x, 0));
}

describe.skipIf(!hasCompiler)("the decoder in C", () => {
  /** Products in float32, and in integers of 16 bits as small devices have them. */
  let float = "";
  let int16 = "";
  let blob: Uint8Array;
  beforeAll(async () => {
    const codec = await openCodec("compact");
    blob = makeBlob(MODEL_FOLDER, codec.info.id);
    await codec.close();
    float = compile("float", ["-DT12_FLOAT_PRODUCTS"]);
    int16 = compile("int16", []);
  }, 300_000);

  it("gives the sound of the golden clip to -70 dB, with integer products to -35 dB, however the frames are cut", () => {
    for (const [program, mostDb] of [
      [float, -70],
      [int16, -35],
    ] as const) {
      const { status, samples } = decode(program, blob, goldenCodes());
      expect([status, samples.length]).toEqual([0, FRAMES * 1920]);
      expect(differenceDb(samples, golden("decoded") as Float32Array)).toBeLessThan(mostDb);
    }
  });

  it("refuses blobs that are cut, damaged or foreign, and codes that are out of range", () => {
    const flipped = blob.slice();
    flipped[flipped.length >> 1] ^= 1;
    const [foreign, wrong] = [blob.slice(), goldenCodes()];
    foreign[0] = 0;
    wrong[100] = 2048;
    const [format, damaged, code] = [3, 4, 6];
    expect(decode(float, blob.subarray(0, -32), goldenCodes()).status).toBe(damaged);
    expect(decode(float, blob.subarray(0, 20), goldenCodes()).status).toBeGreaterThanOrEqual(format);
    expect(decode(float, flipped, goldenCodes()).status).toBe(damaged);
    expect(decode(float, foreign, goldenCodes()).status).toBe(format);
    expect(decode(float, blob, wrong).status).toBe(code);
  });
});
