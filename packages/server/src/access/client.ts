import type { IncomingMessage } from "node:http";
import proxyAddress from "@fastify/proxy-addr";
import { CodecError, messageOf } from "@twelvehz/codec";
import type { KeyOwner } from "./key-owner.ts";

/** Who sends a request: what limits are counted by. */
export interface Client {
  /** That of the client itself, where a proxy that is trusted tells it. */
  readonly address: string;
  /** Undefined where no key is wanted. */
  readonly owner: KeyOwner | undefined;
}

/**
 * Tells the address of clients. It is that of the connection; where the connection is one of a
 * trusted proxy, the last address in `X-Forwarded-For` that is no trusted proxy's.
 * @param trustedProxies addresses and networks such as `10.0.0.0/8`, or `loopback`, `linklocal`, `uniquelocal`
 * @throws CodecError `usage` for what is none of these
 */
export function clientAddress(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  if (trustedProxies.length === 0) return ({ socket }) => socket.remoteAddress ?? "";
  let trusts: ReturnType<typeof proxyAddress.compile>;
  try {
    trusts = proxyAddress.compile([...trustedProxies]);
  } catch (error) {
    throw new CodecError(
      "usage",
      `Cannot trust the proxies ${trustedProxies.join(", ")}: ${messageOf(error)}; give addresses or networks, such as 10.0.0.0/8 or loopback`,
      { cause: error },
    );
  }
  return (request) => proxyAddress(request, trusts) ?? ""; // undefined for a connection that is gone
}

/** Whether an address is one of this machine. */
export function isOwnMachine(address: string): boolean {
  return /^(::1$|(::ffff:)?127\.)/.test(address);
}
