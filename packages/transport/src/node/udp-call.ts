import { CodecError, messageOf, throwIfAborted } from "@twelvehz/codec/node";
import { Call, type CallFigures, type CallOptions, silenceError } from "../call.ts";
import type { LinkEvent } from "../link/secure-link.ts";
import { localAddressFor, type OnDatagram, resolveUdpAddress, type UdpAddress, UdpSocket } from "./udp-socket.ts";

/**
 * What came of a datagram that someone else looked at first: `none` = it is for the call, `taken` =
 * it is not, `last` = it is not, and the call is over.
 */
export type Interception = "none" | "taken" | "last";

/** How a call over UDP is made. */
export interface UdpCallOptions extends Omit<CallOptions, "send" | "role" | "newSalt"> {
  /** Whom to call; undefined = wait for whoever has the key. */
  readonly dial?: UdpAddress | undefined;
  /** Where to listen; port 0 = any that is free. */
  readonly listen: UdpAddress;
  /**
   * Sound to send, at the model's rate, in pieces of any size; read as fast as it is given. Its end
   * hangs up.
   */
  readonly microphone: AsyncIterable<Float32Array>;
  /** Takes the sound that came, at the model's rate, a frame at a time. */
  readonly speaker: (samples: Float32Array) => void | Promise<void>;
  /**
   * Seconds without a packet after which the call is given up; a listener waits for the first as
   * long as it takes.
   */
  readonly timeoutSeconds: number;
  /** Hang up when the other end has: for a microphone that does not end. Default false. */
  readonly endsWithPeer?: boolean | undefined;
  /** Called when the socket is bound. */
  readonly onListening?: ((address: UdpAddress) => void) | undefined;
  /** Called when the other end is there. */
  readonly onConnected?: ((peer: UdpAddress) => void) | undefined;
  /** Called for every packet that is refused. */
  readonly onRefused?: ((event: LinkEvent & { readonly kind: "refused" }) => void) | undefined;
  /** Looks at every datagram before the call does. */
  readonly intercept?: ((datagram: Uint8Array) => Promise<Interception>) | undefined;
  /** Carries the datagrams where it is not UDP; then the addresses are only names. Closed with the call. */
  readonly carrier?: ((onDatagram: OnDatagram) => DatagramCarrier) | undefined;
  /** Ends the call at once. */
  readonly signal?: AbortSignal | undefined;
}

/** What carries datagrams: a socket, or a room. */
export interface DatagramCarrier {
  readonly address: UdpAddress;
  send(datagram: Uint8Array, to: UdpAddress): void | Promise<void>;
  close(): void | Promise<void>;
}

/** Ms between two looks at what is to be done. */
const TICK_MS = 20;
/** Longest silence that is made up for at once when this process was held up, frames. */
const MOST_BEHIND = 25;

/**
 * Makes a call, from the first hello to the last bye.
 * @returns what it did
 * @throws CodecError `io` where no one answers or the other end falls silent, `model-mismatch`,
 * `aborted`; what microphone and speaker fail with
 */
export async function udpCall(options: UdpCallOptions): Promise<CallFigures> {
  const running = await RunningCall.open(options);
  try {
    return await running.run();
  } finally {
    await running.close();
  }
}

/** What the socket tells the call. */
interface CallState {
  /** Whom datagrams go to. */
  peer: UdpAddress | undefined;
  /** Whose datagram is being looked at, which is answered. */
  asker: UdpAddress | undefined;
  readonly waiting: { readonly datagram: Uint8Array; readonly from: UdpAddress; readonly atMs: number }[];
}

/** A call with its socket and its clock. */
class RunningCall {
  readonly #options: UdpCallOptions;
  readonly #call: Call;
  readonly #socket: DatagramCarrier;
  readonly #state: CallState;
  #wasReady = false;
  #failure: unknown;
  #hasFlushed = false;
  #isCutShort = false;

  private constructor(options: UdpCallOptions, call: Call, socket: DatagramCarrier, state: CallState) {
    this.#options = options;
    this.#call = call;
    this.#socket = socket;
    this.#state = state;
  }

