import type { ByteReader } from "./byte-reader.ts";

/** What is known of a sound before its samples are read. */
export interface AudioInfo {
  /** For people, such as "WAV, 16-bit PCM". */
  readonly format: string;
  /** Samples per second and channel, Hz, 4000 to 384000. */
  readonly sampleRate: number;
  /** 1 to 8. */
  readonly channels: number;
  /** Length in seconds as the file declares it, or undefined where it does not say. */
  readonly durationSeconds: number | undefined;
}

/** What one format's opener gives: the facts, and the samples as they are decoded. */
export interface DecodedSound {
  readonly info: AudioInfo;
  /**
   * Whether the declared length is bounded by the bytes that are there, so that a sound may be
   * refused for it. Default false.
   */
  readonly lengthIsSure?: boolean;
  /** Planar pieces of any length, one array per channel; can be read once. */
  readonly chunks: AsyncIterable<Float32Array[]>;
}

/** Most channels that are read. */
const MAX_CHANNELS = 8;
/** Sample rates that are read, Hz: telephone speech is 8000, and nothing records above 384000. */
const MIN_SAMPLE_RATE = 4000;
/** Highest sample rate that is read, Hz. */
const MAX_SAMPLE_RATE = 384_000;

/**
 * Checks a declared channel count and sample rate before anything is allocated for them.
 * @throws CodecError `bad-format` for zero, `unsupported` outside of the limits
 */
export function checkShape(reader: ByteReader, channels: number, sampleRate: number): void {
  if (channels === 0) throw reader.fail("bad-format", "it declares 0 channels; a sound has 1 at least");
  if (channels > MAX_CHANNELS) {
    throw reader.fail("unsupported", `it has ${channels} channels, and at most ${MAX_CHANNELS} are read; mix it down first`);
  }
  if (!(sampleRate > 0)) throw reader.fail("bad-format", `it declares a sample rate of ${sampleRate} Hz`);
  if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE) {
    throw reader.fail(
      "unsupported",
      `its sample rate is ${sampleRate} Hz, and ${MIN_SAMPLE_RATE} to ${MAX_SAMPLE_RATE} Hz are read; resample it first`,
    );
  }
  if (!Number.isInteger(sampleRate)) throw reader.fail("unsupported", `its sample rate is ${sampleRate} Hz, and whole numbers are read`);
}
