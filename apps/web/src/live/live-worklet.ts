/**
 * Both ends of a live loop on the audio thread: one posts what comes in, in pieces; one plays what
 * is posted to it, and reports where it is.
 */
import { SampleBuffer, type SampleBufferSizes } from "@twelvehz/transport";
import { type CapturedPiece, type PlaybackReport, STOP } from "./live-messages.ts";

// What an AudioWorklet finds in its global scope (Web Audio API, section 1.32), as far as it is
// used here.
declare const currentFrame: number;
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Samples of a captured piece, a multiple of the 128 of a block: 5 ms at 48 kHz. */
const PIECE = 256;
/** Blocks between two reports: 0.1 s at 48 kHz. */
const BLOCKS_PER_REPORT = 40;

class CaptureProcessor extends AudioWorkletProcessor {
  #piece = new Float32Array(PIECE);
  #filled = 0;
  #hasBegun = false;
  #isRunning = true;

  constructor() {
    super();
    this.port.onmessage = () => {
      this.#isRunning = false;
      this.port.close(); // an open port keeps the processor
    };
  }

  process(inputs: Float32Array[][]): boolean {
    const input = inputs[0][0];
    if (!this.#isRunning || (!input && !this.#hasBegun)) return this.#isRunning; // stopped, or nothing is connected yet
    this.#hasBegun = true;
    if (input) this.#piece.set(input, this.#filled);
    this.#filled += input?.length ?? 128; // a source that pauses is silence: time goes on
    if (this.#filled < PIECE) return true;
    const message: CapturedPiece = { samples: this.#piece, endFrame: currentFrame + (input?.length ?? 128) };
    this.port.postMessage(message, [this.#piece.buffer]);
    this.#piece = new Float32Array(PIECE);
    this.#filled = 0;
    return true;
  }
}

class PlaybackProcessor extends AudioWorkletProcessor {
  #buffer: SampleBuffer | undefined;
  #blocks = 0;
  #isRunning = true;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<Float32Array | SampleBufferSizes | typeof STOP>) => {
      if (data === STOP) {
        this.#isRunning = false;
        this.port.close(); // an open port keeps the processor
      } else if (data instanceof Float32Array) this.#buffer?.push(data, (1000 * currentFrame) / sampleRate);
      else this.#buffer = new SampleBuffer(data);
    };
  }

  process(_inputs: Float32Array[][], [[output]]: Float32Array[][]): boolean {
    const buffer = this.#buffer;
    if (!this.#isRunning || !buffer) return this.#isRunning;
    buffer.pull(output);
    if (++this.#blocks % BLOCKS_PER_REPORT > 0) return true;
    const { isPlaying, position, buffered, spare, underruns, dropped } = buffer;
    const report: PlaybackReport = { isPlaying, position, atFrame: currentFrame + output.length, buffered, spare, underruns, dropped };
    this.port.postMessage(report);
    return true;
  }
}

registerProcessor("twelvehz-capture", CaptureProcessor);
registerProcessor("twelvehz-playback", PlaybackProcessor);
