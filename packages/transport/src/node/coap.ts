// One POST of CoAP (RFC 7252), confirmed: how a command goes to a device that speaks it, and how
// this end takes one.
import { CodecError, messageOf } from "@twelvehz/codec/node";
import type { Server } from "coap"; // the library itself is loaded when it is used: every command would start later
import { socketError, type UdpAddress, udpAddressText } from "./udp-socket.ts";

/** Where a resource is. */
export interface CoapAddress extends UdpAddress {
  /** Begins with a slash. */
  readonly path: string;
}

/** RFC 7252 section 6.1. */
const COAP_PORT = 5683;
/** Path where none is given. */
const DEFAULT_PATH = "/twelvehz";

/**
 * Bytes that CoAP adds to what is posted, at most: header, a token of 8 bytes, path, format,
 * marker.
 */
export function coapBytes({ path }: CoapAddress): number {
  return 4 + 8 + (2 + path.length) + 3 + 1;
}

/**
 * Reads `coap://HOST[:PORT][/PATH]`; undefined for what is no such address.
 * @throws CodecError `usage` for a damaged one
 */
export function parseCoapAddress(text: string): CoapAddress | undefined {
  if (!/^coap:\/\//i.test(text)) return undefined;
  try {
    const { hostname, port, pathname } = new URL(text.replace(/^coap:/i, "http:"));
    return {
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? COAP_PORT : Number(port),
      path: pathname === "/" ? DEFAULT_PATH : pathname,
    };
  } catch (error) {
    throw new CodecError("usage", `Cannot use the address ${JSON.stringify(text)}: write coap://HOST or coap://HOST:PORT/PATH`, {
      cause: error,
    });
  }
}

/**
 * Posts bytes, and waits until the other end has confirmed them.
 * @throws CodecError `io` where nobody confirms, or the other end refuses
 */
export async function coapPost(address: CoapAddress, body: Uint8Array): Promise<void> {
  const where = `coap://${udpAddressText(address)}${address.path}`;
  const { request } = await import("coap");
  const code = await new Promise<string>((resolve, reject) => {
    const post = request({ hostname: address.host, port: address.port, pathname: address.path, method: "POST", confirmable: true });
    post.on("response", (response) => resolve(response.code));
    post.on("error", (error: unknown) => reject(socketError(error, `post to ${where}`)));
    post.on("timeout", () => reject(new CodecError("io", `Cannot post to ${where}: nobody confirms; see that it is reached`)));
    post.end(Buffer.from(body));
  });
  if (!code.startsWith("2.")) throw new CodecError("io", `Cannot post to ${where}: it answered ${code}; see what it takes`);
}

/** Takes what is posted; says whether it can be used. */
export type OnPost = (body: Uint8Array) => Promise<boolean>;

/**
 * A CoAP server with one use: whatever is posted, on any path, is handed on, and answered 2.04 or
 * 4.00.
 */
export class CoapMailbox {
  readonly #server: Server;
  readonly address: UdpAddress;

  private constructor(server: Server, address: UdpAddress) {
    this.#server = server;
    this.address = address;
  }

  /** @throws CodecError where the port cannot be had */
  static async open({ host, port }: UdpAddress, onPost: OnPost): Promise<CoapMailbox> {
    const { createServer } = await import("coap");
    const server = createServer({ type: host.includes(":") ? "udp6" : "udp4" }, (incoming, answer) => {
      const isUsed = incoming.method === "POST" ? onPost(new Uint8Array(incoming.payload)).catch(() => false) : Promise.resolve(false);
      void isUsed.then((used) => {
        answer.code = used ? "2.04" : "4.00";
        answer.end();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.on("error", (error: unknown) => reject(socketError(error, `listen on ${udpAddressText({ host, port })}`)));
      server.listen(port, host, (error?: Error) => (error ? reject(new CodecError("io", messageOf(error), { cause: error })) : resolve()));
    });
    const bound = (server as unknown as { readonly _sock: { address(): { address: string; port: number } } })._sock.address();
    return new CoapMailbox(server, { host: bound.address, port: bound.port });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
