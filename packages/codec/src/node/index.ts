/** The codec in Node: models in worker threads, sound and codes in files. */
export * from "../index.ts";
export { COMPACT, MODEL_VARIABLE, folderFiles, modelFolder } from "./model-folder.ts";
export { openCodec, type OpenCodecOptions } from "./open-codec.ts";
