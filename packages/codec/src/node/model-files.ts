import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CodecError, messageOf } from "../errors.ts";
import type { ModelFiles } from "../model/open-engine.ts";
import { readSafetensorsIndex, tensorOf } from "../model/safetensors.ts";
import { SafetensorsWeights, type WeightFile } from "../model/weights.ts";
import { assertKind } from "../misuse.ts";
import { reachableMemory } from "./reachable-memory.ts";

const WEIGHTS = "model.safetensors";
const WEIGHTS_INDEX = "model.safetensors.index.json";

/** Memory that one half of a model needs at least, as a share of the bytes of its weights (the published decoder, the larger half: 1.0, measured 1.1). */
const MEMORY_SHARE = 1;

/**
 * The files of a model in a folder. Weights are mapped by the backend, not read: opening half a model costs half of its memory.
 * @param availableBytes memory that this process may still take
 */
export function folderFiles(folder: string, availableBytes: number = reachableMemory()): ModelFiles {
  assertKind(folder, "folder", "string");
  return {
    place: folder,
    config: () => guarded(folder, "config.json", () => readFile(join(folder, "config.json"))),
    async weights() {
      const names = await guarded(folder, WEIGHTS, () => weightFileNames(folder));
      const paths = await guarded(folder, names[0], () => names.map((name) => realpathSync(join(folder, name)))); // the backend refuses links that leave the folder
      checkMemory(folder, paths, availableBytes);
      const places = new Set(paths.map((path) => dirname(path)));
      if (places.size > 1)
        throw new CodecError(
          "bad-model",
          `Cannot open the model in "${folder}": its weights lie in ${places.size} folders; put the files into one`,
        );
      return new SafetensorsWeights(await guarded(folder, names[0], () => paths.map(mappedFile)), [...places][0]);
    },
  };
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

/** `model.safetensors`, or what `model.safetensors.index.json` lists. */
function weightFileNames(folder: string): string[] {
  const single = statSync(join(folder, WEIGHTS), { throwIfNoEntry: false });
  const index = statSync(join(folder, WEIGHTS_INDEX), { throwIfNoEntry: false });
  if (single || !index) return [WEIGHTS];
  const { weight_map: map } = JSON.parse(readFileSync(join(folder, WEIGHTS_INDEX), "utf8")) as { weight_map?: Record<string, unknown> };
  const names = [...new Set(Object.values(map ?? {}))].map(String);
  const bad = names.find((name) => !/^[\w.-]+\.safetensors$/.test(name));
  if (names.length === 0 || bad !== undefined)
    throw new Error(`${WEIGHTS_INDEX} names ${bad === undefined ? "no files" : JSON.stringify(bad)}`);
  return names;
}

/** A safetensors file on a disk: only its header is read now. */
function mappedFile(path: string): WeightFile {
  const fileBytes = statSync(path).size;
  const index = readSafetensorsIndex(readHeader(path, fileBytes), fileBytes);
  return {
    index,
    read: (name) => tensorOf(index, name, ({ begin, end }) => readRange(path, begin, end)),
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
  const file = openSync(path, "r");
  try {
    for (let done = 0; done < bytes.length; ) {
      const count = readSync(file, bytes, done, bytes.length - done, begin + done);
      if (count === 0) throw new Error(`it ends at byte ${begin + done}`);
      done += count;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}

async function guarded<T>(folder: string, file: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const what = missing ? `"${file}" is not there` : `"${file}" cannot be used: ${messageOf(error)}`;
    throw new CodecError("bad-model", `Cannot open the model in "${folder}": ${what}; give a folder with config.json and ${WEIGHTS}`, {
      cause: error,
    });
  }
}
