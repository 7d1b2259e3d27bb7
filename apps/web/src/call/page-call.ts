// A call of this page: a room where the other end is found, a way to it, and the sound. Packets go
// from page to page where that is possible, and through the room where it is not.
//
// The clock of all of it is the sound card's: each piece of the microphone asks what is due. So the
// call goes on in a tab that is not shown, where timers stand still. And a page that stands still
// takes no packet for late that came meanwhile: pieces and packets are seen in the order in which
// they came.
import { type Codec, CodecError } from "@twelvehz/codec/web";
import {
  Call,
  lossModel,
  newMember,
  RoomConnection,
  roomName,
  roomSocketUrl,
  type RoomState,
  SeededDice,
  SignalSeal,
  stunServerIn,
} from "@twelvehz/transport";
import { BitRate } from "../live/bit-rate.ts";
import type { CallDelay, CallPhase, CallTrouble, CallView } from "./call-view.ts";
import { CallSound } from "./call-sound.ts";
import { type CallWay, suiteFor, WAY_BYTES } from "./call-way.ts";
import { DirectPath } from "./direct-path.ts";
import { FramesWaiting } from "./frames-waiting.ts";
import { LastWords } from "./last-words.ts";
import { isSilent, needsNoRoom, type Peer, sayBye, wayTo } from "./peer.ts";

/** Ms between two looks at what is to be told. */
const TICK_MS = 100;
const VIEW_MS = 250;
const STATS_MS = 1000;
/** Packets of another key after which that is said. */
const MANY_WRONG = 3;

/** How a call is made. */
export interface PageCallOptions {
  readonly codec: Codec;
  readonly context: AudioContext;
  readonly microphone: MediaStream | undefined;
  readonly secret: Uint8Array;
  /** Address of the page. */
  readonly page: string;
  /** Most kbit/s in all. */
  readonly kbps: number;
  readonly onView: (view: CallView) => void;
  /** Called once when the call cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

/** A call that runs. Codec and context stay the caller's. */
export class PageCall {
  readonly lastWords: LastWords;
  readonly #options: PageCallOptions;
  readonly #room: RoomConnection;
  #sound: CallSound | undefined;
  #peer: Peer | undefined;
  #state: RoomState | undefined;
  /** All that is done with the call, in its order. */
  #queue: Promise<void> = Promise.resolve();
  #speaking: Promise<void> = Promise.resolve();
  readonly #waiting = new FramesWaiting();
  #isSpeaking = false;
  #isBusy = false;
  #isClosed = false;
  #isMuted = false;
  /** Why the room is closed for good. */
  #refusal: CodecError | undefined;
  #loss = { part: 0, falls: (): boolean => false };
  #encodeMs = 0;
  #decodeMs = 0;
  #roundTripMs: number | undefined;
  #due = { tick: 0, view: 0, stats: 0 };
  #peaks = { own: 0, other: 0 };
  readonly #troubles = new Set<CallTrouble>();
  readonly #frame: Float32Array;
  #filled = 0;

