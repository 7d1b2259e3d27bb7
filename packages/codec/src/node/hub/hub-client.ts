import { CodecError, messageOf, throwIfAborted } from "../../errors.ts";
import type { NamedProxy } from "./proxy.ts";
import { Interrupted, retryAfterMs, withRetries } from "./retries.ts";

/** The part of `fetch` that is used. */
export type HubFetch = (url: string, init: RequestInit) => Promise<Response>;

/** How a hub is talked to. */
export interface HubClientOptions {
  /** Base URL. What carries the token goes to its scheme, host and port only. */
  readonly endpoint: URL;
  /** Name of the hub for messages. */
  readonly title: string;
  /** Headers that carry the token; empty without one. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Environment variable that the token is taken from, for messages. */
  readonly tokenVariable: string;
  /** What to do when the hub cannot be reached. */
  readonly remedy: string;
  /** The proxy that is used unless a variable excepts the host, for messages. */
  readonly proxy?: NamedProxy | undefined;
  /** Default: the global one. */
  readonly fetch?: HubFetch | undefined;
  /** A connection without a byte for so long is cut and tried again, ms. Default 30 000. */
  readonly stallMs?: number | undefined;
  /** First pause before another attempt, ms. Default 500. */
  readonly retryMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body can be read. */
export interface HubAnswer {
  readonly status: number;
  readonly headers: Headers;
  /**
   * The body, in pieces. Throws {@link Interrupted} when the connection is cut or silent for too
   * long.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection, when the body is not read to its end. Harmless when repeated. */
  close(): void;
}

const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Longest answer that is read as JSON; a list of 10 000 files is some 3 MB. */
const MAX_JSON_BYTES = 64 * 2 ** 20;

/**
 * Requests to one hub: redirects followed by hand so that the token stays, silent connections cut,
 * failures named.
 */
export class HubClient {
  readonly #options: HubClientOptions;
  readonly #fetch: HubFetch;

  constructor(options: HubClientOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
  }

  /**
   * Asks once.
   * @param action what the request is for, such as `download "x"`
   * @throws Interrupted where another attempt may help; CodecError `not-found`, `no-permission`,
   * `io`, `aborted`
   */
  async get(action: string, url: URL, headers: Readonly<Record<string, string>> = {}): Promise<HubAnswer> {
    const { signal, stallMs = 30_000 } = this.#options;
    const watch = new StallWatch(stallMs, signal);
    try {
      const response = await this.#follow(action, url, headers, watch);
      watch.touch();
      const refusesRange = response.status === 416 && headers["range"] !== undefined; // the caller's to handle
      if (!response.ok && !refusesRange) throw await this.#refusal(action, response);
      return { status: response.status, headers: response.headers, body: bodyOf(response, watch), close: () => watch.stop() };
    } catch (error) {
      watch.stop();
      throwIfAborted(signal);
      if (error instanceof CodecError || error instanceof Interrupted) throw error;
      throw this.#failure(action, error, watch);
    }
  }

  /**
   * Repeats work that asks, while it is interrupted.
   * @throws CodecError
   */
  retrying<T>(action: string, attempt: () => Promise<T>): Promise<T> {
    return withRetries(action, attempt, this.#options);
  }

  /**
   * Asks for JSON, several times where that is needed.
   * @throws CodecError `not-found`, `no-permission`, `io`, `bad-format`, `aborted`
   */
  json(action: string, url: URL): Promise<{ readonly value: unknown; readonly headers: Headers }> {
    return this.retrying(action, async () => {
      const answer = await this.get(action, url, { accept: "application/json" });
      const text = await readText(action, answer);
      try {
        return { value: JSON.parse(text) as unknown, headers: answer.headers };
      } catch (error) {
        const found = `${url.host} answers with something that is no JSON`;
        throw new CodecError("bad-format", `Cannot ${action}: ${found}; is it a hub? Check --endpoint`, { cause: error });
      }
    });
  }

  async #follow(action: string, start: URL, headers: Readonly<Record<string, string>>, watch: StallWatch): Promise<Response> {
    let url = start;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const credentials = url.origin === this.#options.endpoint.origin ? this.#options.credentials : {};
      const all = { "user-agent": "twelvehz", "accept-encoding": "identity", ...headers, ...credentials };
      const response = await this.#fetch(url.href, { headers: all, redirect: "manual", signal: watch.signal });
      const location = response.headers.get("location");
      if (!REDIRECTS.has(response.status) || location === null) return response;
      await response.body?.cancel();
      const next = new URL(location, url);
      if (url.protocol === "https:" && next.protocol !== "https:")
        throw new CodecError(
          "io",
          `Cannot ${action}: ${url.host} redirects from https to ${next.protocol}//${next.host}; use another mirror`,
        );
      url = next;
    }
    throw new CodecError("io", `Cannot ${action}: ${start.host} redirects more than ${MAX_REDIRECTS} times; use another mirror`);
  }

