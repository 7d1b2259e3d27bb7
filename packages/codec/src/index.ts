/**
 * The codec, without any platform: sound, codes, streams and files in memory. Runs in a page. In
 * Node, take `openCodec`, `readAudio` and `writeAudio` from `@twelvehz/codec/node`, which gives all
 * of this as well.
 */
export { Audio } from "./audio.ts";
export type { AudioInfo } from "./audio/decoded-sound.ts";
export { type AudioStream, type AudioStreamOptions, openAudioStream, type SoundFinding } from "./audio/audio-stream.ts";
export { collectAudio, monoStream, type MonoStreamOptions } from "./audio/mono-stream.ts";
export { resample, Resampler } from "./audio/resample.ts";
export { type EncodedWav, encodeWav, WavEncoder, type WavEncoderOptions } from "./audio/wav-writer.ts";
export { attentionFor, Codec, type DecodeOptions, type EncodeOptions, type Progress, type WorkOptions } from "./codec.ts";
export { type EncodedSound, encodeSound, type EncodeSoundOptions } from "./encode-sound.ts";
export { Codes, type CodesOptions, concatCodes } from "./codes/codes.ts";
export type { ModelIdentity } from "./codes/model-info.ts";
export {
  type Attention,
  bitsPerCode,
  bitsPerSecond,
  type CodesClock,
  type CodesSpec,
  DEFAULT_SPEC,
  framesPerSecond,
  type Rational,
  samplesOf,
  specOf,
} from "./codes/codes-spec.ts";
export type { FamilyTraits, ModelInfo } from "./codes/model-info.ts";
export { type BackendName, BACKENDS } from "./runtime/backend-name.ts";
export { DECODER_WEIGHTS, type DecoderWeights, type DeviceName, type DeviceOptions, DEVICES } from "./runtime/device-name.ts";
export type { DecoderOptions, EncoderOptions } from "./runtime/engine.ts";
export { CodecError, type CodecErrorCode, ERROR_TABLE, type ErrorMapping, messageOf, throwIfAborted } from "./errors.ts";
export { joinBytes } from "./bytes/join.ts";
export { orAborted } from "./bytes/or-aborted.ts";
export { layerGains, type LayerSelection } from "./codes/layer-selection.ts";
export { type RangeFetch, urlSource } from "./bytes/url-source.ts";
export { DecodeStream, EncodeStream } from "./streams.ts";
export { packCodes, packedBytes, unpackCodes } from "./codes/bit-packing.ts";
export { crc32c } from "./bytes/crc32c.ts";
export { arrivingCodes } from "./tokenfile/arriving-codes.ts";
export { type AssumedModel, assumedModel } from "./codes/assumed-model.ts";
export { codeUseFit, seemsOfAnotherModel } from "./codes/code-use.ts";
export { assertSameModel } from "./codes/same-model.ts";
export {
  CODES_FORMATS,
  type CodesFormat,
  codesFormatOf,
  looksLikeCodes,
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
export { type ByteSource, bytesSource, blobSource } from "./bytes/byte-source.ts";
