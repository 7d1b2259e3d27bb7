/** The C decoder on this machine, with sanitizers: the golden clip, the exported self-test, and blobs and codes that it must refuse. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32c } from "@twelvehz/codec";
import { readBlob, writeBlob } from "@twelvehz/codec/internal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../root.ts";
import { succeed, twelvehz } from "../support/command.ts";
import { golden, goldenCodes } from "../support/golden.ts";

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

function compile(name: string, main: string, flags: readonly string[]): string {
  const program = join(place, name);
  const files = [...["embedded/src", "embedded/third_party/pffft"].flatMap(sources), join(root, "embedded/test", main)];
  const strict = ["-std=gnu99", "-O1", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"];
  const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  const includes = [`-I${join(root, "embedded/include")}`, `-I${place}`];
  const { status, stderr } = spawnSync("gcc", [...strict, ...sanitizers, ...flags, ...includes, ...files, "-lm", "-o", program], {
    encoding: "utf8",
  });
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
  let wide = "";
  let small = "";
  let blob: Uint8Array;
  beforeAll(async () => {
    await succeed(["export-c", "compact", "-o", place]);
    blob = new Uint8Array(readFileSync(join(place, "t12d.bin")));
    wide = compile("wide", "golden.c", ["-DT12_WIDE"]);
    small = compile("small", "golden.c", []);
  }, 300_000);

  it("gives the sound of the golden clip to -70 dB, with integer products to -35 dB, however the frames are cut", () => {
    for (const [program, mostDb] of [
      [wide, -70],
      [small, -35],
    ] as const) {
      const { status, samples } = decode(program, blob, goldenCodes());
      expect([status, samples.length]).toEqual([0, FRAMES * 1920]);
      expect(differenceDb(samples, golden("decoded") as Float32Array)).toBeLessThan(mostDb);
    }
  });

  it("passes the self-test that is exported with its blob, in the arena that the header declares", () => {
    const { status, stdout } = spawnSync(compile("self-test", "self-test.c", []), [join(place, "t12d.bin")], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, "the self-test passes\n"]);
  });

  it("refuses blobs that are cut, damaged or foreign, and codes that are out of range", () => {
    const flipped = blob.slice();
    flipped[flipped.length >> 1] ^= 1;
    const [foreign, wrong] = [blob.slice(), goldenCodes()];
    foreign[0] = 0;
    wrong[100] = 2048;
    const [format, damaged, code] = [3, 4, 6];
    expect(decode(wide, blob.subarray(0, -32), goldenCodes()).status).toBe(damaged);
    expect(decode(wide, blob.subarray(0, 20), goldenCodes()).status).toBeGreaterThanOrEqual(format);
    expect(decode(wide, flipped, goldenCodes()).status).toBe(damaged);
    expect(decode(wide, foreign, goldenCodes()).status).toBe(format);
    expect(decode(wide, blob, wrong).status).toBe(code);
  });

  it.each([
    ["a weight that is no number", "out.scale", [0, 0, 0xc0, 0x7f]],
    ["a weight that is infinite", "p1.0.n.bias", [0, 0, 0x80, 0x7f]],
    ["a limit that would overflow sums", "head.limit", [0, 0, 0, 0x47]],
    ["a bin beyond the bands", "bins.lower", [0xff, 0xff, 0, 0]],
  ])("refuses %s under a valid checksum", (_, name, bytes) => {
    const changed = blob.slice();
    const record = readBlob(changed).records.get(name) as Uint8Array;
    record.set(bytes);
    new DataView(changed.buffer).setUint32(12, crc32c(changed.subarray(16)), true);
    expect(readBlob(changed).id).toBe(readBlob(blob).id);
    expect(decode(small, changed, goldenCodes()).status).toBe(4);
  });

  it("takes what TypeScript reads and writes again", () => {
    expect(Buffer.compare(writeBlob(readBlob(blob)), blob)).toBe(0);
  });
});

describe("twelvehz export-c", () => {
  it("tells the sizes of what it writes", async () => {
    const { stdout } = await succeed(["export-c", "compact", "-o", join(place, "new/folder"), "--json"]);
    const told = JSON.parse(stdout.toString()) as {
      blobBytes: number;
      parts: Record<string, number>;
      weightBytesPerFrame: Record<string, number>;
    };
    expect(readFileSync(join(place, "new/folder/t12d.bin"))).toHaveLength(told.blobBytes);
    const sum = Object.values(told.parts).reduce((a, b) => a + b, 0);
    expect(told.blobBytes - sum).toBeGreaterThan(0); // header, records and padding
    expect(told.blobBytes - sum).toBeLessThan(10_000);
    expect(told.weightBytesPerFrame["4"]).toBeLessThan(told.weightBytesPerFrame["1"] / 2);
  });

  it("says what is wrong with a model that is not there", async () => {
    const { status, stderr } = await twelvehz(["export-c", join(place, "nowhere"), "-o", place]);
    expect(status).toBe(72);
    expect(stderr).toContain("nowhere");
  });
});
