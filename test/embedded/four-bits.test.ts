/** Blobs whose largest matrices have weights of 4 bits: what C and TypeScript make of them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportC } from "@twelvehz/codec/node";
import { readBlob, writeBlob } from "@twelvehz/codec/internal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileInC, hasCompiler } from "../support/c-compiler.ts";
import { MODEL_FOLDER } from "../support/golden.ts";

const place = mkdtempSync(join(tmpdir(), "twelvehz-four-bits-"));
afterAll(() => rmSync(place, { recursive: true }));

let blob: Uint8Array;
let bytesOfEight: number;
beforeAll(async () => {
  bytesOfEight = (await exportC(MODEL_FOLDER, join(place, "eight"))).blobBytes;
  const { blob: path } = await exportC(MODEL_FOLDER, place, { bits: 4 });
  blob = new Uint8Array(readFileSync(path));
});

/** The weights `[rows, columns]` of a record of 4 bits. */
function unpacked(words: Uint32Array, rows: number, columns: number): Int8Array {
  return Int8Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const word = words[Math.floor(row / 4) * (columns / 2) + Math.floor(column / 8) * 4 + (row % 4)] as number;
    return ((word >>> (4 * Math.floor((column % 8) / 2) + 16 * (column % 2))) & 15) - 8;
  });
}

/** The weights `[rows, columns]` of a record of 8 bits. */
function inRows(bytes: Int8Array, rows: number, columns: number): Int8Array {
  const place = [0, 2, 1, 3];
  return Int8Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return bytes[Math.floor(row / 4) * columns * 4 + Math.floor(column / 4) * 16 + (row % 4) * 4 + place[column % 4]!] as number;
  });
}

const copyOf = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer;

describe("a blob with weights of 4 bits", () => {
  it("has version 2 and two thirds of the bytes, and TypeScript reads and writes it again", () => {
    expect([new DataView(blob.buffer, blob.byteOffset).getUint32(4, true), readBlob(blob).shape.coarseBits]).toEqual([2, 4]);
    expect(blob.length).toBeLessThan(0.7 * bytesOfEight);
    expect(Buffer.compare(writeBlob(readBlob(blob)), blob)).toBe(0);
  });

  it("holds the nearest weights: none is further off than half a step, but for those that are clipped", () => {
    const eight = readBlob(new Uint8Array(readFileSync(join(place, "eight/t12d.bin")))).records;
    const four = readBlob(blob).records;
    const [rows, columns] = [1536, 512];
    const floats = (records: ReadonlyMap<string, Uint8Array>): Float32Array => new Float32Array(copyOf(records.get("p1.0.a.scale")!));
    const found = unpacked(new Uint32Array(copyOf(four.get("p1.0.a.weight")!)), rows, columns);
    const wanted = inRows(new Int8Array(copyOf(eight.get("p1.0.a.weight")!)), rows, columns);
    const [foundScale, wantedScale] = [floats(four), floats(eight)];
    const tooFar = found.filter((weight, i) => {
      const row = Math.floor(i / columns);
      const step = foundScale[row] as number;
      const off = Math.abs(weight * step - wanted[i]! * (wantedScale[row] as number));
      return off > 0.501 * step && weight !== 7 && weight !== -8;
    });
    expect(tooFar).toHaveLength(0);
    expect(new Set(found).size).toBe(16);
  });

  it.each([
    ["a version that is not known", 4, 3],
    ["bits that version 2 does not have", 80, 2],
    ["4 bits under version 1", 4, 1],
  ])("is refused with %s", (_, at, value) => {
    const changed = blob.slice();
    changed[at] = value;
    expect(() => readBlob(changed)).toThrow("Cannot use this blob");
  });
});

describe.skipIf(!hasCompiler)("the decoder in C with weights of 4 bits", () => {
  it("passes the self-test of the header with activations of 16 bits and with wider ones, and brings weights in their order", () => {
    const small = compileInC(join(place, "small"), [], ["test/self-test.c", "test/fetch.c"]);
    const wide = compileInC(join(place, "wide"), ["-DT12_WIDE"], ["test/self-test.c"]);
    for (const program of [small("self-test"), wide("self-test")]) {
      const { status, stdout } = spawnSync(program, [join(place, "t12d.bin")], { encoding: "utf8" });
      expect([status, stdout]).toEqual([0, "the self-test passes\n"]);
    }
    const { status, stdout } = spawnSync(small("fetch"), [join(place, "t12d.bin")], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, "1026 pieces of 114 matrices\n"]);
    writeFileSync(join(place, "other"), blob.with(4, 3));
    expect(spawnSync(small("self-test"), [join(place, "other")]).status).toBe(2);
  });
});
