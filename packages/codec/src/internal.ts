/**
 * What the codec is made of: engines, ports, weights, families. For those who run a model in a
 * place of their own, or add a family; it changes without notice. Runs in a page.
 */
export { type Clock, SYSTEM_CLOCK, type Timers } from "./clock.ts";
export { roundToHalves } from "./bytes/float16.ts";
export { joinFloats } from "./bytes/join.ts";
export type { Graph, StateSpec } from "./graph/builder.ts";
export { type BlobContent, type BlobShape, readBlob, writeBlob } from "./model/compact/blob.ts";
export { WasmDecoderModel, WasmEncoderModel } from "./model/compact/wasm-codec.ts";
export { assertAudio, assertKind, assertNumber, assertOptions } from "./misuse.ts";
export type { BlobBits, BlobChoices, BlobParts, IdentifiedModel, ModelFamily, OpenedModel } from "./model/family.ts";
export { type ModelFolder, modelFiles } from "./model/model-folder.ts";
export { blobForC, halvedTensors, hasKernels, type ModelFiles, openEngine } from "./model/open-engine.ts";
export { RangeFile } from "./model/range-file.ts";
export { MODEL_FAMILIES } from "./model/registry.ts";
export { openSafetensors, type TensorEntry } from "./model/safetensors.ts";
export { memoryFile, type ModelWeights, type Numbers, SafetensorsWeights, type WeightFile } from "./model/weights.ts";
export type { CodecModule } from "./runtime/codec-module.ts";
export type { Engine, FrameDecoder, FrameEncoder, SavedState } from "./runtime/engine.ts";
export { EnginePool, type PoolOptions, type StartedEngine } from "./runtime/engine-pool.ts";
export { ortBackend, type OrtModule, type OrtOptions } from "./runtime/ort.ts";
export { type Greeting, type Port, RemoteEngine, serveEngine } from "./runtime/remote-engine.ts";
export { wasmBackend, type WasmBackendOptions } from "./runtime/wasm-backend.ts";
export type { Backend, LoadOptions, Session, Tensor, TensorMap } from "./runtime/session.ts";
