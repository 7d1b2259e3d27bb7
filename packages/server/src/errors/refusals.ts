/** Requests that are refused before a route sees them, or while they still send. */
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CodecError, messageOf } from "@twelvehz/codec";
import type { Clock } from "@twelvehz/codec/internal";
import type { ErrorReply } from "../protocol.ts";
import type { ErrorAnswer } from "./server-error.ts";

/**
 * Longest time that a refused body is read for, so that a client which reads nothing before it has
 * sent everything sees the answer.
 */
export const LINGER_MS = 10_000;
/** The same for one that stood still: it was waited for already. */
export const SLOW_LINGER_MS = 1000;

/**
 * Reads and drops what a request still sends (a lingering close, RFC 9112 section 9.6): where a
 * connection is closed with bytes unread, the client's system throws the answer away.
 */
export function drained(request: IncomingMessage, clock: Clock, lingerMs: number): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = clock.after(lingerMs, resolve);
    const end = (): void => {
      cancel();
      resolve();
    };
    request.once("end", end).once("close", end).once("error", end).resume();
  });
}

/** What the parser of HTTP refuses: its code, the status, and what is wrong in words. */
const PARSER_REFUSALS: Readonly<Record<string, readonly [status: number, reason: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "its address and header fields are too long; 16 kB are read"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "its header or body did not come in time; send it at once"],
  HPE_INVALID_METHOD: [400, "its method is not known; use GET or POST"],
};

/** Answers what is no HTTP, in the form of every other failure, and closes the connection. */
export function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, reason] = PARSER_REFUSALS[error.code ?? ""] ?? [400, `it is not HTTP/1.1 (${messageOf(error)})`];
  socket.end(rawAnswer(status, { error: { code: "usage", message: `Cannot use the request: ${reason}` } }), () => socket.destroySoon());
}

/** Answers a request for a WebSocket that gets none, and closes the connection. */
export function refuseUpgrade(socket: Duplex, { status, body, retrySeconds }: ErrorAnswer): void {
  socket.end(rawAnswer(status, body, retrySeconds), () => socket.destroy());
}

function rawAnswer(status: number, reply: ErrorReply, retrySeconds?: number): string {
  const body = JSON.stringify(reply);
  const head = ["content-type: application/json; charset=utf-8", `content-length: ${Buffer.byteLength(body)}`, "connection: close"];
  if (retrySeconds !== undefined) head.push(`retry-after: ${retrySeconds}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...head, "", body].join("\r\n");
}

/**
 * A request has one Host, and from HTTP/1.1 on it must have it (RFC 9112 section 3.2): where there
 * are two, a proxy in front and this server could read different ones.
 * @throws CodecError `usage`
 */
export function assertOneHost({ rawHeaders, httpVersion }: Pick<IncomingMessage, "rawHeaders" | "httpVersion">): void {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === "host").length;
  if (hosts > 1) throw new CodecError("usage", `Cannot use the request: it has ${hosts} Host fields; send one`);
  if (hosts === 0 && httpVersion === "1.1") throw new CodecError("usage", "Cannot use the request: it has no Host field; send one");
}
