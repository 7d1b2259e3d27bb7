// Microphone -> codes -> loudspeaker, while one speaks. Sound is taken from the audio thread,
// brought to the model's rate, encoded and decoded in the codec's worker, or on a server, frame by
// frame, brought back to the context's rate and played through a jitter buffer on the audio thread.
//
// Decoded sample n belongs to captured sample n: nothing on the way shifts the sound. So the delay
// needs no guess: it is the time on the context's clock at which a sample is played less the time
// at which it was captured, and what the devices add by their own account.

import { bitsPerCode, type Codec, CodecError, type Codes, type DecodeStream, type EncodeStream, Resampler } from "@twelvehz/codec/web";
import { type ChosenLayers, firstLayersOf, layerSelectionOf } from "../steps/chosen-layers.ts";
import { BitRate } from "./bit-rate.ts";
import { type CapturedPiece, type PlaybackReport, STOP } from "./live-messages.ts";
import { bufferSizes, loadWorklet } from "./open-worklet.ts";

/** Lateness of a decoded frame that is not heard, ms, until it was heard once. */
const JITTER_MS = 40;
/** Longest wait in the jitter buffer before sound is left out, ms. */
const MOST_BUFFERED_MS = 1000;
/** Frames that wait for the codec when the loop gives up: two seconds behind. */
const MOST_WAITING = 25;

/** How a live loop runs now. */
export interface LiveStats {
  /** From the microphone to the loudspeaker, ms, measured; undefined while nothing is heard yet. */
  readonly delayMs: number | undefined;
  /**
   * Part of the delay that the codec needs to look ahead: a frame, and what the decoder keeps open,
   * ms.
   */
  readonly lookAheadMs: number;
  /**
   * Part of the delay: work on the last frame, or on the last few where they had to wait for each
   * other, ms; undefined before the first.
   */
  readonly workMs: number | undefined;
  /** Part of the delay: sound device, in and out, by their own account, ms. */
  readonly deviceMs: number;
  /** Measured over the last three seconds, of the layers that are used. */
  readonly bitsPerSecond: number | undefined;
  /** Codec frames so far. */
  readonly frames: number;
  /** How often the sound broke off. */
  readonly underruns: number;
  /** Sound left out to catch up, ms. */
  readonly droppedMs: number;
  /** Loudest sample that came in since the last report, 0 to 1. */
  readonly inputPeak: number;
}

/** Whoever looks at sound and codes on their way. Pieces follow each other without a gap. */
export interface LiveObserver {
  /** Takes sound that was captured, at the model's rate. */
  takeInput(samples: Float32Array): void;
  /** Takes frames of codes, all layers, and which of them are decoded. */
  takeCodes(codes: Codes, chosen: ChosenLayers): void;
  /** Takes sound that was decoded, at the model's rate; sample n is what became of captured sample n. */
  takeOutput(samples: Float32Array): void;
}

/** How a live loop is started. */
export interface LiveLoopOptions {
  /** What to listen to: a microphone, or a node of `context`. */
  readonly source: MediaStream | AudioNode;
  /** The clock and the loudspeaker; must be running, that is, resumed by a click or a key. */
  readonly context: AudioContext;
  /** Where to play. Default: the loudspeaker. */
  readonly output?: AudioNode | undefined;
  /** Layers to decode. Default: all. */
  readonly chosen?: ChosenLayers | undefined;
  /** Who looks on. */
  readonly observer?: LiveObserver | undefined;
  /** Called ten times a second. */
  readonly onStats?: ((stats: LiveStats) => void) | undefined;
  /**
   * Called once when the loop has ended by itself: the microphone was taken away (`io`), or the
   * work takes longer than the sound (`runtime`).
   */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** A loop that runs. The codec and the context stay the caller's. */
export class LiveLoop {
  readonly #codec: Codec;
  readonly #options: LiveLoopOptions;
  readonly #encoder: EncodeStream;
  readonly #decoder: DecodeStream;
  readonly #toCodec: Resampler;
  readonly #toContext: Resampler;
  readonly #input: AudioNode;
  readonly #capture: AudioWorkletNode;
  readonly #playback: AudioWorkletNode;
  readonly #bitRate = new BitRate();
  /** Samples of the frame that is not whole yet. */
  readonly #frame: Float32Array;
  #filled = 0;
  #chosen: ChosenLayers;
  /** The context's frame at which the first sample was captured. */
  #firstFrame: number | undefined;
  #frames = 0;
  /** Whole frames that the codec has not taken yet. */
  #waiting: Float32Array[] = [];
  #isWorking = false;
  #workMs: number | undefined;
  #peak = 0;
  #stopped = false;

  private constructor(codec: Codec, options: LiveLoopOptions) {
    const { source, context, output = context.destination } = options;
    const { sampleRate, samplesPerFrame, layers } = codec.info;
    const contextRate = Math.round(context.sampleRate);
    this.#codec = codec;
    this.#options = options;
    this.#chosen = options.chosen ?? firstLayersOf(layers, layers);
    this.#frame = new Float32Array(samplesPerFrame);
    this.#decoder = codec.openDecodeStream(layerSelectionOf(this.#chosen));
    this.#encoder = codec.openEncodeStream();
    this.#toCodec = new Resampler(contextRate, sampleRate);
    this.#toContext = new Resampler(sampleRate, contextRate);
    this.#input = source instanceof AudioNode ? source : context.createMediaStreamSource(source);
    this.#capture = new AudioWorkletNode(context, "twelvehz-capture", { channelCount: 1, channelCountMode: "explicit" });
    this.#playback = new AudioWorkletNode(context, "twelvehz-playback", { numberOfInputs: 0, outputChannelCount: [1] });
    this.#playback.connect(output);
    this.#capture.connect(output); // gives silence: a node that nothing listens to may not run
  }

