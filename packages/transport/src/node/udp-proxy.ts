import { type LinkConditions, LinkSimulator } from "../sim/link-simulator.ts";
import { resolveUdpAddress, type UdpAddress, udpAddressText, UdpSocket } from "./udp-socket.ts";

/** How a proxy is opened. */
export interface UdpProxyOptions {
  /** Where it listens; port 0 = any that is free. */
  readonly listen: UdpAddress;
  /** Where it sends on to. */
  readonly to: UdpAddress;
  /** What it does to packets, each way. */
  readonly conditions: LinkConditions;
  /** Fixes what is random. Default 1. */
  readonly seed?: number | undefined;
}

/** What went through. */
export interface ProxyFigures {
  readonly packets: number;
  readonly dropped: number;
}

/**
 * A bad link between two programs on good ones: what it gets from anyone it sends on to one
 * address, late, twice or not at all, and back the same way.
 */
export class UdpProxy {
  readonly #front: UdpSocket;
  readonly #back: UdpSocket;
  readonly #timers: Set<NodeJS.Timeout>;
  readonly #counts: { packets: number; dropped: number };

  private constructor(front: UdpSocket, back: UdpSocket, timers: Set<NodeJS.Timeout>, counts: { packets: number; dropped: number }) {
    this.#front = front;
    this.#back = back;
    this.#timers = timers;
    this.#counts = counts;
  }

  /** @throws CodecError as binding sockets does; RangeError for losses that are not possible */
  static async open({ listen, to, conditions, seed = 1 }: UdpProxyOptions): Promise<UdpProxy> {
    const target = await resolveUdpAddress(to, listen);
    const [there, back] = [new LinkSimulator(conditions, seed), new LinkSimulator(conditions, seed + 1)];
    const timers = new Set<NodeJS.Timeout>();
    const counts = { packets: 0, dropped: 0 };
    const pass = (link: LinkSimulator, datagram: Uint8Array, send: (datagram: Uint8Array) => void): void => {
      const nowMs = performance.now();
      const deliveries = link.send(datagram, nowMs);
      counts.packets++;
      if (deliveries.length === 0) counts.dropped++;
      for (const { atMs } of deliveries) later(timers, atMs - nowMs, () => send(datagram));
    };
    let caller: UdpAddress | undefined;
    const toCaller = (datagram: Uint8Array): void => void (caller && frontSocket.send(datagram, caller));
    const backSocket = await UdpSocket.bind({ host: target.host.includes(":") ? "::" : "0.0.0.0", port: 0 }, (datagram) =>
      pass(back, datagram, toCaller),
    );
    const frontSocket = await UdpSocket.bind(listen, (datagram, from) => {
      if (!caller || udpAddressText(caller) !== udpAddressText(from)) caller = from;
      pass(there, datagram, (bytes) => backSocket.send(bytes, target));
    }).catch(async (error: unknown) => {
      await backSocket.close();
      throw error;
    });
    return new UdpProxy(frontSocket, backSocket, timers, counts);
  }

  /** Where it listens. */
  get address(): UdpAddress {
    return this.#front.address;
  }

  get figures(): ProxyFigures {
    return { ...this.#counts };
  }

  /** Ends it; what is on the way is lost. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([this.#front.close(), this.#back.close()]);
  }
}

function later(timers: Set<NodeJS.Timeout>, ms: number, work: () => void): void {
  if (ms <= 0) return work();
  const timer = setTimeout(() => {
    timers.delete(timer);
    work();
  }, ms);
  timers.add(timer);
}
