// A way from page to page without the server: RTP, or an unreliable data channel, of one connection
// of WebRTC, whose offers and answers go through the room, sealed.
import { type LinkEvent, type LinkRole, MOST_WAITING_BYTES, PACKET_CHANNEL, type SignalSeal } from "@twelvehz/transport";
import type { CallWay } from "./call-way.ts";
import { RtpPath } from "./rtp-path.ts";

/**
 * Ms without a genuine packet in RTP after which the other end is told to use the data channel: three
 * times what passes between two packets in a pause.
 */
const UNHEARD_MS = 3000;
/** Ms after which it is told again: the room may have been away. */
const TELL_AGAIN_MS = 5000;
/** While the other end hears nothing in RTP, each packet of so many is sent that way too. */
const TRY_EVERY = 8;

/** How a way is made. */
export interface DirectPathOptions {
  /** The dialer makes the offer. */
  readonly role: LinkRole;
  readonly seal: SignalSeal;
  /** Running: RTP goes by its clock. */
  readonly context: AudioContext;
  /** Address of a STUN server, such as `stun:stun.example.org`; undefined = none. */
  readonly stun: string | undefined;
  /** Sends a sealed signal through the room. */
  readonly signal: (bytes: Uint8Array) => void;
  readonly onDatagram: (datagram: Uint8Array, way: CallWay) => void;
  /** Called when a signal cannot be opened: the other end has another key, or someone forges. */
  readonly onForged: (error: unknown) => void;
}

type Signal =
  | { readonly description: RTCSessionDescriptionInit }
  | { readonly candidate: RTCIceCandidateInit }
  /** Whether the end that says so gets our packets in RTP. */
  | { readonly hearsRtp: boolean };

/**
 * A connection to the other end, or the attempt at one. Packets go over the data channel, and in RTP
 * once the other end has said that a genuine one came that way.
 */
export class DirectPath {
  readonly #options: DirectPathOptions;
  readonly #connection: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #rtp: RtpPath | undefined;
  /** When the last genuine packet came in RTP. */
  #rtpMs = Number.NEGATIVE_INFINITY;
  /** What the other end was told of it, and when. */
  #told = { hearsRtp: false, atMs: Number.POSITIVE_INFINITY };
  /** What the other end says of our packets in RTP. */
  #isHeardInRtp = false;
  /** Packets that were sent while it heard none. */
  #tries = 0;
  /** Signals are worked on in their order. */
  #queue: Promise<void> = Promise.resolve();
  /** And told in their order. */
  #tellings: Promise<void> = Promise.resolve();

  private constructor(options: DirectPathOptions) {
    this.#options = options;
    this.#connection = new RTCPeerConnection(options.stun === undefined ? {} : { iceServers: [{ urls: options.stun }] });
    this.#channel = this.#connection.createDataChannel(PACKET_CHANNEL.label, PACKET_CHANNEL);
    this.#channel.binaryType = "arraybuffer";
    this.#channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => options.onDatagram(new Uint8Array(data), "channel");
    this.#rtp = RtpPath.isSupported ? new RtpPath(options.context, (datagram) => options.onDatagram(datagram, "rtp")) : undefined;
    this.#connection.ontrack = ({ transceiver }) => this.#rtp?.start(transceiver);
    this.#connection.onicecandidate = ({ candidate }) => void (candidate && this.#tell({ candidate: candidate.toJSON() }));
    this.#connection.onconnectionstatechange = () => {
      if (this.#connection.connectionState === "failed") this.lookAgain();
    };
    if (options.role !== "dialer") return;
    this.#rtp?.attach(this.#connection.addTransceiver("audio"));
    this.#offer();
  }

  /** Looks for a way; undefined where the browser has no WebRTC. */
  static open(options: DirectPathOptions): DirectPath | undefined {
    return "RTCPeerConnection" in globalThis ? new DirectPath(options) : undefined;
  }

  /** Whether packets can go this way now. */
  get isOpen(): boolean {
    return this.#channel.readyState === "open" && this.#connection.connectionState === "connected";
  }

  /** How packets go now. */
  get way(): CallWay {
    if (!this.isOpen) return "room";
    return this.#isHeardInRtp ? "rtp" : "channel";
  }

  /** What the call made of a packet that came in RTP. One that had come another way before is genuine, too. */
  tookRtp(event: LinkEvent): void {
    if (event.kind === "refused" && event.reason !== "replay") return;
    this.#rtpMs = performance.now();
    this.#tellHearing();
  }

  /** Sends a packet, or drops it where too many wait. */
  send(datagram: Uint8Array): void {
    this.#tellHearing();
    const isHeard = this.#isHeardInRtp;
    if (this.#rtp?.isStarted && (isHeard || this.#tries++ % TRY_EVERY === 0)) this.#rtp.send(datagram);
    if (!isHeard && this.#channel.bufferedAmount < MOST_WAITING_BYTES) this.#channel.send(Uint8Array.from(datagram));
  }

  /** Takes a sealed signal of the other end. */
  take(bytes: Uint8Array): void {
    this.#work(async () => {
      const text = await this.#options.seal.unseal(bytes).catch((error: unknown) => this.#options.onForged(error));
      if (text !== undefined) await this.#follow(JSON.parse(text) as Signal);
    });
  }

  /** Looks for a way again where there is none, such as when the room is back: what was told while it was away is lost. */
  lookAgain(): void {
    if (this.#options.role === "dialer" && this.#connection.connectionState !== "connected") this.#offer({ iceRestart: true });
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
    this.#connection.onconnectionstatechange = this.#connection.onicecandidate = this.#connection.ontrack = null;
    this.#rtp?.close();
    this.#connection.close();
  }

  #tellHearing(): void {
    const nowMs = performance.now();
    const hearsRtp = nowMs - this.#rtpMs < UNHEARD_MS;
    if (hearsRtp === this.#told.hearsRtp && nowMs - this.#told.atMs < TELL_AGAIN_MS) return;
    this.#told = { hearsRtp, atMs: nowMs };
    this.#tell({ hearsRtp });
  }

  async #follow(signal: Signal): Promise<void> {
    if ("hearsRtp" in signal) return void (this.#isHeardInRtp = signal.hearsRtp);
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
    if (localDescription) this.#tell({ description: { type: localDescription.type, sdp: RtpPath.told(localDescription.sdp) } });
  }

  #tell(signal: Signal): void {
    this.#tellings = this.#tellings.then(async () => this.#options.signal(await this.#options.seal.seal(JSON.stringify(signal))));
  }

  /** What does not work out, such as a signal of an attempt before, leaves the way through the room. */
  #work(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(step).catch(() => undefined);
  }
}
