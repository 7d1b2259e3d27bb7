import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CodecError } from "../errors.ts";
import { modelFiles } from "../model/model-folder.ts";
import type { ModelFiles } from "../model/open-engine.ts";
import { readSafetensorsIndex, tensorOf } from "../model/safetensors.ts";
import { SafetensorsWeights, type WeightFile } from "../model/weights.ts";
import { assertKind } from "../misuse.ts";
import { reachableMemory } from "./reachable-memory.ts";

/**
 * Memory that one half of a model needs at least, as a share of the bytes of its weights (the
 * published decoder, the larger half: 1.0, measured 1.1).
 */
const MEMORY_SHARE = 1;

/**
 * The files of a model in a folder. Weights are mapped by the backend, not read: opening half a
 * model costs half of its memory.
 * @param availableBytes memory that this process may still take
 */
export function folderFiles(folder: string, availableBytes: number = reachableMemory()): ModelFiles {
  assertKind(folder, "folder", "string");
  const files = modelFiles({
    where: folder,
    has: async (name) => existsSync(join(folder, name)),
    read: (name) => readIfThere(join(folder, name)),
    async openWeights(names) {
      const paths = names.map((name) => realpathSync(join(folder, name))); // the backend refuses links that leave the folder
      checkMemory(folder, paths, availableBytes);
      const places = [...new Set(paths.map((path) => dirname(path)))];
      if (places.length > 1) throw new CodecError("bad-model", `the files lie in ${places.length} folders; put them into one`);
      return new SafetensorsWeights(paths.map(mappedFile), places[0]);
    },
  });
  return { ...files, sha256: (bytes) => createHash("sha256").update(bytes).digest() };
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function checkMemory(folder: string, paths: readonly string[], availableBytes: number): void {
  const wanted = MEMORY_SHARE * paths.reduce((sum, path) => sum + statSync(path).size, 0);
  if (wanted <= availableBytes) return;
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  throw new CodecError(
    "runtime",
    `Cannot open the model in "${folder}": it needs about ${megabytes(wanted)} of memory, ${megabytes(availableBytes)} are free; close other programs, or use the model "compact"`,
  );
}

/** A safetensors file on a disk: only its header is read now. */
function mappedFile(path: string): WeightFile {
  const fileBytes = statSync(path).size;
  const index = readSafetensorsIndex(readHeader(path, fileBytes), fileBytes);
  return {
    index,
    read: (name) => tensorOf(index, name, ({ begin, end }) => readRange(path, begin, end)),
    readInto: ({ begin }, into) => fill(path, begin, into),
    locate: ({ begin, end }) => ({ location: basename(path), offset: begin, length: end - begin }),
  };
}

function readHeader(path: string, fileBytes: number): Uint8Array {
  const start = readRange(path, 0, Math.min(8, fileBytes));
  if (start.length < 8) return start;
  const headerBytes = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  return readRange(path, 0, Math.min(fileBytes, 8 + headerBytes, 8 + 2 ** 27));
}

function readRange(path: string, begin: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - begin);
  fill(path, begin, bytes);
  return bytes;
}

function fill(path: string, begin: number, into: Uint8Array): void {
  const file = openSync(path, "r");
  try {
    for (let done = 0; done < into.length; ) {
      const count = readSync(file, into, done, into.length - done, begin + done);
      if (count === 0) throw new Error(`it ends at byte ${begin + done}`);
      done += count;
    }
  } finally {
    closeSync(file);
  }
}
