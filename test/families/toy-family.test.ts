/**
 * A new family needs a folder of its own and one line: proven by a toy that shares neither clock
 * nor shape with the others.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Audio,
  Codec,
  type Codes,
  decodeToFile,
  encodeFile,
  encodeWav,
  folderFiles,
  parseCodes,
  readAudio,
  readTokenFile,
  serializeCodes,
  writeTokenFile,
} from "@twelvehz/codec/node";
import { MODEL_FAMILIES, openEngine, ortBackend } from "@twelvehz/codec/internal";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSafetensors } from "../support/write-safetensors.mjs";
import { root } from "../root.ts";
import { serve } from "../server/serving.ts";
import { toyFamily } from "./toy-family.mjs";

const place = mkdtempSync(join(tmpdir(), "twelvehz-toy-"));
const folder = join(place, "model");
/** 100 ms more than 20 frames; steps that are exact in codes and in 16-bit sound. */
const clip = new Audio(
  Float32Array.from({ length: 20 * 640 + 1600 }, (_, i) => ((Math.floor(i / 160) % 100) - 50) / 128),
  16_000,
);
const CLOCK = { layers: 4, codebookSize: 256, sampleRate: 16_000, frameRate: { numerator: 25, denominator: 1 } };

beforeAll(() => {
  mkdirSync(folder);
  writeFileSync(join(folder, "config.json"), JSON.stringify({ model_type: "toy_tokenizer_25hz", name: "toy-1" }));
  writeFileSync(join(folder, "model.safetensors"), writeSafetensors({ entries: { dtype: "U8", shape: [2], data: Uint8Array.of(1, 2) } }));
  writeFileSync(join(place, "clip.wav"), encodeWav(clip).bytes);
});
afterAll(() => rmSync(place, { recursive: true }));

async function openToy(): Promise<Codec> {
  return new Codec(await openEngine(folderFiles(folder), ortBackend(ort, { name: "none" }), [...MODEL_FAMILIES, toyFamily]));
}

describe("a third family", () => {
  let codec: Codec;
  let codes: Codes;
  beforeAll(async () => {
    codec = await openToy();
    codes = await codec.encode(clip);
  });
  afterAll(() => codec.close());

  it("gives codes that know their clock and model, and the sound back", async () => {
    expect(codes).toMatchObject({ frames: 23, sampleCount: clip.samples.length, ...CLOCK, model: { name: "toy-1" } });
    expect(await codec.decode(codes)).toEqual(clip);
  });

  it("streams both ways, in pieces of any size", async () => {
    const encoder = codec.openEncodeStream();
    const pieces = [
      await encoder.push(clip.samples.subarray(0, 777)),
      await encoder.push(clip.samples.subarray(777)),
      await encoder.flush(),
    ];
    expect(pieces.flatMap(({ data }) => [...data])).toEqual([...codes.data]);
    for (const piece of pieces) expect(piece.spec).toEqual(codes.spec);
    const decoder = codec.openDecodeStream({ layers: 2 });
    const sound = await decoder.push(codes.frame(1));
    expect([sound.length, sound[0], Math.abs(sound[639])]).toEqual([640, clip.samples[640], 0]);
  });

  it("is kept whole by token files and JSON, sample count and all", () => {
    const file = readTokenFile(writeTokenFile(codes));
    expect(file.codes).toEqual(codes);
    expect(file.header).toMatchObject(CLOCK);
    expect(parseCodes(serializeCodes(codes, "json")).codes).toEqual(codes);
  });

  it("goes through files", async () => {
    const encoded = await encodeFile(codec, join(place, "clip.wav"));
    expect(encoded.codes).toEqual(codes);
    await decodeToFile(codec, encoded.codes, join(place, "here.wav"), { float: true });
    expect(await readAudio(join(place, "here.wav"), { sampleRate: 16_000 })).toEqual(clip);
  });

  it("is refused by the codecs of other models by its name", async () => {
    const other = new Codec(await openEngine(folderFiles(join(root, "packages/compact-model")), ortBackend(ort, { name: "here" })));
    await expect(other.decode(codes)).rejects.toMatchObject({ code: "model-mismatch" });
    await other.close();
  });

  it("is served over HTTP", async () => {
    const { app, url } = await serve({ model: folder, openModel: openToy });
    const sound = { method: "POST", body: new Uint8Array(readFileSync(join(place, "clip.wav"))) };
    const encoded = await fetch(`${url}/v1/encode`, sound);
    const bytes = new Uint8Array(await encoded.arrayBuffer());
    expect(readTokenFile(bytes).codes).toEqual(codes);
    const decoded = await fetch(`${url}/v1/decode`, { method: "POST", body: bytes });
    expect(decoded.status).toBe(200);
    expect((await decoded.arrayBuffer()).byteLength).toBe(44 + 2 * clip.samples.length);
    await app.close();
  });
});

/**
 * The built packages in another place, with the toy's file and its line; everything else is linked.
 */
function installed(): string {
  const modules = join(place, "node_modules");
  mkdirSync(join(modules, "@twelvehz"), { recursive: true });
  const ours = new Set(["@twelvehz", "twelvehz"]);
  for (const name of readdirSync(join(root, "node_modules")))
    if (!ours.has(name) && !name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(modules, name));
  for (const folder of readdirSync(join(root, "packages")).map((name) => join(root, "packages", name))) {
    const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name: string };
    if (!existsSync(join(folder, "dist"))) symlinkSync(folder, join(modules, name));
    else for (const part of ["dist", "package.json"]) cpSync(join(folder, part), join(modules, name, part), { recursive: true });
  }
  for (const name of nestedModules())
    symlinkSync(join(root, "packages/cli/node_modules", name), join(modules, "twelvehz/node_modules", name));
  const model = join(modules, "@twelvehz/codec/dist/model");
  cpSync(join(import.meta.dirname, "toy-family.mjs"), join(model, "toy/family.mjs"));
  const registry = join(model, "registry.js");
  writeFileSync(
    registry,
    readFileSync(registry, "utf8")
      .replace("publishedFamily,", "publishedFamily, toyFamily,")
      .replace(/^/, 'import { toyFamily } from "./toy/family.mjs";\n'),
  );
  return join(modules, "twelvehz/dist/main.js");
}

/** What npm did not hoist for the command. */
function nestedModules(): string[] {
  try {
    const names = readdirSync(join(root, "packages/cli/node_modules")).filter((name) => !name.startsWith("."));
    mkdirSync(join(place, "node_modules/twelvehz/node_modules"), { recursive: true });
    return names;
  } catch {
    return [];
  }
}

describe("a third family that is registered by one line", () => {
  it("goes through the command", async () => {
    const main = installed();
    const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
      spawnSync(process.execPath, [main, ...args], { encoding: "utf8", cwd: place });
    const encoded = run("encode", "clip.wav", "-o", "clip.t12", "--model", folder, "--json");
    expect(encoded.stderr).not.toMatch(/Error/);
    expect(JSON.parse(encoded.stdout)).toMatchObject({ frames: 23, layers: 4, model: { name: "toy-1", family: "toy" } });
    expect(run("info", "clip.t12").stdout).toMatch(/0\.92 s at 25 frames\/s/);
    expect(run("decode", "clip.t12", "-o", "back.wav", "--model", folder).status).toBe(0);
    expect(await readAudio(join(place, "back.wav"), { sampleRate: 16_000 })).toEqual(clip);
  });
});
