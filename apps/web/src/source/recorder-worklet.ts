/** Runs on the audio thread: hands on what the microphone hears, one channel, in blocks. */

declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: readonly (readonly Float32Array[])[]): boolean;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/**
 * Samples in a block that is handed on, 16 of the 128 of Web Audio: 43 ms at 48 kHz, so the level
 * meter is quick and the messages are few.
 */
const BLOCK = 16 * 128;

class Recorder extends AudioWorkletProcessor {
  #block = new Float32Array(BLOCK);
  #filled = 0;

  override process([channels]: readonly (readonly Float32Array[])[]): boolean {
    const heard = channels[0];
    if (!heard) return true; // the microphone has not started
    this.#block.set(heard, this.#filled);
    this.#filled += heard.length;
    if (this.#filled >= BLOCK) {
      this.port.postMessage(this.#block, [this.#block.buffer]);
      this.#block = new Float32Array(BLOCK);
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor("recorder", Recorder);
