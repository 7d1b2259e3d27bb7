/** The codec in a page: models in a Web Worker, weights fetched once and kept. */
export * from "../index.ts";
export type { FetchedWeights, LoadProgress, OrtWasmUrls } from "./engine-start.ts";
export { findGraphics, type FoundGraphics, type GraphicsLack } from "./find-graphics.ts";
export { MODEL_CACHE, openCodec, type OpenCodecOptions } from "./open-codec.ts";
export { readAudio, type ReadAudioOptions } from "./read-audio.ts";