  private constructor(options: PageCallOptions, url: string) {
    const { info } = options.codec;
    this.#options = options;
    this.#frame = new Float32Array(info.samplesPerFrame);
    this.lastWords = new LastWords(info.sampleRate);
    if (!options.microphone) this.#troubles.add("no-microphone");
    this.#room = new RoomConnection({
      url,
      webSocket: WebSocket as never,
      onRoom: (state) => this.#do(() => this.#enter(state)),
      onBytes: (bytes) => this.#take(bytes),
      onLost: () => void this.#troubles.add("no-room"),
      onRefused: (error) => {
        this.#refusal = error; // a call that has another way goes on
        this.#troubles.add("no-room");
      },
    });
  }

  /**
   * Enters the room, and talks with whoever comes.
   * @throws CodecError as opening sound and codec do
   */
  static async start(options: PageCallOptions): Promise<PageCall> {
    const { codec, context, microphone, secret, page } = options;
    stunServerIn(page); // one that cannot be is said before the room is entered
    const [name] = await Promise.all([roomName(secret), codec.prepare()]);
    const call = new PageCall(options, roomSocketUrl(page, name, newMember()));
    call.#sound = await CallSound.open({
      context,
      info: codec.info,
      microphone,
      onPiece: (samples) => call.#piece(samples),
      onMicrophoneLost: () => void call.#troubles.add("no-microphone"),
    });
    return call;
  }

  /** Loses this part of the packets that are sent, 0 to 0.9, to try what happens then. */
  setLoss(part: number): void {
    const dice = new SeededDice(crypto.getRandomValues(new Uint32Array(1))[0]);
    this.#loss = { part, falls: lossModel({ loss: part }, dice) };
  }

  /** Says silence instead of what the microphone hears. */
  setMuted(isMuted: boolean): void {
    this.#isMuted = isMuted;
  }

  /** Hangs up, leaves the room, lets the microphone go. */
  async stop(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sound?.close();
    await Promise.all([this.#queue, this.#speaking]);
    if (this.#peer) await sayBye(this.#peer, this.#nowMs).catch(() => undefined); // a codec that has failed: why is told already
    this.#room.close();
    await this.#queue; // someone may have come meanwhile
    await this.#part().catch(() => undefined);
  }

  get #nowMs(): number {
    return this.#sound?.nowMs ?? 0;
  }

  #do(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(step).catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.#options.onFailure(error);
    void this.stop();
  }

  /**
   * The other end has come or gone, or this one has come back. A call that there is keeps its roles,
   * whichever a server that was started anew gives out.
   */
  async #enter(state: RoomState): Promise<void> {
    this.#troubles.delete("no-room");
    this.#state = state;
    if (state.peer === undefined) return;
    if (state.peer === this.#peer?.name) return this.#peer.path?.lookAgain();
    await this.#part();
    await this.#meet(state.peer, state);
  }

  async #meet(name: string, { role }: RoomState): Promise<void> {
    const { codec, context, secret, kbps } = this.#options;
    for (const trouble of ["wrong-key", "other-model", "no-direct"] as const) this.#troubles.delete(trouble);
    const seal = await SignalSeal.open(secret, role);
    const call = await Call.open({
      codec,
      secret,
      role,
      rate: { kbps },
      suite: suiteFor(kbps),
      carrierBytes: WAY_BYTES.room,
      pauses: true,
      timeScales: true,
      send: (datagram) => this.#send(datagram),
    });
    const path = DirectPath.open({
      role,
      seal,
      context,
      stun: stunServerIn(this.#options.page),
      signal: (bytes) => void this.#room.send(bytes),
      onDatagram: (datagram, way) => this.#arrive(datagram, way),
      onForged: () => this.#suspectKey(),
    });
    if (!path) this.#troubles.add("no-direct");
    this.#sound?.renew();
    this.#peer = { name, call, path, sent: new BitRate(), received: new BitRate(), wrongKeys: 0, playMs: undefined, hasHungUp: false };
  }

  /** Frees what there is of the other end. */
  async #part(): Promise<void> {
    const peer = this.#peer;
    this.#peer = undefined;
    this.#roundTripMs = undefined;
    peer?.path?.close();
    await peer?.call.close();
  }

  #send(datagram: Uint8Array): void {
    const peer = this.#peer;
    if (!peer) return;
    const way = wayTo(peer);
    peer.sent.add(this.#nowMs, 8 * (datagram.length + WAY_BYTES[way]));
    peer.call.setCarrierBytes(WAY_BYTES[way]); // for the packets after this one
    if (this.#loss.falls()) return;
    if (way === "room") this.#room.send(datagram);
    else peer.path?.send(datagram);
  }

  /** Bytes of the room: signals of the other end, and packets where there is no other way. */
  #take(bytes: Uint8Array): void {
    if (!SignalSeal.matches(bytes)) return this.#arrive(bytes, "room");
    this.#do(async () => this.#peer?.path?.take(bytes));
  }

  #arrive(datagram: Uint8Array, way: CallWay): void {
    const nowMs = this.#nowMs;
    this.#do(async () => {
      const peer = this.#peer;
      if (!peer) return;
      peer.received.add(nowMs, 8 * (datagram.length + WAY_BYTES[way]));
      try {
        const event = await peer.call.arrive(datagram, nowMs);
        if (way === "rtp") peer.path?.tookRtp(event);
        if (peer.call.isReady) this.#troubles.delete("wrong-key");
        if (event.kind !== "refused") return;
        if (event.reason === "wrong-key" && ++peer.wrongKeys >= MANY_WRONG) this.#suspectKey();
        if (event.reason === "other-model") this.#troubles.add("other-model");
      } catch (error) {
        if (!(error instanceof CodecError && error.code === "model-mismatch")) throw error;
        this.#troubles.add("other-model");
      }
    });
  }

  /** Once keys are agreed on, what cannot be opened is left over from before, or forged. */
  #suspectKey(): void {
    if (!this.#peer?.call.isReady) this.#troubles.add("wrong-key");
  }

  /** Sound of the microphone: it is sent a frame at a time, and tells what time it is. */
  #piece(samples: Float32Array): void {
    for (let at = 0; at < samples.length; ) {
      const part = samples.subarray(at, at + this.#frame.length - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#frame.length) this.#speak(this.#frame.slice());
    }
    this.#look();
  }

  #speak(frame: Float32Array): void {
    this.#filled = 0;
    if (this.#isMuted) frame.fill(0);
    this.lastWords.add(frame);
    this.#peaks.own = Math.max(this.#peaks.own, peakOf(frame));
    if (!this.#peer?.call.isReady || this.#peer.hasHungUp) return this.#waiting.clear();
    this.#waiting.add(frame);
    if (!this.#isSpeaking) this.#speaking = this.#speakAll();
  }

  /** Codes what waits until nothing does: frames that came during the work are taken together, which costs less. */
  async #speakAll(): Promise<void> {
    const peer = this.#peer;
    this.#isSpeaking = true;
    try {
      while (peer && peer === this.#peer && !this.#waiting.isEmpty) {
        const began = performance.now();
        const { missed, samples } = this.#waiting.take();
        await peer.call.skip(missed);
        await peer.call.speak(samples);
        this.#encodeMs = performance.now() - began;
      }
    } catch (error) {
      if (peer === this.#peer) this.#fail(error); // else its stream was closed: someone else is there
    } finally {
      this.#isSpeaking = false;
    }
  }

  /** Does what is due. */
  #look(): void {
    const nowMs = this.#nowMs;
    this.#room.tick(nowMs);
    if (this.#isBusy || this.#isClosed) return;
    this.#isBusy = true;
    this.#do(async () => {
      try {
        await this.#work(nowMs);
      } finally {
        this.#isBusy = false;
      }
    });
  }

  async #work(nowMs: number): Promise<void> {
    const peer = this.#peer;
    if (this.#refusal && !needsNoRoom(peer, nowMs)) throw this.#refusal;
    if (peer) {
      if (this.#isDue("tick", nowMs, TICK_MS)) await peer.call.tick(nowMs);
      if (this.#isDue("stats", nowMs, STATS_MS)) this.#measureWay(peer);
      if (peer.call.isReady) await this.#play(peer, nowMs);
    }
    if (this.#isDue("view", nowMs, VIEW_MS)) this.#options.onView(this.#view(nowMs));
  }

  /** Nothing waits for the answer: packets and frames do not. */
  #measureWay(peer: Peer): void {
    void peer.path?.roundTripMs().then((ms) => void (peer === this.#peer && (this.#roundTripMs = ms)));
  }

  /**
   * Frames follow each other on the sound card's clock, from the first one that is there. What the
   * audio thread has in hand without need waits in the jitter buffer instead, which knows how to
   * wait less.
   */
  async #play(peer: Peer, nowMs: number): Promise<void> {
    const sound = this.#sound;
    if (!sound || (peer.playMs !== undefined && sound.nowMs < peer.playMs)) return;
    if (isSilent(peer, nowMs)) return void (peer.playMs = undefined); // nothing is made up for someone who is gone
    const dueMs = sound.nowMs;
    const began = performance.now();
    const samples = await peer.call.play(nowMs);
    if (samples.length > 0) {
      this.#decodeMs = performance.now() - began;
      this.#peaks.other = Math.max(this.#peaks.other, peakOf(samples));
      sound.play(samples);
      peer.playMs = Math.max(peer.playMs ?? dueMs, dueMs - 1000) + peer.call.frameMs + sound.takeSpareMs();
      return;
    }
    peer.playMs = undefined; // nothing is there yet, or any more: what comes next is played when it comes
    if (!peer.call.hasHeardAll || peer.hasHungUp) return;
    peer.hasHungUp = true;
    sound.play(await peer.call.flush());
    await this.#speaking;
    await peer.call.hangUp(); // so that the other end knows that it was heard to the end
  }

  #isDue(what: "tick" | "view" | "stats", nowMs: number, everyMs: number): boolean {
    if (nowMs < this.#due[what]) return false;
    this.#due[what] = nowMs + everyMs;
    return true;
  }

  #view(nowMs: number): CallView {
    const peer = this.#peer;
    const kbps = (rate: BitRate | undefined): number | undefined =>
      rate?.bitsPerSecond === undefined ? undefined : rate.bitsPerSecond / 1000;
    const view = {
      phase: this.#phase(nowMs),
      troubles: [...this.#troubles],
      way: wayTo(peer),
      sentKbps: kbps(peer?.sent),
      receivedKbps: kbps(peer?.received),
      delay: this.#delay(),
      ownPeak: this.#peaks.own,
      otherPeak: this.#peaks.other,
      figures: peer?.call.figures,
    };
    this.#peaks = { own: 0, other: 0 };
    return view;
  }

  #phase(nowMs: number): CallPhase {
    if (!this.#state) return "entering";
    const peer = this.#peer;
    if (!peer) return "alone";
    if (peer.hasHungUp) return "left";
    if (!peer.call.isReady) return this.#state.peer === undefined ? "alone" : "meeting";
    return isSilent(peer, nowMs) ? "silent" : "talking";
  }

  #delay(): CallDelay | undefined {
    const { decodeDelaySamples, samplesPerFrame, sampleRate } = this.#options.codec.info;
    if (!this.#sound || this.#peer?.playMs === undefined) return undefined;
    return {
      frame: (1000 * samplesPerFrame) / sampleRate,
      encode: this.#encodeMs,
      network: (this.#roundTripMs ?? 0) / 2,
      buffer: this.#peer.call.figures.delayMs,
      decode: this.#decodeMs,
      lookAhead: (1000 * decodeDelaySamples) / sampleRate,
      playout: this.#sound.waitMs,
      device: this.#sound.deviceMs,
    };
  }
}

function peakOf(samples: Float32Array): number {
  return samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
}
