import { Audio, CodecError, messageOf, resample } from "@twelvehz/codec/web";
import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { openMicrophone } from "./microphone.ts";
import { SAMPLE_RATE } from "./read-clip.ts";
import workletUrl from "./recorder-worklet.ts?worker&url";

/** A recording that is being made. */
export interface Recording {
  /** Highest level of the last block, 0 to 1. */
  readonly level: ReadonlySignal<number>;
  /** Length so far, seconds. */
  readonly seconds: ReadonlySignal<number>;
  /**
   * Ends it. @returns what was heard, mono, 24 kHz @throws CodecError `bad-audio` when nothing was
   * heard
   */
  stop(): Promise<Audio>;
  /** Ends it; what was heard is forgotten. */
  discard(): Promise<void>;
}

/**
 * Records the microphone as it is, without the cleaning that browsers do for calls.
 * @param maxSeconds then `onFull` is called once, which is to stop it
 * @throws CodecError as {@link openMicrophone}, `runtime` when the code for it cannot be loaded
 */
export async function startRecording(maxSeconds: number, onFull: () => void): Promise<Recording> {
  const microphone = await openMicrophone({ echoCancellation: false });
  const context = new AudioContext();
  const discard = async (): Promise<void> => {
    for (const track of microphone.getTracks()) track.stop();
    await context.close();
  };
  const tape = new Tape(context.sampleRate, maxSeconds, onFull);
  try {
    await context.audioWorklet.addModule(workletUrl);
  } catch (error) {
    await discard();
    throw new CodecError("runtime", `Cannot record: its code could not be loaded (${messageOf(error)}); reload the page`, { cause: error });
  }
  const node = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
  node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => tape.take(data);
  context.createMediaStreamSource(microphone).connect(node);
  const stop = async (): Promise<Audio> => {
    await discard();
    return tape.sound();
  };
  return { level: tape.level, seconds: tape.seconds, stop, discard };
}

/** What was heard so far. */
class Tape {
  readonly level: Signal<number> = signal(0);
  readonly seconds: Signal<number> = signal(0);
  readonly #blocks: Float32Array[] = [];
  readonly #sampleRate: number;
  readonly #maxSeconds: number;
  readonly #onFull: () => void;

  constructor(sampleRate: number, maxSeconds: number, onFull: () => void) {
    this.#sampleRate = sampleRate;
    this.#maxSeconds = maxSeconds;
    this.#onFull = onFull;
  }

  take(block: Float32Array): void {
    if (this.seconds.peek() >= this.#maxSeconds) return;
    this.#blocks.push(block);
    this.level.value = block.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    this.seconds.value += block.length / this.#sampleRate;
    if (this.seconds.peek() >= this.#maxSeconds) this.#onFull();
  }

  sound(): Audio {
    const samples = new Float32Array(this.#blocks.reduce((sum, block) => sum + block.length, 0));
    let at = 0;
    for (const block of this.#blocks) {
      samples.set(block, at);
      at += block.length;
    }
    if (samples.length === 0) throw new CodecError("bad-audio", "Cannot use the recording: nothing was heard; speak before you press stop");
    return resample(new Audio(samples.subarray(0, Math.floor(this.#maxSeconds * this.#sampleRate)), this.#sampleRate), SAMPLE_RATE);
  }
}