  /** What an answer other than 2xx means. */
  async #refusal(action: string, response: Response): Promise<Error> {
    const { status, headers } = response;
    await response.body?.cancel();
    const { title, remedy } = this.#options;
    if (status === 429 || status === 408 || status >= 500) {
      const wait = retryAfterMs(headers.get("retry-after"));
      const asks = wait > 0 ? ` and asks to wait ${Math.ceil(wait / 1000)} s` : "";
      return new Interrupted(`${title} answers with status ${status}${asks}`, { retryAfterMs: wait, remedy });
    }
    const missing = status === 404 || headers.get("x-error-code") === "RepoNotFound";
    if (missing) return new CodecError("not-found", `Cannot ${action}: ${this.#whyMissing(headers.get("x-error-code"))}`);
    if (status === 401 || status === 403)
      return new CodecError("no-permission", `Cannot ${action}: ${this.#whyForbidden(status, headers)}`);
    return new CodecError("io", `Cannot ${action}: ${title} answers with status ${status}; ${remedy}`);
  }

  #whyMissing(code: string | null): string {
    const { title, tokenVariable, credentials } = this.#options;
    if (code === "RevisionNotFound") return `${title} has the model, but not this revision; check --revision`;
    const privately =
      Object.keys(credentials).length > 0 ? `the token of ${tokenVariable} must be one that may read it` : `set ${tokenVariable}`;
    return `${title} has nothing public of this name; check the spelling, or, if it is private, ${privately}`;
  }

  #whyForbidden(status: number, headers: Headers): string {
    const { title, tokenVariable, credentials } = this.#options;
    if (headers.get("x-error-code") === "GatedRepo")
      return `${title} gives it only to those who have accepted its conditions; accept them on its page, and set ${tokenVariable}`;
    return Object.keys(credentials).length > 0
      ? `${title} refuses the token (status ${status}); set ${tokenVariable} to one that may read this model`
      : `${title} asks for a token (status ${status}); set ${tokenVariable}`;
  }

  /** What a request that brought no answer means. */
  #failure(action: string, error: unknown, watch: StallWatch): Error {
    const { title, endpoint, remedy, proxy } = this.#options;
    const host = proxy ? `${endpoint.host}; ${proxy.variable} names the proxy ${proxy.url.host}` : endpoint.host;
    const reason = watch.stalled ? `${title} sent nothing for too long` : networkReason(error);
    const code = causeCode(error);
    if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code))
      return new CodecError("io", `Cannot ${action}: ${reason} (${host}); name your authority in NODE_EXTRA_CA_CERTS`, {
        cause: error,
      });
    return new Interrupted(`${reason} (${host})`, { remedy, cause: error });
  }
}

/** Cuts a connection that is silent. */
class StallWatch {
  readonly signal: AbortSignal;
  readonly #controller: AbortController = new AbortController();
  readonly #ms: number;
  #timer: NodeJS.Timeout;
  stalled = false;

  constructor(ms: number, signal: AbortSignal | undefined) {
    this.#ms = ms;
    this.signal = signal ? AbortSignal.any([signal, this.#controller.signal]) : this.#controller.signal;
    this.#timer = this.#arm();
  }

  touch(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#arm();
  }

  pause(): void {
    clearTimeout(this.#timer);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }

  #arm(): NodeJS.Timeout {
    return setTimeout(() => {
      this.stalled = true;
      this.#controller.abort();
    }, this.#ms);
  }
}

/** The body; the clock runs only while the server is waited for, not while the caller works. */
async function* bodyOf(response: Response, watch: StallWatch): AsyncGenerator<Uint8Array> {
  try {
    if (!response.body) return;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      watch.pause();
      yield chunk;
      watch.touch();
    }
  } catch (error) {
    const reason = watch.stalled ? "the connection was silent for too long" : networkReason(error);
    throw new Interrupted(reason, { remedy: "try again; what has come so far is kept", cause: error });
  } finally {
    watch.stop();
  }
}

async function readText(action: string, answer: HubAnswer): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body) {
    length += part.length;
    if (length > MAX_JSON_BYTES) throw new CodecError("too-large", `Cannot ${action}: the answer is longer than 64 MiB; is it a hub?`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "the host is not known to the network",
  EAI_AGAIN: "the network does not resolve names",
  ECONNREFUSED: "the connection is refused",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  ETIMEDOUT: "the connection takes too long",
  UND_ERR_SOCKET: "the connection was cut",
  UND_ERR_CONNECT_TIMEOUT: "the connection takes too long",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "fewer bytes came than were announced",
};

function rootCause(error: unknown): unknown {
  const cause = (error as { readonly cause?: unknown } | null)?.cause;
  return cause === undefined ? error : rootCause(cause);
}

function causeCode(error: unknown): string {
  return String((rootCause(error) as { readonly code?: unknown } | null)?.code ?? "");
}

/** `fetch` says "fetch failed" or "terminated"; what happened is in the cause. */
function networkReason(error: unknown): string {
  return REASONS[causeCode(error)] ?? messageOf(rootCause(error));
}