  static async open(options: UdpCallOptions): Promise<RunningCall> {
    const { dial, listen, signal, rate, carrierBytes, ...rest } = options;
    throwIfAborted(signal);
    const peer = dial && (options.carrier ? dial : await resolveUdpAddress(dial, listen));
    const state: CallState = { peer, asker: undefined, waiting: [] };
    const onDatagram: OnDatagram = (datagram, from) => void state.waiting.push({ datagram, from, atMs: performance.now() });
    const socket = options.carrier?.(onDatagram) ?? (await UdpSocket.bind(peer ? localAddressFor(peer, listen) : listen, onDatagram));
    try {
      const role = dial ? "dialer" : "listener";
      const send = (datagram: Uint8Array, isAnswer: boolean): void => {
        const to = isAnswer && !dial ? state.asker : state.peer;
        if (to) void socket.send(datagram, to);
      };
      const call = await Call.open({ ...rest, rate, carrierBytes, role, send });
      options.onListening?.(socket.address);
      return new RunningCall(options, call, socket, state);
    } catch (error) {
      await socket.close();
      throw error;
    }
  }

  async run(): Promise<CallFigures> {
    const { signal, codec } = this.#options;
    const frameMs = (1000 * codec.info.samplesPerFrame) / codec.info.sampleRate;
    const beganMs = performance.now();
    let nextMs = beganMs;
    const microphone = this.#speak().catch((error: unknown) => (this.#failure ??= error));
    while (!this.#call.isOver && !this.#isCutShort) {
      if (signal?.aborted) await this.#sayBye();
      throwIfAborted(signal);
      if (this.#failure !== undefined) throw this.#failure;
      await this.#arrive();
      const nowMs = performance.now();
      this.#assertHeard(nowMs, beganMs);
      await this.#call.tick(nowMs);
      if (nowMs - nextMs > MOST_BEHIND * frameMs) nextMs = nowMs;
      for (; nextMs <= nowMs; nextMs += frameMs) await this.#play(nextMs);
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    if (!this.#options.endsWithPeer && !this.#isCutShort) await microphone;
    return this.#call.figures;
  }

  /** Some byes at once: there is no time to wait for an answer. */
  async #sayBye(): Promise<void> {
    await this.#call.hangUp();
    for (let i = 1; i <= 3; i++) await this.#call.tick(performance.now() + 1000 * i);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }

  /**
   * Takes what has come. A listener follows whoever sends genuine packets: addresses change where a
   * network is left.
   */
  async #arrive(): Promise<void> {
    for (const { datagram, from, atMs } of this.#state.waiting.splice(0)) {
      const intercepted = (await this.#options.intercept?.(datagram)) ?? "none";
      if (intercepted === "last") this.#isCutShort = true;
      if (intercepted !== "none") continue;
      this.#state.asker = from;
      const event = await this.#call.arrive(datagram, atMs);
      const isProof = event.kind === "codes" || event.kind === "control" || !this.#wasReady; // a hello may be a recording
      if (!this.#options.dial && event.kind !== "refused" && isProof) this.#state.peer = from;
      if (event.kind === "refused") this.#options.onRefused?.(event);
      if (!this.#call.isReady || this.#wasReady) continue;
      this.#wasReady = true;
      this.#options.onConnected?.(from);
    }
  }

  async #play(nowMs: number): Promise<void> {
    const { speaker } = this.#options;
    if (this.#call.isReady) await speaker(await this.#call.play(nowMs));
    if (!this.#call.hasHeardAll || this.#hasFlushed) return;
    this.#hasFlushed = true;
    await speaker(await this.#call.flush());
    if (this.#options.endsWithPeer) await this.#call.hangUp();
  }

  async #speak(): Promise<void> {
    const { microphone, signal } = this.#options;
    while (!this.#call.isReady) {
      if (signal?.aborted || this.#failure !== undefined) return;
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    for await (const samples of microphone) {
      if (signal?.aborted || this.#call.isOver) return;
      await this.#call.speak(samples);
    }
    await this.#call.hangUp();
  }

  #assertHeard(nowMs: number, beganMs: number): void {
    const { dial, timeoutSeconds } = this.#options;
    const { heardMs } = this.#call;
    if (heardMs === undefined && !dial) return;
    if (nowMs - (heardMs ?? beganMs) > 1000 * timeoutSeconds) throw silenceError(heardMs, timeoutSeconds);
  }

  async close(): Promise<void> {
    this.#failure ??= new CodecError("closed", "The call is over");
    await this.#socket.close();
    await this.#call.close().catch((error: unknown) => {
      if (!(error instanceof CodecError)) throw new Error(messageOf(error), { cause: error });
    });
  }
}
