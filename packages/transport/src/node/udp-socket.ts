import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { CodecError, type CodecErrorCode, messageOf } from "@twelvehz/codec/node";

/** Where datagrams go to. */
export interface UdpAddress {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Port of a listener, where none is given: one that is not registered. */
export const DEFAULT_PORT = 7712;

/**
 * Reads `HOST`, `HOST:PORT` or `[IPV6]:PORT`.
 * @throws CodecError `usage` for another form
 */
export function parseUdpAddress(text: string): UdpAddress {
  const [, bracketed, plain, port = String(DEFAULT_PORT)] = /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host && Number(port) >= 1 && Number(port) <= 65535) return { host, port: Number(port) };
  throw new CodecError(
    "usage",
    `Cannot use the address ${JSON.stringify(text)}: write HOST or HOST:PORT, such as 192.0.2.7:${DEFAULT_PORT} or [2001:db8::7]:${DEFAULT_PORT}`,
  );
}

/** As {@link parseUdpAddress} reads it. */
export function udpAddressText({ host, port }: UdpAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const PROBLEMS: Readonly<Record<string, readonly [code: CodecErrorCode, why: string]>> = {
  EADDRINUSE: ["io", "something listens there already; choose another port with --port (0 = any that is free)"],
  EACCES: ["no-permission", "the system does not allow it; choose a port from 1024 on with --port"],
  EADDRNOTAVAIL: ["usage", "this machine has no such address; give --host 127.0.0.1, or 0.0.0.0 for all"],
  ENOTFOUND: ["usage", "there is no such host; see that its name is right"],
  EAI_AGAIN: ["io", "names cannot be looked up now; see that there is a network, or give a number"],
};

/** @throws CodecError that says what was tried */
export function socketError(error: unknown, action: string): CodecError {
  const [code, why] = PROBLEMS[(error as NodeJS.ErrnoException).code ?? ""] ?? ["io", messageOf(error)];
  return new CodecError(code, `Cannot ${action}: ${why}`, { cause: error });
}

/** Takes a datagram and says where it is from. */
export type OnDatagram = (datagram: Uint8Array, from: UdpAddress) => void;

/** A UDP socket that is bound. */
export class UdpSocket {
  readonly #socket: Socket;
  #isClosed = false;
  readonly address: UdpAddress;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.address = { host: address, port };
  }

  /**
   * @param port 0 = any that is free
   * @throws CodecError `io`, `no-permission` or `usage` where it cannot be had
   */
  static async bind({ host, port }: UdpAddress, onDatagram: OnDatagram): Promise<UdpSocket> {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (error) => reject(socketError(error, `listen on ${udpAddressText({ host, port })}`)));
      socket.bind(port, host, resolve);
    });
    socket.removeAllListeners("error");
    socket.on("error", () => undefined); // a datagram that could not be sent is a lost one
    socket.on("message", (bytes: Buffer, from: RemoteInfo) => onDatagram(new Uint8Array(bytes), { host: from.address, port: from.port }));
    return new UdpSocket(socket);
  }

  /**
   * Sends a datagram; whether it arrives, no one knows. Settles when the system has taken it, or
   * refused to; after closing, at once.
   */
  async send(datagram: Uint8Array, { host, port }: UdpAddress): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => this.#socket.send(datagram, port, host, () => resolve()));
  }

  /** Harmless when repeated. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}

/**
 * The number of a host. Of several, one of the family of this end: a listener is at IPv4 where nothing
 * else is said, and nobody tells that a datagram to another of its numbers was heard by no one.
 * @param local where this end listens
 * @param look how names are looked up
 * @throws CodecError `usage` or `io` where its name is not known
 */
export async function resolveUdpAddress(
  { host, port }: UdpAddress,
  local: UdpAddress,
  look: (host: string, options: { readonly all: true }) => Promise<readonly LookupAddress[]> = lookup,
): Promise<UdpAddress> {
  const found = await look(host, { all: true }).catch((error: unknown) => {
    throw socketError(error, `find ${udpAddressText({ host, port })}`);
  });
  const ofOwnKind = found.find(({ address }) => address.includes(":") === local.host.includes(":"));
  return { host: (ofOwnKind ?? found[0]).address, port };
}

/**
 * Any address of this machine, in the family of the other end: a socket of one family does not
 * reach the other.
 */
export function localAddressFor(peer: UdpAddress, local: UdpAddress): UdpAddress {
  return peer.host.includes(":") && local.host === "0.0.0.0" ? { ...local, host: "::" } : local;
}
