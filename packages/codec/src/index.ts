/**
 * The codec, without any platform: sound, codes, streams and files in memory. Runs in a page.
 * In Node, take `openCodec`, `readAudio` and `writeAudio` from `@twelvehz/codec/node`, which gives all of this as well.
 */
export { Audio } from "./audio.ts";
export type { AudioInfo } from "./audio/decoded-sound.ts";
export { type AudioStream, type AudioStreamOptions, openAudioStream, type SoundFinding } from "./audio/audio-stream.ts";
export { collectAudio, monoStream, type MonoStreamOptions } from "./audio/mono-stream.ts";
export { resample, Resampler } from "./audio/resample.ts";
export { type EncodedWav, encodeWav, WavEncoder, type WavEncoderOptions } from "./audio/wav-writer.ts";
export { attentionFor, Codec, type DecodeOptions, type EncodeOptions, type Progress, type WorkOptions } from "./codec.ts";
export { Codes, type CodesOptions, concatCodes } from "./codes.ts";
export {
  type Attention,
  bitsPerCode,
  bitsPerSecond,
  type CodesClock,
  type CodesSpec,
  DEFAULT_SPEC,
  framesPerSecond,
  type ModelIdentity,
  type Rational,
  samplesOf,
  specOf,
} from "./codes-spec.ts";
export type { DecoderOptions, EncoderOptions, Engine, FamilyTraits, FrameDecoder, FrameEncoder, ModelInfo } from "./engine.ts";
export { CodecError, type CodecErrorCode, ERROR_TABLE, type ErrorMapping, messageOf, throwIfAborted } from "./errors.ts";
export { orAborted } from "./or-aborted.ts";
export { layerGains, type LayerSelection } from "./layer-selection.ts";
export { RangeFile } from "./model/range-file.ts";
export { type Fetch, urlSource } from "./url-source.ts";
export { memoryFile, type ModelWeights, type Numbers, SafetensorsWeights, type WeightFile } from "./model/weights.ts";
export type { IdentifiedModel, ModelFamily, OpenedModel } from "./model/family.ts";
export { type BlobContent, type BlobShape, readBlob, writeBlob } from "./model/compact/blob.ts";
export { arenaArguments, weightBytesRead } from "./model/compact/decoder-blob.ts";
export { decoderBlob, type ModelFiles, openEngine } from "./model/open-engine.ts";
export { MODEL_FAMILIES } from "./model/registry.ts";
export { ortBackend, type OrtModule, type OrtOptions } from "./runtime/ort.ts";
export type { DecoderModule } from "./runtime/decoder-module.ts";
export { wasmBackend, type WasmBackendOptions } from "./runtime/wasm-backend.ts";
export { type Greeting, type Port, RemoteEngine, serveEngine } from "./runtime/remote-engine.ts";
export { type BackendName, BACKENDS } from "./runtime/backend-name.ts";
export type { Backend, LoadOptions, Session, Tensor, TensorMap } from "./runtime/session.ts";
export type { Graph, StateSpec } from "./graph/builder.ts";
export { DecodeStream, EncodeStream } from "./streams.ts";
export { packCodes, packedBytes, unpackCodes } from "./tokenfile/bit-packing.ts";
export { crc32c } from "./crc32c.ts";
export { arrivingCodes } from "./tokenfile/arriving-codes.ts";
export { assertSameModel } from "./same-model.ts";
export {
  CODES_FORMATS,
  type CodesFormat,
  codesFormatOf,
  parseCodes,
  type ParseCodesOptions,
  type ParsedCodes,
  serializeCodes,
} from "./tokenfile/codes-format.ts";
export { readTokenFile, type TokenFile, tokenFileBlocks, writeTokenFile } from "./tokenfile/token-file.ts";
export type { TokenFileHeader, TokenFileOptions } from "./tokenfile/token-file-header.ts";
export type { TokenFileDamage, TokenFileEvent } from "./tokenfile/token-file-parser.ts";
export { TokenFileReader } from "./tokenfile/token-file-reader.ts";
export { TokenFileWriter } from "./tokenfile/token-file-writer.ts";
export { type ByteSource, bytesSource, blobSource } from "./byte-source.ts";
