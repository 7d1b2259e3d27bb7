/** Speech to codes and back over HTTP, and the page. */
export { type Clock, SYSTEM_CLOCK } from "@twelvehz/codec/internal";
export { createServer, type Server, type ServerOptions } from "./create-server.ts";
export { DEFAULT_LIMITS, type RoomLimits, type ServerLimits, type StreamLimits } from "./limits.ts";
export { ModelShelf, type OpenModel } from "./model-shelf.ts";
export type { ErrorReply, JobReply, ListedModel, ModelsReply, ReadyReply, ServerErrorCode } from "./protocol.ts";
export type { DecodeQuery, EncodeQuery } from "./query.ts";
export {
  type AckMessage,
  type ClientMessage,
  type DoneMessage,
  type ErrorMessage,
  type PcmForm,
  type ReadyMessage,
  type ResumeRequest,
  type ServerMessage,
  type SetLayersMessage,
  type StartMessage,
  type StreamKind,
  SUBPROTOCOL,
} from "@twelvehz/client";
export { LOOPBACK_NAMES } from "./access/same-origin.ts";
export { newKey } from "./access/key-ring.ts";
export type { TraceApi } from "./observe/traces.ts";
export { jsonLog } from "./observe/json-log.ts";
