// Writes RIFF WAVE of one channel: 16-bit PCM, or 32-bit float with the `fact` chunk that the
// specification asks of all but PCM. Sound over 4 GiB becomes RF64 (EBU Tech 3306).

import type { Audio } from "../audio.ts";
import { CodecError } from "../errors.ts";
import { assertAudio, assertFloats, assertKind, assertNumber, assertOptions } from "../misuse.ts";

/** What a {@link WavEncoder} writes. */
export interface WavEncoderOptions {
  /** Hz, whole, 1 to 768000. */
  readonly sampleRate: number;
  /** 32-bit float instead of 16-bit integers. Default false. */
  readonly float?: boolean | undefined;
  /**
   * Keep room in the header, so that a header written again later has the same length even where it
   * must become RF64. Default false.
   */
  readonly reserve?: boolean | undefined;
}

/** What {@link encodeWav} gives. */
export interface EncodedWav {
  /** The file. */
  readonly bytes: Uint8Array;
  /** Samples outside of [-1, 1] that were clipped; 0 for float. */
  readonly clipped: number;
}

/** A size for what is not known yet: readers take it as "to the end of the file". */
const UNKNOWN = 0xffffffff;
/** id and size, then 28 bytes of ds64, or of JUNK that keeps its place. */
const DS64_BYTES = 36;

/**
 * Writes mono WAV piece by piece: {@link WavEncoder.header}, then {@link WavEncoder.encode} for
 * each piece of sound. 16-bit values are rounded to nearest at a scale of 32768, so what was read
 * from a 16-bit file is written as it was.
 */
export class WavEncoder {
  readonly #sampleRate: number;
  readonly #float: boolean;
  readonly #reserve: boolean;
  #samples = 0;
  #clipped = 0;

  /** @throws RangeError when the rate is not a whole number from 1 to 768000 */
  constructor(options: WavEncoderOptions) {
    assertOptions(options, { float: "boolean", reserve: "boolean" });
    const { sampleRate, float = false, reserve = false } = options;
    assertKind(sampleRate, "sampleRate", "number");
    if (!Number.isInteger(sampleRate) || sampleRate < 1 || sampleRate > 768_000) {
      throw new RangeError(`Cannot write WAV at ${sampleRate} Hz: the sample rate must be a whole number from 1 to 768000`);
    }
    this.#sampleRate = sampleRate;
    this.#float = float;
    this.#reserve = reserve;
  }

  /** Samples encoded so far. */
  get sampleCount(): number {
    return this.#samples;
  }

  /** Samples so far that were outside of [-1, 1] and had to be clipped; 0 for float. */
  get clippedSamples(): number {
    return this.#clipped;
  }

  /**
   * The bytes before the sound: 44 for 16 bits, 58 for float, and 36 more for RF64 or where room is
   * kept.
   * @param totalSamples length of the whole sound, or undefined while it is unknown: then the sizes
   * say "to the end of the file"
   * @throws RangeError when it is no whole number from 0
   */
  header(totalSamples?: number): Uint8Array {
    if (totalSamples !== undefined) assertNumber(totalSamples, "totalSamples", 0, Number.MAX_SAFE_INTEGER);
    const dataBytes = totalSamples === undefined ? UNKNOWN : totalSamples * this.#sampleBytes;
    const plain = (this.#float ? 58 : 44) + (this.#reserve ? DS64_BYTES : 0);
    const long = totalSamples !== undefined && plain - 8 + dataBytes >= UNKNOWN;
    const length = long && !this.#reserve ? plain + DS64_BYTES : plain;
    const chunks = new ChunkWriter(length);
    chunks.text(long ? "RF64" : "RIFF").u32(long || totalSamples === undefined ? UNKNOWN : length - 8 + dataBytes);
    chunks.text("WAVE");
    if (long)
      chunks
        .text("ds64")
        .u32(28)
        .u64(length - 8 + dataBytes)
        .u64(dataBytes)
        .u64(totalSamples)
        .u32(0);
    else if (this.#reserve) chunks.text("JUNK").u32(28).skip(28);
    this.#writeFormat(chunks);
    if (this.#float)
      chunks
        .text("fact")
        .u32(4)
        .u32(Math.min(totalSamples ?? UNKNOWN, UNKNOWN));
    chunks.text("data").u32(long ? UNKNOWN : dataBytes);
    return chunks.bytes;
  }

  /**
   * The bytes of a piece of sound.
   * @throws CodecError `bad-audio` when a sample is not a finite number; nothing of the piece is
   * counted then
   */
  encode(samples: Float32Array): Uint8Array {
    assertFloats(samples, "samples");
    checkFinite(samples, this.#samples);
    const bytes = new Uint8Array(samples.length * this.#sampleBytes);
    const view = new DataView(bytes.buffer);
    if (this.#float) for (let i = 0; i < samples.length; i++) view.setFloat32(i * 4, samples[i], true);
    else this.#clipped += writeInt16(view, samples);
    this.#samples += samples.length;
    return bytes;
  }

  get #sampleBytes(): number {
    return this.#float ? 4 : 2;
  }

  #writeFormat(chunks: ChunkWriter): void {
    const bytes = this.#sampleBytes;
    chunks.text("fmt ").u32(this.#float ? 18 : 16);
    chunks
      .u16(this.#float ? 3 : 1)
      .u16(1)
      .u32(this.#sampleRate);
    chunks
      .u32(this.#sampleRate * bytes)
      .u16(bytes)
      .u16(bytes * 8);
    if (this.#float) chunks.u16(0);
  }
}

/**
 * A whole mono WAV file in memory.
 * @param options `float`: 32-bit float instead of 16-bit integers; default false
 * @throws CodecError `bad-audio` when a sample is not a finite number
 */
export function encodeWav(audio: Audio, options: { readonly float?: boolean | undefined } = {}): EncodedWav {
  assertAudio(audio, "audio");
  assertOptions(options, { float: "boolean" });
  const encoder = new WavEncoder({ sampleRate: audio.sampleRate, float: options.float });
  const header = encoder.header(audio.samples.length);
  const body = encoder.encode(audio.samples);
  const bytes = new Uint8Array(header.length + body.length);
  bytes.set(header);
  bytes.set(body, header.length);
  return { bytes, clipped: encoder.clippedSamples };
}

function checkFinite(samples: Float32Array, before: number): void {
  const at = samples.findIndex((x) => !Number.isFinite(x));
  if (at >= 0)
    throw new CodecError("bad-audio", `Cannot write the sound: sample ${before + at} is ${samples[at]}; finite numbers are wanted`);
}

/**
 * Returns how many samples were clipped: 1 itself becomes 32767, one step below, and does not
 * count.
 */
function writeInt16(view: DataView, samples: Float32Array): number {
  let clipped = 0;
  for (let i = 0; i < samples.length; i++) {
    if (samples[i] > 1 || samples[i] < -1) clipped++;
    view.setInt16(i * 2, Math.max(-32_768, Math.min(32_767, Math.round(samples[i] * 32_768))), true);
  }
  return clipped;
}

/** Little-endian fields, one after the other. */
class ChunkWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  text(id: string): this {
    for (const char of id) this.bytes[this.#at++] = char.charCodeAt(0);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#at, value, true);
    return this.skip(2);
  }

  u32(value: number): this {
    this.#view.setUint32(this.#at, value, true);
    return this.skip(4);
  }

  u64(value: number): this {
    this.#view.setBigUint64(this.#at, BigInt(value), true);
    return this.skip(8);
  }

  skip(count: number): this {
    this.#at += count;
    return this;
  }
}
