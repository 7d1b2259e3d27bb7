/**
 * The C decoder on this machine, with sanitizers: the golden clip, the exported self-test, and
 * blobs and codes that it must refuse.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Codes, crc32c, exportC, openCodec, writeTokenFile } from "@twelvehz/codec/node";
import { ortBackend, readBlob, WasmDecoderModel, writeBlob } from "@twelvehz/codec/internal";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCompactConfig } from "../../packages/codec/dist/model/compact/config.js";
import { buildCompactDecoder } from "../../packages/codec/dist/model/compact/networks.js";
import { memoryFile, SafetensorsWeights } from "../../packages/codec/dist/model/weights.js";
import { codecModule } from "../../packages/codec/dist/node/codec-module.js";
import { StatefulSession } from "../../packages/codec/dist/runtime/session.js";
import { succeed, twelvehz } from "../support/command.ts";
import { compileInC, compilers, hasCompiler } from "../support/c-compiler.ts";
import { golden, goldenCodes, goldenPriority, MODEL_FOLDER } from "../support/golden.ts";
import { inLongForm } from "../support/long-form.ts";
import { holdingModel } from "../support/holding-model.ts";
import { firstDifference, joined } from "../support/pieces.ts";
import { relativeError } from "../support/spectrum.ts";

const LAYERS = 16;
const FRAMES = 30;
/** With changed blobs and streams. */
const RUNS = inLongForm ? "200" : "30";
const place = mkdtempSync(join(tmpdir(), "twelvehz-embedded-"));
afterAll(() => rmSync(place, { recursive: true }));

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

