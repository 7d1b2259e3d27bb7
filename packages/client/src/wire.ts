/**
 * Messages of the streams over WebSocket, as docs/protocol.md has them. Types and one name: a page
 * may import them.
 */
import type { Attention, CodecErrorCode, LayerSelection, ModelIdentity } from "@twelvehz/codec";

/** Why a request failed: a reason of the codec, or one of the server's own. */
export type ServerErrorCode =
  | CodecErrorCode
  | "loading"
  | "busy"
  | "timeout"
  | "draining"
  | "slow"
  | "idle"
  | "too-many"
  | "unauthorized"
  | "policy"
  | "no-session"
  | "full";

/** What a client asks for in Sec-WebSocket-Protocol. */
export const SUBPROTOCOL = "twelvehz.v1";

/** What a stream does. */
export type StreamKind = "encode" | "decode";

/**
 * Form of sound in binary messages: 16-bit integers, or 32-bit floats in [-1, 1]; little-endian,
 * mono, at the model's rate.
 */
export type PcmForm = "s16" | "f32";

/** Where a stream goes on that lost its connection. */
export interface ResumeRequest {
  readonly session: string;
  readonly token: string;
  /** Binary and `done` messages of this session that the client has received. */
  readonly received: number;
}

/** First message of a client. */
export interface StartMessage extends LayerSelection {
  readonly type: "start";
  /** Default: the default model. */
  readonly model?: string;
  /** Default `s16`. */
  readonly pcm?: PcmForm;
  /** Encode: what the encoder's attention sees. Default `windowed`. */
  readonly attention?: Attention;
  /** Decode: layers of the frames that will be sent. Default: all of the model. */
  readonly codeLayers?: number;
  readonly resume?: ResumeRequest;
}

/** Other layers from the next frame on. */
export interface SetLayersMessage extends LayerSelection {
  readonly type: "setLayers";
}

/** What a client says in text messages. */
export type ClientMessage =
  | StartMessage
  | SetLayersMessage
  | { readonly type: "conceal"; readonly frames?: number }
  | { readonly type: "flush" }
  | { readonly type: "finish" }
  | { readonly type: "keepalive" };

/** Answer to `start`. */
export interface ReadyMessage {
  readonly type: "ready";
  /** With {@link token}, what `resume` takes. */
  readonly session: string;
  readonly token: string;
  /** Messages of the client, binary and those that are worked on in order, that the session has. */
  readonly received: number;
  readonly model: ModelIdentity;
  readonly sampleRate: number;
  readonly samplesPerFrame: number;
  /** Layers in the binary messages of codes. */
  readonly layers: number;
  readonly codebookSize: number;
  readonly pcm: PcmForm;
  /** Sound that may be sent beyond what was acknowledged, seconds. */
  readonly windowSeconds: number;
  readonly maxMessageBytes: number;
  readonly maxSeconds: number;
  /** Silence of the client after which the stream is closed, seconds. */
  readonly idleSeconds: number;
}

/** What was worked on; all that came of it was sent before. */
export interface AckMessage {
  readonly type: "ack";
  /** Messages of the client that are done. */
  readonly received: number;
  /** Samples (encode) or frames (decode) that were taken since the session began. */
  readonly position: number;
}

/** The clip has ended. */
export interface DoneMessage {
  readonly type: "done";
  /** Of the clip. */
  readonly frames: number;
  readonly samples: number;
  /** Whether it was `finish` that ended it: the connection is closed then. */
  readonly final: boolean;
}

/** Why the server will close the connection, or did not do what it was told. */
export interface ErrorMessage {
  readonly type: "error";
  readonly code: ServerErrorCode;
  readonly message: string;
  /** Whether the same may work later, or elsewhere. */
  readonly retryable: boolean;
  readonly retrySeconds?: number;
}

/** What a server says in text messages. */
export type ServerMessage = ReadyMessage | AckMessage | DoneMessage | ErrorMessage;
