/** The shipped model, opened in each of the ways in which the library can run it. */
import { Codec, folderFiles, openCodec, openCodecPool } from "@twelvehz/codec/node";
import { openEngine, ortBackend } from "@twelvehz/codec/internal";
import * as ort from "onnxruntime-node";
import { MODEL_FOLDER } from "./golden.ts";

/** In this thread, on ONNX Runtime. */
export async function openHere(folder: string = MODEL_FOLDER): Promise<Codec> {
  return new Codec(await openEngine(folderFiles(folder), ortBackend(ort, { name: "onnxruntime-node" })));
}

/** Every way to open a codec, with its name for tests. */
export const WAYS: readonly (readonly [name: string, open: (folder?: string) => Promise<Codec>])[] = [
  ["in this thread", openHere],
  ["in a worker", (folder) => openCodec(folder)],
  ["in a worker, on ONNX Runtime", (folder) => openCodec(folder, { backend: "onnx" })],
  ["in two processes", (folder) => openCodecPool(folder, { engines: 2, threads: 1 })],
];
