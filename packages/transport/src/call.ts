// A call between two ends, without sockets, clocks and devices: datagrams and times go in,
// datagrams and sound come out.
import { type Codec, CodecError, type DecodeStream, type EncodeStream, specOf } from "@twelvehz/codec";
import type { LinkReport } from "./link/control-message.ts";
import { FramePlayer } from "./playout/frame-player.ts";
import { JitterBuffer, type JitterBufferOptions, type JitterFigures } from "./playout/jitter-buffer.ts";
import { type Layout, layoutText } from "./packets/layout.ts";
import { type OutgoingPacket, Packetizer } from "./packets/packetizer.ts";
import { QuietDetector } from "./playout/quiet-detector.ts";
import { isQuietSound } from "./playout/quiet-sound.ts";
import { lengthened, shortened } from "./playout/time-scale.ts";
import { RateControl } from "./link/rate-control.ts";
import { RTP_HEADER_BYTES, writeRtpHeader } from "./packets/rtp.ts";
import { type LinkEvent, type Refusal, SecureLink, type SecureLinkOptions } from "./link/secure-link.ts";
import { cipherSuite } from "./sframe/cipher-suite.ts";
import { USUAL_HEADER_BYTES } from "./sframe/header.ts";

/** How a call is made. */
export interface CallOptions extends Omit<SecureLinkOptions, "spec"> {
  /** Stays the caller's. */
  readonly codec: Codec;
  /**
   * Sends a datagram to the other end; an answer, to whoever sent the datagram that has just arrived,
   * which may be someone else.
   */
  readonly send: (datagram: Uint8Array, isAnswer: boolean) => void;
  /**
   * What is sent, or the most kbit/s in all, from which the layout follows by what the other end
   * reports.
   */
  readonly rate: { readonly layout: Layout } | { readonly kbps: number };
  /**
   * Bytes that the carrier adds to a packet, as far as `kbps` counts them: 28 for UDP over IPv4.
   * Default 28; RTP's come on top. {@link Call.setCarrierBytes} changes it.
   */
  readonly carrierBytes?: number | undefined;
  /** Put packets into RTP. Default false. */
  readonly rtp?: boolean | undefined;
  /** Send nothing in pauses but what keeps the link alive. Default false. */
  readonly pauses?: boolean | undefined;
  readonly jitter?: JitterBufferOptions | undefined;
  /**
   * Cut a few ms out of a frame's sound where it is played later than it need be, and add some where
   * it is played too early: for those who ask for frames by {@link Call.frameMs}. Default false.
   */
  readonly timeScales?: boolean | undefined;
}

/** What a call has done. */
export interface CallFigures extends JitterFigures {
  readonly sentFrames: number;
  readonly sentPackets: number;
  /** Bytes sent, with what the carrier adds. */
  readonly sentBytes: number;
  /**
   * Kbit/s of codes, with encryption and what the carrier adds; 0 before the first. Hellos, reports
   * and byes come on top.
   */
  readonly kilobitsPerSecond: number;
  readonly receivedPackets: number;
  /** Packets of which nothing was used, by reason. */
  readonly refused: Readonly<Partial<Record<Refusal, number>>>;
  /** The layout that is sent now. */
  readonly layout: string;
  /** What the other end last said of the sound that it gets. */
  readonly peerReport: LinkReport | undefined;
}

/** Ms between two hellos of a dialer, two reports, two byes. */
const HELLO_MS = 400;
const REPORT_MS = 2000;
/** A report goes after this many ms where this much more is lost than the last one said. */
const SOON_MS = 400;
const MUCH_MORE = 0.05;
const BYE_MS = 200;
/**
 * Byes until the other end is taken to know: at 20 % loss one call in three thousand ends without.
 */
const BYES = 5;

/** By how much sound may be late before it is shortened, ms; what is early is brought to between 0 and this. */
const NEAR_MS = 10;

/**
 * One end of a call. Its functions are called one at a time, but for {@link Call.speak}, which may
 * go on beside the others.
 */
