import { assertFloats, assertKind } from "./misuse.ts";

/** Sound of one channel: what goes into a codec and comes out of it. The samples are not copied. */
export class Audio {
  /** PCM samples, nominally in [-1, 1]. A view of the caller's memory, not a copy. */
  readonly samples: Float32Array;
  /** Samples per second, Hz. */
  readonly sampleRate: number;

  /**
   * @param samples mono PCM, nominally in [-1, 1]
   * @param sampleRate Hz, 1 to 768000
   * @throws TypeError when the samples are no Float32Array or the rate is no number; RangeError
   * when the rate is not a number in that range
   */
  constructor(samples: Float32Array, sampleRate: number) {
    assertFloats(samples, "samples");
    assertKind(sampleRate, "sampleRate", "number");
    if (!(sampleRate >= 1 && sampleRate <= 768_000)) {
      throw new RangeError(`Cannot make audio at ${sampleRate} Hz: the sample rate must be 1 to 768000 Hz`);
    }
    this.samples = samples;
    this.sampleRate = sampleRate;
  }

  /** Length in seconds. */
  get durationSeconds(): number {
    return this.samples.length / this.sampleRate;
  }
}
