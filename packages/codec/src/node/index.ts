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
export { byteStream } from "./files.ts";
export { folderFiles } from "./model-files.ts";
export { COMPACT, MODEL_VARIABLE, modelFolder } from "./model-folder.ts";
export { openCodec, type OpenCodecOptions } from "./open-codec.ts";
export { discardOpenOutputs, OutputFile, type OutputFileOptions } from "./output-file.ts";
export {
  openAudioFile,
  type OpenAudioOptions,
  readAudio,
  type ReadAudioOptions,
  writeAudio,
  type WriteAudioOptions,
} from "./read-audio.ts";
export { decodeToFile, type DecodeToFileOptions, type EncodedFile, encodeFile, type EncodeFileOptions } from "./transcode.ts";
export { type WavFileOptions, WavFileWriter, type WrittenAudio } from "./wav-file-writer.ts";
