// A way from page to page without the server: an unreliable data channel of WebRTC, whose offers
// and answers go through the room, sealed.
import { type LinkRole, MOST_WAITING_BYTES, PACKET_CHANNEL, type SignalSeal } from "@twelvehz/transport";

/** How a way is made. */
export interface DirectPathOptions {
  /** The dialer makes the offer. */
  readonly role: LinkRole;
  readonly seal: SignalSeal;
  /** Address of a STUN server, such as `stun:stun.example.org`; undefined = none. */
  readonly stun: string | undefined;
  /** Sends a sealed signal through the room. */
  readonly signal: (bytes: Uint8Array) => void;
  readonly onDatagram: (datagram: Uint8Array) => void;
  /** Called when a signal cannot be opened: the other end has another key, or someone forges. */
  readonly onForged: (error: unknown) => void;
}

type Signal = { readonly description: RTCSessionDescriptionInit } | { readonly candidate: RTCIceCandidateInit };

/** A data channel to the other page, or the attempt at one. */
export class DirectPath {
  readonly #options: DirectPathOptions;
  readonly #connection: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  /** Signals are worked on in their order. */
  #queue: Promise<void> = Promise.resolve();

  private constructor(options: DirectPathOptions) {
    this.#options = options;
    this.#connection = new RTCPeerConnection(options.stun === undefined ? {} : { iceServers: [{ urls: options.stun }] });
    this.#channel = this.#connection.createDataChannel(PACKET_CHANNEL.label, PACKET_CHANNEL);
    this.#channel.binaryType = "arraybuffer";
    this.#channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => options.onDatagram(new Uint8Array(data));
    this.#connection.onicecandidate = ({ candidate }) => void (candidate && this.#tell({ candidate: candidate.toJSON() }));
    this.#connection.onconnectionstatechange = () => {
      if (this.#connection.connectionState === "failed" && options.role === "dialer") this.#offer({ iceRestart: true });
    };
    if (options.role === "dialer") this.#offer();
  }

  /** Looks for a way; undefined where the browser has no WebRTC. */
  static open(options: DirectPathOptions): DirectPath | undefined {
    return "RTCPeerConnection" in globalThis ? new DirectPath(options) : undefined;
  }

  /** Whether packets can go this way now. */
  get isOpen(): boolean {
    return this.#channel.readyState === "open" && this.#connection.connectionState === "connected";
  }

  /** Sends a packet, or drops it where too many wait. */
  send(datagram: Uint8Array): void {
    if (this.#channel.bufferedAmount < MOST_WAITING_BYTES) this.#channel.send(Uint8Array.from(datagram));
  }

  /** Takes a sealed signal of the other end. */
  take(bytes: Uint8Array): void {
    this.#work(async () => {
      const text = await this.#options.seal.unseal(bytes).catch((error: unknown) => this.#options.onForged(error));
      if (text !== undefined) await this.#follow(JSON.parse(text) as Signal);
    });
  }

  /** Ms there and back, by WebRTC's own account; undefined while it is not known. */
  async roundTripMs(): Promise<number | undefined> {
    const report = (await this.#connection.getStats()) as unknown as ReadonlyMap<string, Record<string, unknown>>;
    const pair = [...report.values()].find(
      ({ type, nominated, state }) => type === "candidate-pair" && nominated === true && state === "succeeded",
    );
    const seconds = pair?.["currentRoundTripTime"];
    return typeof seconds === "number" ? 1000 * seconds : undefined;
  }

  close(): void {
    this.#channel.onmessage = null;
    this.#connection.onconnectionstatechange = this.#connection.onicecandidate = null;
    this.#connection.close();
  }

  async #follow(signal: Signal): Promise<void> {
    if ("candidate" in signal) return this.#connection.addIceCandidate(signal.candidate);
    await this.#connection.setRemoteDescription(signal.description);
    if (signal.description.type !== "offer") return;
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    this.#tellDescription();
  }

  #offer(options: RTCOfferOptions = {}): void {
    this.#work(async () => {
      await this.#connection.setLocalDescription(await this.#connection.createOffer(options));
      this.#tellDescription();
    });
  }

  #tellDescription(): void {
    const { localDescription } = this.#connection;
    if (localDescription) this.#tell({ description: localDescription.toJSON() as RTCSessionDescriptionInit });
  }

  #tell(signal: Signal): void {
    void this.#options.seal.seal(JSON.stringify(signal)).then(this.#options.signal);
  }

  /** What does not work out, such as a signal of an attempt before, leaves the way through the room. */
  #work(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(step).catch(() => undefined);
  }
}
