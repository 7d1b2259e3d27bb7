import {
  Audio,
  CodecError,
  type CodecErrorCode,
  type Codes,
  type DecodeOptions,
  encodeWav,
  ERROR_TABLE,
  messageOf,
  parseCodes,
  readAudio,
  type WorkOptions,
  writeTokenFile,
} from "@twelvehz/codec/web";
import type { Coder, CoderInfo } from "./coder.ts";

/** The codec of the server that the page came from. Sound goes there as WAV of 32-bit floats, codes as a token file, so nothing is rounded on the way. */
export class ServerCoder implements Coder {
  readonly info: CoderInfo;
  readonly #model: string;

  /** @param model name of an installed model, as `GET /v1/models` lists it */
  constructor(model: string, info: CoderInfo) {
    this.#model = model;
    this.info = info;
  }

  /** @throws CodecError as the server says, `io` when it does not answer, `aborted` */
  async encode(audio: Audio, { signal }: WorkOptions = {}): Promise<Codes> {
    const answer = await ask(`v1/encode?${new URLSearchParams({ model: this.#model })}`, { body: wavOf(audio), signal });
    return parseCodes(new Uint8Array(await answer.arrayBuffer()), { name: "answer.t12" }).codes;
  }

  /** @throws CodecError as {@link encode} */
  async decode(codes: Codes, options: DecodeOptions = {}): Promise<Audio> {
    const { signal } = options;
    const answer = await ask(`v1/decode?${decodeQuery(this.#model, options)}`, { body: bodyOf(writeTokenFile(codes)), signal });
    return readAudio(await answer.blob(), { sampleRate: this.info.sampleRate, signal });
  }
}

/** The query of `POST /v1/decode` for a selection of layers. */
export function decodeQuery(model: string, { layers, onlyLayer, muteLayers = [] }: DecodeOptions): URLSearchParams {
  const query = new URLSearchParams({ model, float: "true" });
  if (layers !== undefined) query.set("layers", String(layers));
  if (onlyLayer !== undefined) query.set("onlyLayer", String(onlyLayer));
  if (muteLayers.length > 0) query.set("muteLayers", muteLayers.join());
  return query;
}

/** A request to the server that the page came from. */
export interface ServerRequest {
  /** Sent by POST; without it, the request is a GET. */
  readonly body?: Blob;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the server.
 * @param path relative to the page
 * @throws CodecError what the server said, `io` when it does not answer, `aborted` when it is cancelled
 */
export async function ask(path: string, { body, signal }: ServerRequest = {}): Promise<Response> {
  const answer = await fetch(new URL(path, document.baseURI), { ...(body ? { method: "POST", body } : {}), signal: signal ?? null }).catch(
    (error: unknown) => {
      if (signal?.aborted) throw new CodecError("aborted", "The work was cancelled", { cause: error });
      throw new CodecError("io", `Cannot reach the server: ${messageOf(error)}; start it, or run in this browser`, { cause: error });
    },
  );
  if (!answer.ok) throw errorOfReply(answer.status, await answer.json().catch(() => undefined));
  return answer;
}

/**
 * The error that the server told of.
 * @param body `ErrorReply` of the server, or anything when something else answered
 */
export function errorOfReply(status: number, body: unknown): CodecError {
  const told = (body as { error?: { code?: unknown; message?: unknown } } | undefined)?.error;
  const code: CodecErrorCode = Object.keys(ERROR_TABLE).find((known): known is CodecErrorCode => known === told?.code) ?? "io";
  const message =
    typeof told?.message === "string" ? told.message : `Cannot use the server: it answered with status ${status}; look into its log`;
  return new CodecError(code, message);
}

function wavOf(audio: Audio): Blob {
  return bodyOf(encodeWav(audio, { float: true }).bytes);
}

function bodyOf(bytes: Uint8Array): Blob {
  return new Blob([bytes as Uint8Array<ArrayBuffer>]);
}
