import { join } from "node:path";
import { throwIfAborted } from "../errors.ts";
import { type BlobContent, readBlob } from "../model/compact/blob.ts";
import { arenaArguments, encoderArenaArguments, weightBytesRead } from "../model/compact/blob-for-c.ts";
import { blobForC } from "../model/open-engine.ts";
import { WasmDecoderModel } from "../model/compact/wasm-codec.ts";
import { BLOB_BITS, BLOB_PARTS, type BlobBits, type BlobParts } from "../model/family.ts";
import { codecModule } from "./codec-module.ts";
import { makeFolder } from "./folders.ts";
import { folderFiles } from "./model-files.ts";
import { modelFolder } from "./model-folder.ts";
import { OutputFile } from "./output-file.ts";
import { assertKind, assertOneOf, assertOptions } from "../misuse.ts";

/** Frames of the self-test in the header. */
const GOLDEN_FRAMES = 3;
/** Spreads the codes of the self-test over the codebooks; a prime. */
const GOLDEN_STRIDE = 7919;
const NUMBERS_A_LINE = 12;

/** Options of {@link exportC}. */
export interface ExportCOptions {
  /** Cancels the work: it fails with CodecError `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Which half of the model, or both, which share the codebooks. Default `decoder`. */
  readonly parts?: BlobParts | undefined;
  /**
   * Bits of the weights of the large matrices at the frame rate: 4 halve what lies in flash and is
   * read, and cost a little of the sound. Default 8.
   */
  readonly bits?: BlobBits | undefined;
  /**
   * With what predicts lost frames, for `t12_set_predictor`; 0.4 MB for the shipped model. Default
   * false: they are held.
   */
  readonly predictor?: boolean | undefined;
}

/** What {@link exportC} has written. */
export interface ExportedC {
  /** Path of the blob, `t12d.bin`. */
  readonly blob: string;
  /** Path of the header, `t12d.h`. */
  readonly header: string;
  /** Bytes of the blob. */
  readonly blobBytes: number;
  /** Identity of the model, 32 hexadecimal digits. */
  readonly id: string;
  /** Bytes of each part of the blob. */
  readonly parts: Readonly<Record<string, number>>;
  /** Bytes of weights that one frame reads, when 1, 4 or 8 are decoded a call. */
  readonly weightBytesPerFrame: Readonly<Record<number, number>>;
}

/**
 * Writes a compact model's decoder for C, and its encoder where that is asked for: the blob that
 * `t12_model_open` and `t12_encoder_open` open in place, and a header with the bytes of the arenas
 * and a self-test.
 * @param model as `openCodec` takes it
 * @param folder made where it is not there
 * @throws CodecError as `openCodec`; `unsupported` for a model that has no decoder in C, `io`
 */
export async function exportC(model: string | undefined, folder: string, options: ExportCOptions = {}): Promise<ExportedC> {
  assertKind(folder, "folder", "string");
  assertOptions(options, { signal: "signal", parts: "string", bits: "number", predictor: "boolean" });
  const { signal, parts = "decoder", bits = 8, predictor = false } = options;
  assertOneOf(parts, BLOB_PARTS, "parts");
  assertOneOf(String(bits), BLOB_BITS.map(String), "bits");
  throwIfAborted(signal);
  const bytes = await blobForC(folderFiles(modelFolder(model)), parts, { bits, predictor });
  const content = readBlob(bytes);
  const header = headerText(content, parts === "encoder" ? "" : goldenText(content.shape, await goldenSamples(bytes, content, signal)));
  throwIfAborted(signal);
  await makeFolder(folder);
  const [blobPath, headerPath] = [join(folder, "t12d.bin"), join(folder, "t12d.h")];
  await writeWhole(blobPath, bytes);
  await writeWhole(headerPath, new TextEncoder().encode(header));
  return {
    blob: blobPath,
    header: headerPath,
    blobBytes: bytes.length,
    id: content.id,
    parts: partsOf(content),
    weightBytesPerFrame: Object.fromEntries([1, 4, 8].map((frames) => [frames, weightBytesRead(content.records, frames)])),
  };
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await OutputFile.create(path);
  try {
    await file.write(bytes);
    await file.commit();
  } finally {
    await file.discard();
  }
}

