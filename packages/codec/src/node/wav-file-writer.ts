/// <reference lib="esnext.disposable" preserve="true" />
import { WavEncoder } from "../audio/wav-writer.ts";
import { assertNumber, assertOptions } from "../misuse.ts";
import { OutputFile, type OutputFileOptions } from "./output-file.ts";

/** What a {@link WavFileWriter} writes. */
export interface WavFileOptions extends OutputFileOptions {
  /** Hz, whole, 1 to 768000. */
  readonly sampleRate: number;
  /** 32-bit float instead of 16-bit integers. Default false. */
  readonly float?: boolean | undefined;
  /**
   * How many samples will come, where it is known: keeps the header short, and right from the start
   * in a pipe.
   */
  readonly expectedSamples?: number | undefined;
}

/** What was written. */
export interface WrittenAudio {
  /** Samples outside of [-1, 1] that were clipped; 0 for float. */
  readonly clippedSamples: number;
  /** Samples in the file. */
  readonly sampleCount: number;
}

/**
 * Writes a mono WAV file of any length piece by piece. The file appears under its name on
 * {@link WavFileWriter.commit}.
 */
export class WavFileWriter {
  readonly #file: OutputFile;
  readonly #encoder: WavEncoder;
  readonly #expected: number | undefined;

  private constructor(file: OutputFile, encoder: WavEncoder, expected: number | undefined) {
    this.#file = file;
    this.#encoder = encoder;
    this.#expected = expected;
  }

  /**
   * Opens a file, or the standard output for `-`, and writes the header.
   * @throws CodecError as `OutputFile.create`; RangeError when the rate is not a whole number from
   * 1 to 768000
   */
  static async open(path: string, options: WavFileOptions): Promise<WavFileWriter> {
    assertOptions(options, {});
    const { sampleRate, float, expectedSamples } = options;
    if (expectedSamples !== undefined) assertNumber(expectedSamples, "expectedSamples", 0, Number.MAX_SAFE_INTEGER);
    const reserve = path !== "-" && expectedSamples === undefined;
    const encoder = new WavEncoder({ sampleRate, float, reserve });
    const writer = new WavFileWriter(await OutputFile.create(path, options), encoder, expectedSamples);
    await writer.#orDiscard(() => writer.#file.write(encoder.header(expectedSamples)));
    return writer;
  }

  /** Samples written so far. */
  get sampleCount(): number {
    return this.#encoder.sampleCount;
  }

  /**
   * Appends samples, nominally in [-1, 1]. On an error the file is discarded.
   * @throws CodecError `bad-audio` when a sample is not finite, `io`, `no-permission`
   */
  async write(samples: Float32Array): Promise<void> {
    await this.#orDiscard(() => this.#file.write(this.#encoder.encode(samples)));
  }

  /**
   * Puts the lengths into the header, and gives the file its name.
   * @throws CodecError `io` or `no-permission`; the file is discarded then
   */
  async commit(): Promise<WrittenAudio> {
    const { sampleCount, clippedSamples } = this.#encoder;
    await this.#orDiscard(async () => {
      if (this.#file.seekable && sampleCount !== this.#expected) await this.#file.writeAt(this.#finalHeader(), 0);
      await this.#file.commit();
    });
    return { clippedSamples, sampleCount };
  }

  /** Removes what was written. Harmless when repeated, and after {@link WavFileWriter.commit}. */
  async discard(): Promise<void> {
    await this.#file.discard();
  }

  /** {@link WavFileWriter.discard}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.discard();
  }

  /**
   * A header that must become RF64 may not fit when fewer samples were expected: then readers go on
   * to the end of the file.
   */
  #finalHeader(): Uint8Array {
    const header = this.#encoder.header(this.#encoder.sampleCount);
    const room = this.#encoder.header(this.#expected).length;
    return header.length === room ? header : this.#encoder.header();
  }

  async #orDiscard(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      await this.#file.discard();
      throw error;
    }
  }
}
