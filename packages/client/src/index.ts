/**
 * The codec of a twelvehz server, with the methods of a codec at hand. Runs in a page and in Node.
 */
export { connectCodec, type ConnectOptions } from "./connect-codec.ts";
export type { KeySource } from "./connection.ts";
export { ServiceError } from "./service-error.ts";
export type { WebSocketClass, WebSocketLike } from "./web-socket.ts";
export {
  type AckMessage,
  type ClientMessage,
  type DoneMessage,
  type ErrorMessage,
  type PcmForm,
  type ReadyMessage,
  type ResumeRequest,
  type ServerErrorCode,
  type ServerMessage,
  type SetLayersMessage,
  type StartMessage,
  type StreamKind,
  SUBPROTOCOL,
} from "./wire.ts";