  /**
   * Starts a loop.
   * @throws CodecError `usage` for a number of layers that is not there, `unsupported` where the
   * browser has no audio worklets, and as `Codec.prepare`
   */
  static async start(codec: Codec, options: LiveLoopOptions): Promise<LiveLoop> {
    await Promise.all([loadWorklet(options.context), codec.prepare()]);
    const loop = new LiveLoop(codec, options);
    loop.#run();
    return loop;
  }

  /** Time since the first sound was captured, seconds, by the clock of the sound; undefined before. */
  get elapsedSeconds(): number | undefined {
    const { currentTime, sampleRate } = this.#options.context;
    return this.#firstFrame === undefined ? undefined : currentTime - this.#firstFrame / sampleRate;
  }

  /** Decodes these layers from the next frame on. */
  async setLayers(chosen: ChosenLayers): Promise<void> {
    await this.#decoder.setLayers(layerSelectionOf(chosen));
    this.#chosen = chosen;
  }

  /** Ends the loop, and lets the microphone go when it was given one. Harmless when repeated. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#capture.port.onmessage = this.#playback.port.onmessage = null;
    this.#input.disconnect(this.#capture);
    this.#capture.disconnect();
    this.#playback.disconnect();
    for (const node of [this.#capture, this.#playback]) node.port.postMessage(STOP);
    for (const track of this.#tracks()) {
      track.onended = null;
      track.stop();
    }
    await Promise.all([this.#encoder.close(), this.#decoder.close()]);
  }

  #run(): void {
    this.#playback.port.postMessage(bufferSizes(this.#options.context, this.#codec.info, JITTER_MS, MOST_BUFFERED_MS));
    this.#playback.port.onmessage = ({ data }: MessageEvent<PlaybackReport>) => this.#report(data);
    this.#capture.port.onmessage = ({ data }: MessageEvent<CapturedPiece>) => this.#take(data);
    for (const track of this.#tracks())
      track.onended = () => this.#fail(new CodecError("io", "The microphone was disconnected; connect it and start again"));
    this.#input.connect(this.#capture);
  }

  #tracks(): MediaStreamTrack[] {
    const { source } = this.#options;
    return source instanceof AudioNode ? [] : source.getTracks();
  }

  #take({ samples, endFrame }: CapturedPiece): void {
    this.#firstFrame ??= endFrame - samples.length;
    for (const sample of samples) this.#peak = Math.max(this.#peak, Math.abs(sample));
    const ready = this.#toCodec.push(samples);
    this.#options.observer?.takeInput(ready);
    for (let at = 0; at < ready.length; ) {
      const part = ready.subarray(at, at + this.#frame.length - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#frame.length) continue;
      this.#filled = 0;
      this.#waiting.push(this.#frame.slice());
      if (!this.#isWorking) void this.#work();
    }
  }

  /**
   * Codes what waits until nothing does: frames that came during the work are taken together, which
   * costs less.
   */
  async #work(): Promise<void> {
    this.#isWorking = true;
    try {
      while (this.#waiting.length > 0 && !this.#stopped) await this.#code(this.#waiting.splice(0));
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isWorking = false;
    }
  }

  async #code(frames: readonly Float32Array[]): Promise<void> {
    const began = performance.now();
    if (frames.length > MOST_WAITING)
      throw new CodecError("runtime", "Cannot keep up: the codec takes longer than the sound; close other programs, and start again");
    const samples = new Float32Array(frames.length * this.#frame.length);
    frames.forEach((frame, i) => samples.set(frame, i * frame.length));
    const codes = await this.#encoder.push(samples);
    const chosen = this.#chosen;
    const sound = await this.#decoder.push(codes);
    if (this.#stopped) return;
    this.#options.observer?.takeCodes(codes, chosen);
    this.#options.observer?.takeOutput(sound);
    const out = this.#toContext.push(sound);
    this.#playback.port.postMessage(out, [out.buffer]);
    this.#frames += codes.frames;
    this.#bitRate.add(performance.now(), codes.frames * chosen.filter(Boolean).length * bitsPerCode(codes.codebookSize));
    this.#workMs = performance.now() - began;
  }

  #report(report: PlaybackReport): void {
    const { context, onStats } = this.#options;
    const { decodeDelaySamples, samplesPerFrame, sampleRate } = this.#codec.info;
    const toMs = (frames: number): number => (1000 * frames) / context.sampleRate;
    const deviceMs = this.#deviceMs();
    const loop = report.isPlaying && this.#firstFrame !== undefined ? toMs(report.atFrame - this.#firstFrame - report.position) : undefined;
    onStats?.({
      delayMs: loop === undefined ? undefined : loop + deviceMs,
      lookAheadMs: (1000 * (samplesPerFrame + decodeDelaySamples)) / sampleRate,
      workMs: this.#workMs,
      deviceMs,
      bitsPerSecond: this.#bitRate.bitsPerSecond,
      frames: this.#frames,
      underruns: report.underruns,
      droppedMs: toMs(report.dropped),
      inputPeak: Math.min(1, this.#peak),
    });
    this.#peak = 0;
  }

  /** What the devices add by their own account: those that say nothing count as nothing. */
  #deviceMs(): number {
    const { baseLatency, outputLatency } = this.#options.context as { readonly baseLatency?: number; readonly outputLatency?: number };
    const input = this.#tracks()[0]?.getSettings() as { readonly latency?: number } | undefined;
    return 1000 * ((outputLatency ?? baseLatency ?? 0) + (input?.latency ?? 0));
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    void this.stop();
    this.#options.onFailure?.(error);
  }
}