export class Call {
  readonly #options: CallOptions;
  readonly #link: SecureLink;
  readonly #encoder: EncodeStream;
  readonly #decoder: DecodeStream;
  readonly #player: FramePlayer;
  readonly #buffer: JitterBuffer;
  readonly #packetizer: Packetizer;
  readonly #rate: RateControl | undefined;
  readonly #detector = new QuietDetector();
  readonly #source = crypto.getRandomValues(new Uint32Array(1))[0];
  readonly #refused: Partial<Record<Refusal, number>> = {};
  #carrierBytes: number;
  #sent = { sentPackets: 0, sentBytes: 0 };
  #codesBytes = 0;
  #receivedPackets = 0;
  #peerReport: LinkReport | undefined;
  #peerFrames: number | undefined;
  #nextFrame = 0;
  #byes = -1;
  #due = { hello: 0, report: 0, bye: 0 };
  /** What was last reported, and when. */
  #reported = { loss: 0, atMs: Number.NEGATIVE_INFINITY };
  #heardMs: number | undefined;
  #isQuiet = false;
  #addedMs = 0;

  private constructor(options: CallOptions, link: SecureLink) {
    const { codec, rate } = options;
    const spec = specOf(codec.info);
    this.#options = options;
    this.#link = link;
    this.#encoder = codec.openEncodeStream();
    this.#decoder = codec.openDecodeStream();
    this.#player = new FramePlayer(this.#decoder, spec);
    this.#buffer = new JitterBuffer(spec, options.jitter);
    this.#carrierBytes = options.carrierBytes ?? 28;
    this.#rate = "kbps" in rate ? new RateControl(spec, { kbps: rate.kbps, overheadBytes: this.#overheadBytes }) : undefined;
    this.#packetizer = new Packetizer(spec, "layout" in rate ? rate.layout : (this.#rate as RateControl).layout);
  }

  /**
   * Opens one end.
   * @throws RangeError for a cipher suite that does not exist; CodecError as opening streams does
   */
  static async open(options: CallOptions): Promise<Call> {
    const link = await SecureLink.open({ ...options, spec: specOf(options.codec.info) });
    return new Call(options, link);
  }

  /** True when the other end is there, and sound may be sent. */
  get isReady(): boolean {
    return this.#link.isReady;
  }

  /**
   * True when this end has hung up, the other end knows or has had time to, and all of its sound
   * was played.
   */
  get isOver(): boolean {
    return this.#byes >= BYES && this.hasHeardAll;
  }

  /** True when the other end has hung up, and all of its sound was played. */
  get hasHeardAll(): boolean {
    return this.#peerFrames !== undefined && this.#nextFrame >= this.#peerFrames;
  }

  /** When the last genuine packet came, ms of the caller's clock; undefined before the first. */
  get heardMs(): number | undefined {
    return this.#heardMs;
  }

