/** The codec in Node: models in worker threads, sound and codes in files. */
export * from "../index.ts";
export {
  CodesFileWriter,
  type CodesFileOptions,
  readCodes,
  type ReadCodesFileOptions,
  writeCodes,
  type WriteCodesOptions,
} from "./codes-file.ts";
export { BLOB_BITS, BLOB_PARTS, type BlobBits, type BlobParts } from "../model/family.ts";
export { exportC, type ExportCOptions, type ExportedC } from "./export-c.ts";
export { endWhenAsked, endWorker } from "./end-worker.ts";
export { fileError } from "./file-errors.ts";
export { byteStream } from "./files.ts";
export { assertLocalPath, makeFolder, removeEmptyFolders } from "./folders.ts";
export { Replay } from "./replay.ts";
export { findCachedModel, listCachedModels, type CachedModel, type NamedCachedModel } from "./hub/cache.ts";
export type { ContentDigest } from "./hub/digest.ts";
export { type Environment, hubCacheFolder } from "./hub/environment.ts";
export { HUBS, type HubName } from "./hub/hub.ts";
export type { HubFetch } from "./hub/hub-client.ts";
export { type HubId, parseHubId, PUBLISHED_MODEL } from "./hub/hub-id.ts";
export { isUsableModel, modelBytes } from "./hub/needed-files.ts";
export { type PulledModel, pullModel, type PullOptions, type PullProgress } from "./hub/pull.ts";
export { type RemovedModel, removeModel, type RemoveOptions } from "./hub/remove.ts";
export { type VerifiedFile, type VerifiedModel, verifyModel, type VerifyOptions } from "./hub/verify.ts";
export { folderFiles } from "./model-files.ts";
export {
  chooseModel,
  type ChosenModel,
  COMPACT,
  MODEL_VARIABLE,
  type ModelChoice,
  modelFolder,
  type ResolvedModel,
  resolveModel,
} from "./model-folder.ts";
export { openCodec, type OpenCodecOptions } from "./open-codec.ts";
export { type CodecPoolOptions, openCodecPool } from "./open-codec-pool.ts";
export { quietOrt } from "./quiet-ort.ts";
export { discardOpenOutputs, OutputFile, type OutputFileOptions } from "./output-file.ts";
export {
  openAudioFile,
  type OpenAudioOptions,
  readAudio,
  type ReadAudioOptions,
  writeAudio,
  type WriteAudioOptions,
} from "./read-audio.ts";
export { readSettings, type Settings, SETTINGS_VARIABLE, settingsPath, writeSettings } from "./settings.ts";
export { isStandardStream } from "./standard-streams.ts";
export { decodeToFile, type DecodeToFileOptions, encodeFile, type EncodeFileOptions } from "./transcode.ts";
export { type WavFileOptions, WavFileWriter, type WrittenAudio } from "./wav-file-writer.ts";
