/**
 * The codec, without any platform: sound, codes, streams and files in memory. Runs in a page.
 * In Node, take `openCodec`, `readAudio` and `writeAudio` from `@twelvehz/codec/node`, which gives all of this as well.
 */
export { Audio } from "./audio.ts";
export { Codec, type DecodeOptions, type EncodeOptions, type Progress, type WorkOptions } from "./codec.ts";
export { Codes, type CodesOptions, concatCodes, type ModelIdentity } from "./codes.ts";
export type { Engine, FrameDecoder, FrameEncoder, ModelInfo } from "./engine.ts";
export { CodecError, type CodecErrorCode, ERROR_TABLE, type ErrorMapping, messageOf, throwIfAborted } from "./errors.ts";
export { layerGains, type LayerSelection } from "./layer-selection.ts";
export { type ModelFiles, openEngine } from "./model/open-engine.ts";
export { ortBackend, type OrtModule, type OrtOptions } from "./runtime/ort.ts";
export { type Greeting, type Port, RemoteEngine, serveEngine } from "./runtime/remote-engine.ts";
export type { Backend, Session, Tensor, TensorMap } from "./runtime/session.ts";
export type { Graph, StateSpec } from "./graph/builder.ts";
export { assertModel, DecodeStream, EncodeStream } from "./streams.ts";
