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
import type { JobReply } from "@twelvehz/server";
import type { Coder, CoderInfo } from "./coder.ts";

/** Header that names a request, as the server knows it. */
const JOB_HEADER = "twelvehz-job";
/** Between two questions how far the work is, milliseconds. */
const LOOK_MS = 500;

/**
 * The codec of the server that the page came from. Sound goes there as WAV of 32-bit floats, codes
 * as a token file, so nothing is rounded on the way.
 */
export class ServerCoder implements Coder {
  readonly info: CoderInfo;
  readonly #model: string;

  /** @param model name of an installed model, as `GET /v1/models` lists it */
  constructor(model: string, info: CoderInfo) {
    this.#model = model;
    this.info = info;
  }

  /** @throws CodecError as the server says, `io` when it does not answer, `aborted` */
  async encode(audio: Audio, { signal, onProgress }: WorkOptions = {}): Promise<Codes> {
    const answer = await followed(onProgress, (job) =>
      ask(`v1/encode?${new URLSearchParams({ model: this.#model })}`, { body: wavOf(audio), signal, job }),
    );
    return parseCodes(new Uint8Array(await answer.arrayBuffer()), { name: "answer.t12" }).codes;
  }

  /** @throws CodecError as {@link encode} */
  async decode(codes: Codes, options: DecodeOptions = {}): Promise<Audio> {
    const { signal, onProgress } = options;
    const answer = await followed(onProgress, (job) =>
      ask(`v1/decode?${decodeQuery(this.#model, options)}`, { body: bodyOf(writeTokenFile(codes)), signal, job }),
    );
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
  /** Name under which the server tells how far it is. */
  readonly job?: string | undefined;
}

/**
 * Asks the server.
 * @param path relative to the page
 * @throws CodecError what the server said, `io` when it does not answer, `aborted` when it is
 * cancelled
 */
export async function ask(path: string, { body, signal, job }: ServerRequest = {}): Promise<Response> {
  const init = { ...(body && { method: "POST", body }), ...(job && { headers: { [JOB_HEADER]: job } }), signal: signal ?? null };
  const answer = await fetch(new URL(path, document.baseURI), init).catch((error: unknown) => {
    if (signal?.aborted) throw new CodecError("aborted", "The work was cancelled", { cause: error });
    throw new CodecError("io", `Cannot reach the server: ${messageOf(error)}; start it, or run in this browser`, { cause: error });
  });
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

/** Waits for an answer, and asks meanwhile how far the work is. */
async function followed(onProgress: WorkOptions["onProgress"], request: (job: string | undefined) => Promise<Response>): Promise<Response> {
  if (!onProgress) return request(undefined);
  const job = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const look = async (): Promise<void> => {
    const reply = (await (await fetch(new URL(`v1/jobs/${job}`, document.baseURI))).json()) as Partial<JobReply>;
    const { doneSeconds, totalSeconds } = reply; // neither, where the request has been answered or has not come yet
    if (doneSeconds !== undefined && totalSeconds !== undefined) onProgress({ doneSeconds, totalSeconds });
  };
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
  return request(job).finally(() => clearInterval(timer));
}

function wavOf(audio: Audio): Blob {
  return bodyOf(encodeWav(audio, { float: true }).bytes);
}

function bodyOf(bytes: Uint8Array): Blob {
  return new Blob([bytes as Uint8Array<ArrayBuffer>]);
}
