// Packets in the RTP of WebRTC, which takes 28 bytes less for each than a data channel: a track of
// silence is encoded by Opus, and a worker puts our datagrams in the place of its frames, or drops
// them. At the other end the worker takes them out again, before the browser's jitter buffer.

/** Which way a transform of the worker goes. */
export type RtpSide = "send" | "receive";

/**
 * Ms of silence in a frame of Opus, the longest that browsers make: 16.7 frames/s for 12.5 packets/s
 * and the reports, so few are made for nothing.
 */
const FRAME_MS = 60;
/** What the other end is not to do: extend the headers of RTP, 16 bytes, and report each packet, for an estimate of the rate that nothing asks for. */
const UNWANTED = /^a=(?:extmap(?:-allow-mixed)?|rtcp-fb):?.*\r\n/gm;

/** One audio track each way, of which the payloads are ours. */
export class RtpPath {
  readonly #context: AudioContext;
  readonly #worker: Worker;
  #silence: ConstantSourceNode | undefined;

  /**
   * @param context running: its clock is that of the frames
   * @param onDatagram called with what comes in RTP
   */
  constructor(context: AudioContext, onDatagram: (datagram: Uint8Array) => void) {
    this.#context = context;
    this.#worker = new Worker(new URL("./rtp-worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => onDatagram(new Uint8Array(data));
  }

  /** Whether this browser can. */
  static get isSupported(): boolean {
    return "RTCRtpScriptTransform" in globalThis;
  }

  /** A description as the other end is to see it. */
  static told(sdp: string): string {
    return sdp.replace(UNWANTED, "").replace("a=rtcp-mux\r\n", `a=rtcp-mux\r\na=ptime:${FRAME_MS}\r\n`);
  }

  /** Whether both ends take RTP, and packets can be sent. */
  get isStarted(): boolean {
    return this.#silence !== undefined;
  }

  /**
   * Makes a transceiver carry packets. To be called in the task in which it came to be: later,
   * Chromium has connected its encoder and decoder already, past any transform.
   */
  attach(transceiver: RTCRtpTransceiver): void {
    transceiver.sender.transform = new RTCRtpScriptTransform(this.#worker, "send" satisfies RtpSide);
    transceiver.receiver.transform = new RTCRtpScriptTransform(this.#worker, "receive" satisfies RtpSide);
  }

  /** The other end sends RTP: so does this end. To be called when its track is told, before an answer is made. */
  start(transceiver: RTCRtpTransceiver): void {
    if (this.#silence) return;
    if (!transceiver.sender.transform) this.attach(transceiver);
    transceiver.direction = "sendrecv";
    this.#silence = new ConstantSourceNode(this.#context, { offset: 0 });
    const track = new MediaStreamAudioDestinationNode(this.#context, { channelCount: 1 });
    this.#silence.connect(track);
    this.#silence.start();
    void transceiver.sender.replaceTrack(track.stream.getAudioTracks()[0]).catch(() => undefined); // the connection was closed
  }

  /** Sends a datagram in the place of a frame. */
  send(datagram: Uint8Array): void {
    const { buffer } = Uint8Array.from(datagram);
    this.#worker.postMessage(buffer, [buffer]);
  }

  close(): void {
    this.#worker.onmessage = null;
    this.#worker.terminate();
    this.#silence?.stop();
    this.#silence?.disconnect();
  }
}
