// Microphone and loudspeaker of a call: sound at the model's rate on this side, the audio thread on
// the other, and the sound card's clock, which says when a frame is due.
import { type ModelInfo, Resampler } from "@twelvehz/codec/web";
import { type CapturedPiece, type PlaybackReport, STOP } from "../live/live-messages.ts";
import { bufferSizes, loadWorklet } from "../live/open-worklet.ts";

/** By how much a frame may come late without being heard, ms, until one was later. */
const JITTER_MS = 20;
/** By how much more in hand is too much, ms. */
const TOO_MUCH_MS = 5;
/** Frames after which what was given back is seen in the reports. */
const FRAMES_TO_SEE = 5;
/** Longest wait before the loudspeaker, ms. */
const MOST_BUFFERED_MS = 500;

/** How sound is opened. */
export interface CallSoundOptions {
  /** Running: resumed by a click. */
  readonly context: AudioContext;
  readonly info: ModelInfo;
  /** Undefined = there is none, and silence is said. */
  readonly microphone: MediaStream | undefined;
  /** Called for every piece of 5 ms or so, in silence too: the clock of the call. */
  readonly onPiece: (samples: Float32Array) => void;
  /** Called when the microphone is taken away. */
  readonly onMicrophoneLost: () => void;
}

/** Sound in and out. */
export class CallSound {
  readonly #options: CallSoundOptions;
  readonly #capture: AudioWorkletNode;
  readonly #playback: AudioWorkletNode;
  readonly #source: AudioNode;
  readonly #toModel: Resampler;
  readonly #toContext: Resampler;
  /** The context's frame that was captured last. */
  #nowFrame = 0;
  #pushed = 0;
  /** Where the last piece begins among all that were played, and when it was given. */
  #last = { at: 0, frame: 0 };
  #waitMs = 0;
  #spareMs: number | undefined;
  /** Frames played since some of it was given back. */
  #sinceTaken = 0;

  private constructor(options: CallSoundOptions) {
    const { context, info, microphone } = options;
    const rate = Math.round(context.sampleRate);
    this.#options = options;
    this.#toModel = new Resampler(rate, info.sampleRate);
    this.#toContext = new Resampler(info.sampleRate, rate);
    this.#source = microphone ? context.createMediaStreamSource(microphone) : silence(context);
    this.#capture = new AudioWorkletNode(context, "twelvehz-capture", { channelCount: 1, channelCountMode: "explicit" });
    this.#playback = new AudioWorkletNode(context, "twelvehz-playback", { numberOfInputs: 0, outputChannelCount: [1] });
    this.#capture.port.onmessage = ({ data }: MessageEvent<CapturedPiece>) => this.#take(data);
    this.#playback.port.onmessage = ({ data }: MessageEvent<PlaybackReport>) => this.#report(data);
    for (const track of microphone?.getTracks() ?? []) track.onended = options.onMicrophoneLost;
  }

  /** @throws CodecError `unsupported` where the browser has no audio worklets */
  static async open(options: CallSoundOptions): Promise<CallSound> {
    const { context } = options;
    await loadWorklet(context);
    const sound = new CallSound(options);
    sound.renew();
    sound.#playback.connect(context.destination);
    sound.#capture.connect(context.destination); // gives silence: a node that nothing listens to may not run
    sound.#source.connect(sound.#capture);
    return sound;
  }

  /** Time on the sound card's clock, ms. */
  get nowMs(): number {
    return (1000 * this.#nowFrame) / this.#options.context.sampleRate;
  }

  /** From handing a frame over to hearing it, ms, without the device. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /**
   * By how much later the next frame may be handed over: what the audio thread had in hand without
   * need in the last two seconds, ms. It counts as given back from then on.
   */
  takeSpareMs(): number {
    const tooMuch = (this.#spareMs ?? 0) - JITTER_MS;
    if (tooMuch < TOO_MUCH_MS || this.#sinceTaken < FRAMES_TO_SEE) return 0;
    this.#sinceTaken = 0;
    return tooMuch;
  }

  /** What the device adds by its own account, ms. */
  get deviceMs(): number {
    const { outputLatency = 0 } = this.#options.context as { readonly outputLatency?: number };
    return 1000 * outputLatency;
  }

  /** Begins anew, for another voice. */
  renew(): void {
    const { context, info } = this.#options;
    const holdAgain = Math.round((JITTER_MS * context.sampleRate) / 1000);
    this.#playback.port.postMessage({ ...bufferSizes(context, info, JITTER_MS, MOST_BUFFERED_MS), holdAgain });
    this.#pushed = 0;
    this.#spareMs = undefined;
  }

  /** Plays samples at the model's rate after those before. */
  play(samples: Float32Array): void {
    const out = this.#toContext.push(samples);
    this.#last = { at: this.#pushed, frame: this.#nowFrame };
    this.#pushed += out.length;
    this.#sinceTaken++;
    this.#playback.port.postMessage(out, [out.buffer]);
  }

  /** Lets microphone and loudspeaker go. The context stays the caller's. */
  close(): void {
    this.#capture.port.onmessage = this.#playback.port.onmessage = null;
    this.#source.disconnect();
    this.#capture.disconnect();
    this.#playback.disconnect();
    for (const node of [this.#capture, this.#playback]) node.port.postMessage(STOP);
    for (const track of this.#options.microphone?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
  }

  #take({ samples, endFrame }: CapturedPiece): void {
    this.#nowFrame = endFrame;
    this.#options.onPiece(this.#toModel.push(samples));
  }

  #report({ isPlaying, position, atFrame, spare }: PlaybackReport): void {
    this.#spareMs = spare === undefined ? undefined : (1000 * spare) / this.#options.context.sampleRate;
    if (isPlaying) this.#waitMs = (1000 * (atFrame + this.#last.at - position - this.#last.frame)) / this.#options.context.sampleRate;
  }
}

/** Someone who has no microphone: keeps the clock going. */
function silence(context: AudioContext): AudioNode {
  const source = new ConstantSourceNode(context, { offset: 0 });
  source.start();
  return source;
}
