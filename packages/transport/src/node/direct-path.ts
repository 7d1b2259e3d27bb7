// A way from this process to a page, or to another process, without the server: the data channel of
// WebRTC that a page has too. Offers and answers go through the room, sealed.
import type { LinkRole } from "../link/hello.ts";
import { MOST_WAITING_BYTES, PACKET_CHANNEL } from "../room/packet-channel.ts";
import { stunServerIn } from "../room/room-link.ts";
import { SignalSeal } from "../room/signal-seal.ts";

/** What is used of the package `node-datachannel` 0.33.4, which need not be there. */
interface Library {
  readonly PeerConnection: new (name: string, config: { readonly iceServers: readonly string[] }) => Connection;
  /** Ends its threads, which keep a process alive; the next connection begins them anew. */
  readonly cleanup: () => void;
}

interface Connection {
  onLocalDescription(told: (sdp: string, type: string) => void): void;
  onLocalCandidate(told: (candidate: string, mid: string) => void): void;
  setRemoteDescription(sdp: string, type: "offer" | "answer"): void;
  addRemoteCandidate(candidate: string, mid: string): void;
  createDataChannel(label: string, options: typeof CHANNEL): Channel;
  close(): void;
}

interface Channel {
  isOpen(): boolean;
  bufferedAmount(): number;
  sendMessageBinary(bytes: Uint8Array): boolean;
  onMessage(heard: (message: string | ArrayBuffer | Uint8Array) => void): void;
  onOpen(opened: () => void): void;
  close(): void;
}

/** {@link PACKET_CHANNEL} in the words of this package. */
const { label: LABEL, ordered, ...SETTINGS } = PACKET_CHANNEL;
const CHANNEL = { ...SETTINGS, unordered: !ordered };
const LIBRARY: string = "node-datachannel";

/** How a way is made. */
export interface DirectPathOptions {
  readonly role: LinkRole;
  readonly secret: Uint8Array;
  /** Address of the page, which may name a STUN server. */
  readonly page: string;
  /** Sends a sealed signal through the room. */
  readonly signal: (bytes: Uint8Array) => void;
  readonly onDatagram: (datagram: Uint8Array) => void;
  /** Called when the way is open. */
  readonly onOpen: () => void;
}

type Signal =
  | { readonly description: { readonly type: "offer" | "answer"; readonly sdp: string } }
  | { readonly candidate: { readonly candidate: string; readonly sdpMid?: string | null } };

/** Ways of this process that are not closed: the threads of the library are all of theirs. */
let ways = 0;

/** Whether the package `node-datachannel` is there, without which there is no direct way. */
export async function hasDataChannels(): Promise<boolean> {
  return (await library()) !== undefined;
}

async function library(): Promise<Library | undefined> {
  try {
    return (await import(LIBRARY)) as Library;
  } catch {
    return undefined; // it is optional, and there is no binary of it for some machines
  }
}

/** A data channel to the other end, or the attempt at one. */
export class DirectPath {
  readonly #options: DirectPathOptions;
  readonly #seal: SignalSeal;
  readonly #library: Library;
  readonly #connection: Connection;
  #isClosed = false;
  #channel: Channel | undefined;
  /** Signals are worked on, and told, in their order. */
  #taken: Promise<void> = Promise.resolve();
  #told: Promise<void> = Promise.resolve();

  private constructor(options: DirectPathOptions, seal: SignalSeal, found: Library) {
    const stun = stunServerIn(options.page);
    const connection = new found.PeerConnection("twelvehz", { iceServers: stun === undefined ? [] : [stun] });
    ways++;
    this.#options = options;
    this.#seal = seal;
    this.#library = found;
    this.#connection = connection;
    connection.onLocalDescription((sdp, type) => {
      if (type === "offer" || type === "answer") this.#tell({ description: { sdp, type } });
    });
    connection.onLocalCandidate((candidate, sdpMid) => this.#tell({ candidate: { candidate, sdpMid } }));
    if (options.role === "dialer") this.#openChannel(); // which makes the offer
  }

  /** Looks for a way; undefined where the package for it is not there. */
  static async open(options: DirectPathOptions): Promise<DirectPath | undefined> {
    const found = await library();
    if (!found) return undefined;
    return new DirectPath(options, await SignalSeal.open(options.secret, options.role), found);
  }

  /** Whether packets can go this way now. */
  get isOpen(): boolean {
    return this.#channel?.isOpen() ?? false;
  }

  /** Sends a packet, or drops it where the way is not open or too many wait. */
  send(datagram: Uint8Array): void {
    if (!this.#channel?.isOpen() || this.#channel.bufferedAmount() >= MOST_WAITING_BYTES) return;
    try {
      this.#channel.sendMessageBinary(datagram);
    } catch {
      // it was closed just now: one more lost packet
    }
  }

  /** Takes a sealed signal of the other end. One that cannot be read or used leaves the way through the room. */
  take(bytes: Uint8Array): void {
    this.#taken = this.#taken.then(async () => this.#follow(JSON.parse(await this.#seal.unseal(bytes)) as Signal)).catch(() => undefined);
  }

  /** Ends it. The process may end then. Harmless when repeated. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#channel?.close();
    this.#channel = undefined;
    this.#connection.close();
    if (--ways === 0) this.#library.cleanup();
  }

  #follow(signal: Signal): void {
    if ("candidate" in signal) return this.#connection.addRemoteCandidate(signal.candidate.candidate, signal.candidate.sdpMid ?? "0");
    this.#connection.setRemoteDescription(withoutSound(signal.description.sdp), signal.description.type);
    if (signal.description.type === "offer" && !this.#channel) this.#openChannel();
  }

  #openChannel(): void {
    const channel = this.#connection.createDataChannel(LABEL, CHANNEL);
    this.#channel = channel;
    channel.onMessage((message) => {
      if (typeof message !== "string") this.#options.onDatagram(new Uint8Array(message));
    });
    channel.onOpen(() => this.#options.onOpen());
  }

  #tell(signal: Signal): void {
    this.#told = this.#told.then(async () => this.#options.signal(await this.#seal.seal(JSON.stringify(signal))));
  }
}

/** Turns down the RTP that a page offers: this end has the channel alone, and the answer is to say so. */
function withoutSound(sdp: string): string {
  return sdp.replace(/^a=sendrecv\r$/m, "a=inactive\r");
}
