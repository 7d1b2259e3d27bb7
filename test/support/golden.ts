/**
 * What PyTorch made of one clip with the shipped weights:
 * `packages/compact-model/golden.safetensors`, and the network of that folder.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Audio } from "@twelvehz/codec/node";
import { readSafetensorsIndex, type TensorArray, tensorData } from "../../packages/codec/dist/model/safetensors.js";

/** The folder of the shipped model. */
export const MODEL_FOLDER: string = fileURLToPath(new URL("../../packages/compact-model/", import.meta.url));

const bytes = readFileSync(`${MODEL_FOLDER}golden.safetensors`);
const index = readSafetensorsIndex(bytes);

/** A tensor of the golden file. */
export function golden(name: string): TensorArray {
  return tensorData(bytes, index, name);
}

/** The clip of the golden file: 2.4 s of English speech at 24 kHz. */
export function goldenClip(): Audio {
  return new Audio(
    Float32Array.from(golden("pcm") as Int16Array, (x) => x / 32768),
    24_000,
  );
}

/** The codes of the clip, `[30, 16]`. */
export function goldenCodes(): Int16Array {
  return (golden("codes") as Int16Array).slice();
}

/** Whole numbers that decide the order of phases, `[8 T, bands]`. */
export function goldenPriority(name: string): Int32Array {
  return Int32Array.from(golden(name) as Int16Array);
}