function goldenCodes({ layers, codebookSize }: BlobContent["shape"]): Int16Array {
  return Int16Array.from({ length: GOLDEN_FRAMES * layers }, (_, i) => (i * GOLDEN_STRIDE) % codebookSize);
}

/** What the self-test must sound like, as 16-bit samples: the blob's sound on a machine with a vector unit. */
async function goldenSamples(blob: Uint8Array, { shape }: BlobContent, signal: AbortSignal | undefined): Promise<Int16Array> {
  const decoder = (await WasmDecoderModel.open(await codecModule(), blob, shape.layers)).openDecoder();
  throwIfAborted(signal);
  const sound = [...(await decoder.push(goldenCodes(shape))), ...(await decoder.flush())];
  return Int16Array.from(sound, (x) => Math.max(-32768, Math.min(32767, Math.round(x * 32768))));
}

/** The parts of a decoder, and which records are theirs; what is left are tables. */
const PARTS: readonly (readonly [part: string, names: RegExp])[] = [
  ["predictor", /^conceal/],
  ["codebooks", /^codebooks/],
  ["network at the frame rate", /^(?:out|p1|pn|up)/],
  ["network at 100 Hz", /^(?:p2|hn|head|std|mean)/],
  ["order of phases", /^priority/],
  ["encoder", /^(?:ein|e1|down|e2|en|inp|triangle)/],
  ["tables", /^/],
];

/** Bytes of the parts of a decoder, by what they do. */
function partsOf({ records }: BlobContent): Record<string, number> {
  const bytes: Record<string, number> = Object.fromEntries(PARTS.map(([part]) => [part, 0]));
  for (const [name, { byteLength }] of records) bytes[PARTS.find(([, names]) => names.test(name))?.[0] ?? "tables"] += byteLength;
  return bytes;
}

function headerText({ id, shape }: BlobContent, golden: string): string {
  const bytes = Array.from({ length: id.length / 2 }, (_, i) => `0x${id.slice(2 * i, 2 * i + 2)}`);
  return `/* Generated by "twelvehz export-c" with t12d.bin, for model ${id}. */
#ifndef T12D_H
#define T12D_H
#include "twelvehz.h"

/* Bytes of an arena for up to \`batch\` frames a step: 1, 4 or 8. */
#define T12_ARENA_BYTES(batch) \\
  T12_ARENA_BYTES_OF(batch, ${unsigned(arenaArguments(shape))})
${shape.parts > 1 ? encoderArenaText(shape) : ""}#define T12D_LAYERS ${shape.layers}u
#define T12D_CODEBOOK_DIM ${shape.codebookDim}u
/* What t12_model_id gives. */
#define T12D_MODEL_ID {${bytes.join(", ")}}
${golden}#endif
`;
}

function goldenText(shape: BlobContent["shape"], samples: Int16Array): string {
  return `
/*
 * Self-test: decode these frames and flush; the samples differ from these by less than -35 dB.
 * They are in the program only where T12D_GOLDEN is defined.
 */
#ifdef T12D_GOLDEN
#define T12D_GOLDEN_FRAMES ${GOLDEN_FRAMES}u
#define T12D_GOLDEN_SAMPLES ${samples.length}u
static const uint16_t t12d_golden_codes[T12D_GOLDEN_FRAMES * T12D_LAYERS] = {
${listed(goldenCodes(shape))}};
static const int16_t t12d_golden_samples[T12D_GOLDEN_SAMPLES] = {
${listed(samples)}};
#endif
`;
}

function encoderArenaText(shape: BlobContent["shape"]): string {
  return `/* Bytes of an encoder's arena; include twelvehz_encoder.h first. */
#define T12_ENCODER_ARENA_BYTES(batch) \\
  T12_ENCODER_ARENA_BYTES_OF(batch, ${unsigned(encoderArenaArguments(shape))})
`;
}

/** Numbers as arguments in C. */
function unsigned(numbers: readonly number[]): string {
  return numbers.map((n) => `${n}u`).join(", ");
}

/** Numbers as lines of a table in C. */
function listed(numbers: Int16Array): string {
  const lines: string[] = [];
  for (let at = 0; at < numbers.length; at += NUMBERS_A_LINE) lines.push(`  ${numbers.subarray(at, at + NUMBERS_A_LINE).join(", ")},\n`);
  return lines.join("");
}
