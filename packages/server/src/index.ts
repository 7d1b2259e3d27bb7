/** Speech to codes and back over HTTP, and the page. */
export { createServer, type Server, type ServerOptions } from "./create-server.ts";
export { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts";
export { ModelShelf, type OpenModel } from "./model-shelf.ts";
export type { ErrorReply, JobReply, ListedModel, ModelsReply, ReadyReply, ServerErrorCode } from "./protocol.ts";
export type { DecodeQuery, EncodeQuery } from "./query.ts";
export { LOOPBACK_NAMES } from "./same-origin.ts";