describe.skipIf(!hasCompiler)("the decoder in C", () => {
  /** Products in float32, and in integers of 16 bits as small devices have them. */
  let wide = "";
  let small = "";
  let inSmall: (program: string) => string;
  /** Without sanitizers. */
  let fastWide: (program: string) => string;
  let fastSmall: (program: string) => string;
  const codes = new Codes(goldenCodes(), LAYERS);
  let blob: Uint8Array;
  beforeAll(async () => {
    await succeed(["export-c", "compact", "-o", place]);
    blob = new Uint8Array(readFileSync(join(place, "t12d.bin")));
    await exportC(MODEL_FOLDER, join(place, "predicting"), { predictor: true });
    inSmall = compileInC(
      join(place, "small"),
      [],
      ["test/golden.c", "test/self-test.c", "test/fetch.c", "test/fuzz.c", "examples/t12play.c"],
    );
    wide = compileInC(join(place, "wide"), ["-DT12_WIDE"], ["test/golden.c"])("golden");
    const fast = (name: string, flags: readonly string[], programs: readonly string[]): ((program: string) => string) =>
      compileInC(join(place, name), flags, programs, compilers[0], "fast");
    fastWide = fast("fast-wide", ["-DT12_WIDE"], ["test/golden.c", "test/priority.c", "examples/t12play.c"]);
    fastSmall = fast("fast-small", [], ["test/priority.c"]);
    small = inSmall("golden");
    writeFileSync(join(place, "golden.t12"), writeTokenFile(codes));
  });

  it("gives the sound of the golden clip to -60 dB, with integer products to -35 dB, however the frames are cut", () => {
    for (const [program, mostDb] of [
      [wide, -60],
      [small, -35],
    ] as const) {
      const { status, samples } = decode(program, blob, goldenCodes());
      expect([status, samples.length]).toEqual([0, FRAMES * 1920]);
      expect(relativeError(golden("decoded") as Float32Array, samples)).toBeLessThan(mostDb);
    }
  });

  /** What decides the order of phases, `[8 frames, bands]`. */
  function priorities(program: string, drawn: Int16Array, gain: readonly string[] = []): Int32Array {
    const at = (name: string): string => join(place, name);
    writeFileSync(at("drawn"), drawn);
    const args = [at("t12d.bin"), at("drawn"), String(drawn.length / LAYERS), String(LAYERS), at("priorities"), ...gain];
    const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    return Int32Array.from(new Int16Array(readFileSync(at("priorities")).buffer.slice(0)));
  }

  /** The same by ONNX Runtime. */
  async function prioritiesInOnnx(drawn: Int16Array, gain: number): Promise<Int32Array> {
    const config = parseCompactConfig(JSON.parse(readFileSync(`${MODEL_FOLDER}config.json`, "utf8")));
    const weights = new SafetensorsWeights([memoryFile(readFileSync(`${MODEL_FOLDER}model.safetensors`))]);
    const graph = buildCompactDecoder(config, weights);
    const session = new StatefulSession(await ortBackend(ort, { name: "onnxruntime-node" }).load(graph), graph.states);
    const gains = Float32Array.from({ length: LAYERS }, (_, layer) => (layer % 2 === 0 ? 1 : gain));
    const { priority } = await session.run({
      codes: { type: "int64", dims: [drawn.length / LAYERS, LAYERS], data: BigInt64Array.from(drawn, BigInt) },
      gains: { type: "float32", dims: [1, LAYERS], data: gains },
    });
    return priority.data as Int32Array;
  }

  it("orders phases by the numbers that PyTorch and ONNX Runtime find, bit by bit, whatever a layer counts", async () => {
    const drawn = (golden("drawn_codes") as Int16Array).slice();
    const halved = await prioritiesInOnnx(drawn, 0.3);
    for (const program of [fastWide("priority"), fastSmall("priority")]) {
      expect(priorities(program, goldenCodes())).toEqual(goldenPriority("priority"));
      expect(priorities(program, drawn)).toEqual(goldenPriority("drawn_priority"));
      expect(priorities(program, drawn, ["0.3"])).toEqual(halved);
    }
  });

  it("gives, as hosts compile it, the bits of WebAssembly", async () => {
    const drawn = (golden("drawn_codes") as Int16Array).slice(0, FRAMES * LAYERS);
    for (const some of [goldenCodes(), drawn]) {
      const decoder = (await WasmDecoderModel.open(await codecModule(), blob, LAYERS)).openDecoder();
      const sound = joined([await decoder.push(some), await decoder.flush()]);
      expect(firstDifference(decode(fastWide("golden"), blob, some).samples, sound)).toBeUndefined();
    }
  });

  it("passes the self-test that is exported with its blob, in the arena that the header declares", () => {
    const { status, stdout } = spawnSync(inSmall("self-test"), [join(place, "t12d.bin")], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, "the self-test passes\n"]);
  });

  it("reads weights in the order of the blob, by a channel that brings them, to the same bits", () => {
    const { status, stdout } = spawnSync(inSmall("fetch"), [join(place, "t12d.bin")], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, "1890 pieces of 114 matrices\n"]);
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
    ["a bin that is not between two bands", "bins.share", [0, 0, 0, 0x40]],
  ])("refuses %s under a valid checksum", (_, name, bytes) => {
    const changed = blob.slice();
    const record = readBlob(changed).records.get(name) as Uint8Array;
    record.set(bytes);
    new DataView(changed.buffer).setUint32(12, crc32c(changed.subarray(16)), true);
    expect(readBlob(changed).id).toBe(readBlob(blob).id);
    expect(decode(small, changed, goldenCodes()).status).toBe(4);
  });

  /** What t12play makes of a token file: its exit status, what it said, the samples. */
  function play(
    program: string,
    file: Uint8Array,
    from = join(place, "t12d.bin"),
  ): { status: number | null; said: string; samples: Float32Array } {
    const { status, stderr, stdout } = spawnSync(program, [from], { input: file, maxBuffer: 2 ** 26 });
    const pcm = new Int16Array(stdout.buffer.slice(stdout.byteOffset + 44, stdout.byteOffset + stdout.length));
    return { status, said: stderr.toString(), samples: Float32Array.from(pcm, (x) => x / 32768) };
  }

  it("plays a token file that comes byte by byte", () => {
    const { status, said, samples } = play(fastWide("t12play"), writeTokenFile(codes));
    expect([status, said, samples.length]).toEqual([0, "", FRAMES * 1920]);
    expect(relativeError(golden("decoded") as Float32Array, samples)).toBeLessThan(-60);
  });

  it.each<[string, string, (path: string) => void, number, RegExp]>([
    ["a blob that is not there", "nowhere", () => {}, 2, /^t12play: Cannot read \S+nowhere: No such file or directory$/],
    ["a folder", "folder", (path) => mkdirSync(path), 2, /^t12play: Cannot read \S+folder: Is a directory$/],
    [
      "another file",
      "golden.t12",
      () => {},
      1,
      /^t12play: Cannot use \S+ as a blob: its format is .* \(T12_E_FORMAT\); write one with: twelvehz export-c/,
    ],
    [
      "a blob that is cut",
      "cut.bin",
      (path) => writeFileSync(path, blob.subarray(0, -32)),
      1,
      /^t12play: Cannot use \S+ as a blob: it is damaged or cut short \(T12_E_DAMAGED\); write one/,
    ],
  ])("t12play tells what is wrong with %s", (_, name, make, status, message) => {
    make(join(place, name));
    const played = play(inSmall("t12play"), writeTokenFile(codes), join(place, name));
    expect([played.status, played.samples.length]).toEqual([status, 0]);
    expect(played.said.trimEnd()).toMatch(message);
  });

  /** A token file without frames 9 to 14. */
  function cutFile(): Uint8Array {
    const file = writeTokenFile(codes, { blockFrames: 3 });
    const [header, block] = [52, 14 + (3 * LAYERS * 11) / 8];
    return Buffer.concat([file.subarray(0, header + 3 * block), file.subarray(header + 5 * block)]);
  }

  /** What TypeScript makes of it. */
  async function concealed(model: string): Promise<Float32Array> {
    const codec = await openCodec(model);
    const stream = codec.openDecodeStream();
    const sound = [await stream.push(codes.slice(0, 9))];
    for (let i = 0; i < 5; i++) sound.push(await stream.conceal());
    sound.push(await stream.conceal(codes.slice(15, 16)), await stream.push(codes.slice(15, FRAMES)), await stream.flush());
    await codec.close();
    return joined(sound);
  }

  it("holds the last of the frames that are missing in a token file, as TypeScript does without a predictor", async () => {
    const { status, samples } = play(fastWide("t12play"), cutFile());
    expect([status, samples.length]).toEqual([0, FRAMES * 1920]);
    expect(relativeError(await concealed(holdingModel(place)), samples)).toBeLessThan(-50);
  });

  it("predicts them where the blob has the predictor, as TypeScript does", async () => {
    const predicting = join(place, "predicting/t12d.bin");
    const wanted = await concealed(MODEL_FOLDER);
    expect(relativeError(wanted, play(fastWide("t12play"), cutFile()).samples)).toBeGreaterThan(-20); // held
    for (const [program, mostDb] of [
      [fastWide("t12play"), -50],
      [inSmall("t12play"), -25],
    ] as const) {
      const { status, said, samples } = play(program, cutFile(), predicting);
      expect([status, said, samples.length]).toEqual([0, "", FRAMES * 1920]);
      expect(relativeError(wanted, samples)).toBeLessThan(mostDb);
    }
  });

  it("opens blobs with the predictor as it opens those without, and refuses a predictor that is damaged", () => {
    const whole = new Uint8Array(readFileSync(join(place, "predicting/t12d.bin")));
    expect(decode(small, whole, goldenCodes()).samples).toEqual(decode(small, blob, goldenCodes()).samples);
    const content = readBlob(whole);
    const records = new Map([...content.records].filter(([name]) => name !== "conceal.both.bias"));
    expect(decode(small, writeBlob({ ...content, records }), goldenCodes()).status).toBe(4);
  });

  it.each<[string, (file: Uint8Array) => Uint8Array, number, number]>([
    ["nothing", () => new Uint8Array(0), 0, 0],
    ["another file", () => new Uint8Array(1000), 3, 0],
    ["a header with a changed byte", (file) => file.with(49, 0xff), 3, 0],
    [
      "another model's codes",
      () => writeTokenFile(new Codes(goldenCodes(), LAYERS, { model: { name: "other", id: "12".repeat(16) } })),
      3,
      0,
    ],
    ["another codebook size", () => writeTokenFile(new Codes(new Int16Array(32), LAYERS, { codebookSize: 1024 })), 3, 0],
    ["a file that is cut short", (file) => file.subarray(0, 300), 0, 1],
    ["a changed code, which the checksum tells", (file) => file.with(200, file[200] ^ 1), 3, FRAMES],
    ["bytes after the end", (file) => Buffer.concat([file, Buffer.from("more")]), 0, FRAMES],
  ])("answers with a status to %s", (_, change, status, leastFrames) => {
    const played = play(inSmall("t12play"), change(writeTokenFile(codes)));
    expect(played.status).toBe(status);
    expect(played.said === "").toBe(status === 0);
    expect(played.samples.length).toBeGreaterThanOrEqual(leastFrames * 1920 - 960);
  });

  it("answers changed blobs and streams with a status, never a fault", () => {
    const args = [join(place, "predicting/t12d.bin"), join(place, "golden.t12"), RUNS, "1"];
    const { status, stdout, stderr } = spawnSync(inSmall("fuzz"), args, { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`${RUNS} runs`);
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
