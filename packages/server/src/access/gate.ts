import type { IncomingMessage } from "node:http";
import type { Clock } from "@twelvehz/codec/internal";
import { assertOneHost } from "../errors/refusals.ts";
import { ServerError } from "../errors/server-error.ts";
import type { KeyOwner } from "./key-owner.ts";
import { KeyRing } from "./key-ring.ts";
import { assertOrigin } from "./same-origin.ts";
import { Tokens } from "./tokens.ts";

/** Subprotocols that a request asks for. */
export function offeredProtocols({ headers }: Pick<IncomingMessage, "headers">): string[] {
  return headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
}

/** Who may come in. */
export interface GateOptions {
  /** Names, without port, under which the server answers, or `any`. */
  readonly hostNames: readonly string[] | "any";
  /** File of keys: where there is one, `/v1/` and `/metrics` want a key. */
  readonly keysFile?: string | undefined;
  /**
   * Sites beside the server's own whose pages may send requests, such as `https://app.example.org`.
   */
  readonly origins?: readonly string[] | undefined;
  readonly clock: Clock;
  readonly fault: (error: unknown) => void;
}

/**
 * What needs a key where keys are wanted. What is open: the page, the model for it, and whether the
 * server runs.
 */
const GUARDED = /^\/(v1|metrics)(\/|\?|$)/i;
/** What a page, which cannot set header fields, asks for beside the subprotocol itself. */
const TOKEN_PROTOCOL = "twelvehz.token.";
/** What a player opens by its address alone: the token stands there. */
const LINK = /^\/v1\/decode\?/;

function tokenIn(url: string): string {
  return new URLSearchParams(url.slice(url.indexOf("?"))).get("token") ?? "";
}

/** Lets requests in, upgrades too, before anything else is done for them. */
export class Gate {
  /** Tokens for pages; undefined where no keys are wanted. */
  readonly tokens: Tokens | undefined;
  readonly #options: GateOptions;
  readonly #keys: KeyRing | undefined;
  readonly #owners = new WeakMap<IncomingMessage, KeyOwner>();

  /** @throws CodecError `io`, `bad-format` as the file of keys does */
  constructor(options: GateOptions) {
    this.#options = options;
    if (options.keysFile === undefined) return;
    this.#keys = new KeyRing(options.keysFile, options.clock, options.fault);
    this.tokens = new Tokens(options.clock);
  }

  /** Whose a request is that was let in; undefined where no key is wanted. */
  ownerOf(request: IncomingMessage): KeyOwner | undefined {
    return this.#owners.get(request);
  }

  /** @throws CodecError `usage`, `no-permission`; ServerError `unauthorized` */
  admit(request: IncomingMessage): void {
    const { hostNames, origins = [] } = this.#options;
    assertOneHost(request);
    assertOrigin(request, hostNames === "any" ? undefined : hostNames, origins);
    if (!this.#keys || request.method === "OPTIONS" || !GUARDED.test(request.url ?? "")) return;
    const owner = this.#findOwner(request);
    if (owner === undefined)
      throw new ServerError(
        "unauthorized",
        'Cannot answer the request: it has no valid key; send "Authorization: Bearer KEY", or a token of POST /v1/tokens (GET /v1/decode takes that as token=TOKEN)',
      );
    this.#owners.set(request, owner);
  }

  #findOwner({ headers, method, url = "" }: IncomingMessage): KeyOwner | undefined {
    if (headers.authorization === undefined && method === "GET" && LINK.test(url)) return this.#ownerOfToken(tokenIn(url));
    const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
    const token =
      bearer ??
      offeredProtocols({ headers })
        .find((name) => name.startsWith(TOKEN_PROTOCOL))
        ?.slice(TOKEN_PROTOCOL.length);
    if (token === undefined) return undefined;
    return this.#ownerOfToken(token) ?? this.#keys?.ownerOf(token);
  }

  /** A token ends with its key. */
  #ownerOfToken(token: string): KeyOwner | undefined {
    const digest = this.tokens?.digestOf(token);
    return digest === undefined ? undefined : this.#keys?.withDigest(digest);
  }
}