  get figures(): CallFigures {
    return {
      ...this.#buffer.figures,
      ...this.#sent,
      sentFrames: this.#packetizer.frames,
      kilobitsPerSecond: this.#kilobitsPerSecond,
      receivedPackets: this.#receivedPackets,
      refused: { ...this.#refused },
      layout: layoutText(this.#packetizer.layout),
      peerReport: this.#peerReport,
    };
  }

  get #kilobitsPerSecond(): number {
    const { frames } = this.#packetizer;
    return frames === 0 ? 0 : (this.#codesBytes * 8 * this.#options.codec.info.frameRate) / frames / 1000;
  }

  /** Bytes of a packet beside its payload. */
  get #overheadBytes(): number {
    const rtpBytes = this.#options.rtp ? RTP_HEADER_BYTES : 0;
    return this.#carrierBytes + rtpBytes + USUAL_HEADER_BYTES + cipherSuite(this.#link.suite).tagBytes;
  }

  /**
   * Packets go by another carrier from now on: the layout follows. Harmless when repeated.
   * @param bytes that it adds to a packet, as `carrierBytes` of the options
   */
  setCarrierBytes(bytes: number): void {
    if (bytes === this.#carrierBytes) return;
    this.#carrierBytes = bytes;
    this.#fitRate();
  }

  #fitRate(): void {
    if (!this.#rate) return;
    this.#rate.setOverhead(this.#overheadBytes);
    this.#packetizer.setLayout(this.#rate.layout);
  }

  /**
   * A datagram has come.
   * @throws CodecError `model-mismatch` when the other end has another model: no call can come of
   * it. What else is wrong with a datagram is in the event.
   */
  async arrive(datagram: Uint8Array, nowMs: number): Promise<LinkEvent> {
    const { suite, calls } = this.#link;
    const event = await this.#link.take(datagram);
    if (this.#link.suite !== suite) this.#fitRate(); // it is the dialer's that is used
    if (calls > 0 && this.#link.calls > calls) this.#beginAgain();
    if ("answer" in event && event.answer) this.#send(event.answer, true);
    if (event.kind === "refused") {
      this.#refused[event.reason] = (this.#refused[event.reason] ?? 0) + 1;
      if (event.reason === "other-model" && this.#options.role === "dialer") throw event.error;
      return event;
    }
    if (this.#link.isReady) this.#heardMs = nowMs; // a first hello may be a recording
    if (event.kind === "codes") {
      this.#receivedPackets++;
      this.#buffer.push(event.frame, event.payload, nowMs);
    }
    if (event.kind !== "control") return event;
    if (event.message.kind === "bye") this.#peerFrames = event.message.frames;
    else this.#takeReport(event.message);
    return event;
  }

  /** A dialer has called again. */
  #beginAgain(): void {
    this.#buffer.restart();
    this.#peerFrames = undefined;
    this.#nextFrame = 0;
  }

  #takeReport(report: LinkReport): void {
    this.#peerReport = report;
    this.#rate?.report(report);
    if (this.#rate) this.#packetizer.setLayout(this.#rate.layout);
  }

  /**
   * Sends sound.
   * @param samples mono PCM at the model's rate, any number, after those before
   * @throws CodecError `usage` before the call is ready, `bad-audio` for samples that are not
   * finite
   */
  async speak(samples: Float32Array): Promise<void> {
    const codes = await this.#encoder.push(samples);
    await this.#sendPackets(this.#packetizer.push(codes, this.#options.pauses === true && this.#detector.isQuiet(samples)));
  }

  /**
   * Passes over sound that was said and will not be sent, such as what a machine could not code in
   * time: what follows is heard when it was said, not later.
   * @param frames 0 or more
   */
  async skip(frames: number): Promise<void> {
    await this.#sendPackets(this.#packetizer.skip(frames));
  }

  /** Sends what remains, and tells the other end that nothing follows. It may go on speaking. */
  async hangUp(): Promise<void> {
    if (this.#byes >= 0) return;
    this.#byes = 0;
    if (!this.#link.isReady) return;
    if (this.#encoder.sampleCount > 0) await this.#sendPackets(this.#packetizer.push(await this.#encoder.flush()));
    await this.#sendPackets(this.#packetizer.flush());
    await this.#sendBye();
  }

  async #sendBye(): Promise<void> {
    this.#byes++;
    this.#send(await this.#link.sealControl({ kind: "bye", frames: this.#packetizer.frames }));
  }

  async #sendPackets(packets: readonly OutgoingPacket[]): Promise<void> {
    for (const packet of packets) {
      const sealed = await this.#link.sealCodes(packet.frame, packet.payload);
      const datagram = this.#options.rtp ? this.#inRtp(packet.frame, sealed) : sealed;
      this.#codesBytes += datagram.length + this.#carrierBytes;
      this.#send(datagram);
    }
  }

  #inRtp(frame: number, sealed: Uint8Array): Uint8Array {
    const timestamp = frame * this.#options.codec.info.samplesPerFrame;
    const header = writeRtpHeader({ sequence: this.#sent.sentPackets, timestamp, source: this.#source, marker: frame === 0 });
    const out = new Uint8Array(header.length + sealed.length);
    out.set(header);
    out.set(sealed, header.length);
    return out;
  }

  #send(datagram: Uint8Array, isAnswer = false): void {
    const { sentPackets, sentBytes } = this.#sent;
    this.#sent = { sentPackets: sentPackets + 1, sentBytes: sentBytes + datagram.length + this.#carrierBytes };
    this.#options.send(datagram, isAnswer);
  }

  /**
   * The next frame of sound, asked for once in the time of a frame.
   * @returns samples at the model's rate; none while there is nothing to play yet, and after the
   * end
   */
  async play(nowMs: number): Promise<Float32Array> {
    if (this.hasHeardAll) return new Float32Array(0);
    const pulled = this.#buffer.pull(nowMs, this.#isQuiet);
    if (!pulled) {
      if (this.#peerFrames !== undefined && !this.#buffer.hasBegun) this.#nextFrame = this.#peerFrames;
      return new Float32Array(0);
    }
    if (pulled.kind !== "held") this.#nextFrame = pulled.frame + 1;
    const samples = await this.#player.play(pulled);
    this.#isQuiet = isQuietSound(samples);
    const out = this.#options.timeScales === true && pulled.kind !== "held" ? this.#inTime(samples) : samples;
    this.#addedMs = (1000 * (out.length - samples.length)) / this.#options.codec.info.sampleRate;
    return out;
  }

  /**
   * Ms from the last frame that {@link Call.play} gave to the next: less where sound was cut out,
   * more where some was added.
   */
  get frameMs(): number {
    const { samplesPerFrame, sampleRate } = this.#options.codec.info;
    return (1000 * samplesPerFrame) / sampleRate + this.#addedMs;
  }

  #inTime(samples: Float32Array): Float32Array {
    const { sampleRate } = this.#options.codec.info;
    const { delayMs, targetMs } = this.#buffer.figures;
    const lateMs = delayMs - targetMs;
    if (lateMs < 0) return lengthened(samples, sampleRate, NEAR_MS - lateMs);
    return lateMs > NEAR_MS ? shortened(samples, sampleRate, lateMs) : samples;
  }

  /** The rest of the sound, when all was heard. */
  flush(): Promise<Float32Array> {
    return this.#decoder.flush();
  }

  /** What is to be done now and then: hellos, reports, byes. Called about ten times a second. */
  async tick(nowMs: number): Promise<void> {
    if (!this.#link.isReady) {
      if (this.#options.role === "dialer" && this.#isDue("hello", nowMs, HELLO_MS)) this.#send(await this.#link.hello());
      return;
    }
    if (this.#receivedPackets > 0 && !this.hasHeardAll) await this.#report(nowMs);
    if (this.#byes >= 0 && !this.isOver && this.#isDue("bye", nowMs, BYE_MS)) await this.#sendBye();
  }

  async #report(nowMs: number): Promise<void> {
    const { loss, burst, queueMs, lost, whole, partial } = this.#buffer.figures;
    const isUrgent = loss > this.#reported.loss + MUCH_MORE && nowMs >= this.#reported.atMs + SOON_MS;
    if (!this.#isDue("report", nowMs, REPORT_MS) && !isUrgent) return;
    this.#reported = { loss, atMs: nowMs };
    const concealed = lost / Math.max(1, whole + partial + lost);
    this.#send(await this.#link.sealControl({ kind: "report", loss, burst, queueMs, concealed }));
  }

  #isDue(what: "hello" | "report" | "bye", nowMs: number, everyMs: number): boolean {
    if (nowMs < this.#due[what]) return false;
    this.#due[what] = nowMs + everyMs;
    return true;
  }

  /** Frees the streams. */
  async close(): Promise<void> {
    await Promise.all([this.#encoder.close(), this.#decoder.close()]);
  }
}

/**
 * What to say where the other end is not heard.
 * @param heardMs as {@link Call.heardMs}
 */
export function silenceError(heardMs: number | undefined, seconds: number): CodecError {
  const why = heardMs === undefined ? "nobody answered" : "the other end has fallen silent";
  const remedy = heardMs === undefined ? "see that it listens, that the address is right, and that both have the same key" : "call again";
  return new CodecError("io", `Cannot go on with the call: ${why} for ${seconds} s; ${remedy}`);
}
