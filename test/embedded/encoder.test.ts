/**
 * The C encoder on this machine, with sanitizers: the codes of the golden clip, blobs that it must
 * refuse, and changed ones.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blobForC, readBlob, WasmEncoderModel } from "@twelvehz/codec/internal";
import { crc32c, folderFiles } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../root.ts";
import { compileInC, hasCompiler } from "../support/c-compiler.ts";
import { inLongForm } from "../support/long-form.ts";
import { goldenClip, goldenCodes, MODEL_FOLDER } from "../support/golden.ts";

const LAYERS = 16;
/** With changed blobs and sounds. */
const RUNS = inLongForm ? "100" : "15";
/** Codes that the build with activations of 16 bits may give otherwise, at near ties. */
const MOST_DIFFERING = 0.05;
const place = mkdtempSync(join(tmpdir(), "twelvehz-encoder-"));
afterAll(() => rmSync(place, { recursive: true }));

let blob: Uint8Array;
beforeAll(async () => {
  blob = await blobForC(folderFiles(MODEL_FOLDER), "encoder");
});

/** A copy with other bytes at the beginning of a record, and a checksum that agrees. */
function withRecord(name: string, bytes: readonly number[]): Uint8Array {
  const changed = blob.slice();
  (readBlob(changed).records.get(name) as Uint8Array).set(bytes);
  new DataView(changed.buffer).setUint32(12, crc32c(changed.subarray(16)), true);
  return changed;
}

describe.skipIf(!hasCompiler)("the encoder in C", () => {
  let wide = "";
  let small = "";
  let fuzz = "";
  beforeAll(() => {
    wide = compileInC(join(place, "wide"), ["-DT12_WIDE"], ["test/encode.c"])("encode");
    const inSmall = compileInC(join(place, "small"), [], ["test/encode.c", "test/fuzz_encoder.c"]);
    [small, fuzz] = [inSmall("encode"), inSmall("fuzz_encoder")];
  });

  function encode(program: string, bytes: Uint8Array, samples: Float32Array, batch = 8): { status: number | null; codes: Int16Array } {
    const at = (name: string): string => join(place, name);
    writeFileSync(at("blob"), bytes);
    writeFileSync(at("samples"), samples);
    rmSync(at("codes"), { force: true });
    const { status, stderr } = spawnSync(program, [at("blob"), at("samples"), at("codes"), String(batch)], { encoding: "utf8" });
    expect(stderr).toBe("");
    const codes = status === 0 ? new Uint8Array(readFileSync(at("codes"))) : new Uint8Array(0);
    return { status, codes: new Int16Array(codes.buffer) };
  }

  it("gives the codes that PyTorch gives, one frame a step or eight", () => {
    for (const batch of [1, 8]) {
      const { status, codes } = encode(wide, blob, goldenClip().samples, batch);
      expect([status, codes.length]).toEqual([0, goldenCodes().length]);
      expect(codes).toEqual(goldenCodes());
    }
  });

  it("gives nearly the same with activations of 16 bits", () => {
    const { status, codes } = encode(small, blob, goldenClip().samples);
    expect([status, codes.length]).toEqual([0, goldenCodes().length]);
    const differing = codes.filter((code, i) => code !== goldenCodes()[i]).length;
    expect(differing / codes.length).toBeLessThan(MOST_DIFFERING);
  });

  it("gives codes for any sound: silence, noise at full scale, no numbers at all", () => {
    const sounds = [0, Number.NaN, Number.POSITIVE_INFINITY, -3e38, 1e-40].map((x) => new Float32Array(5000).fill(x));
    for (const sound of sounds) {
      const { status, codes } = encode(small, blob, sound);
      expect([status, codes.length]).toEqual([0, 3 * LAYERS]);
      expect(codes.every((code) => code >= 0 && code < 2048)).toBe(true);
    }
  });

  it("answers changed blobs and sounds with a status or codes in range, never a fault", () => {
    const [at, samples] = [join(place, "blob"), join(place, "sound")];
    writeFileSync(at, blob);
    writeFileSync(samples, goldenClip().samples);
    const { status, stdout, stderr } = spawnSync(fuzz, [at, samples, RUNS, "1"], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`${RUNS} runs`);
  });

  it("refuses blobs that are cut, damaged, foreign or of a decoder", async () => {
    const [format, damaged] = [3, 4];
    const samples = goldenClip().samples.subarray(0, 100);
    const decoder = await blobForC(folderFiles(MODEL_FOLDER), "decoder");
    expect(encode(small, decoder, samples).status).toBe(format);
    expect(encode(small, blob.subarray(0, -32), samples).status).toBe(damaged);
    expect(encode(small, blob.with(blob.length >> 1, 1 ^ blob[blob.length >> 1]), samples).status).toBe(damaged);
    expect(encode(small, blob.with(0, 0), samples).status).toBe(format);
  });

  it.each([
    ["bands beyond the spectrum", "triangle.count", [0xff, 0xff]],
    ["a deviation of zero", "std", [0, 0, 0, 0]],
    ["a scale that is no number", "codebooks.scale", [0, 0, 0xc0, 0x7f]],
    ["a limit that would overflow sums", "codebooks.limit", [0, 0, 0, 0x47]],
  ])("refuses %s under a valid checksum", (_, name, bytes) => {
    expect(encode(small, withRecord(name, bytes), new Float32Array(10)).status).toBe(4);
  });
});

describe("the encoder in WebAssembly", () => {
  it.each(["codec-simd.wasm", "codec.wasm"])("gives the codes that PyTorch gives, in %s", async (name) => {
    const module = new WebAssembly.Module(readFileSync(join(root, "packages/codec/wasm", name)));
    const encoder = (await WasmEncoderModel.open(module, blob, LAYERS)).openEncoder();
    const { samples } = goldenClip();
    const parts = [await encoder.push(samples.subarray(0, 7001)), await encoder.push(samples.subarray(7001)), await encoder.flush()];
    expect(parts.flatMap((part) => [...part])).toEqual([...goldenCodes()]);
  });
});
