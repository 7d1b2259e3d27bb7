// Decodes one FLAC frame: RFC 9639, section 9. Arithmetic is in doubles, which hold every
// intermediate value exactly: the largest is a sum of 32 products of 33-bit samples and 15-bit
// coefficients.

import { BitReader } from "./bit-reader.ts";

/** What the STREAMINFO block says of the stream. */
export interface FlacStreamInfo {
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
  /** Samples per channel, or 0 when unknown. */
  readonly totalSamples: number;
  /** Bytes of the largest frame, or 0 when unknown. */
  readonly maxFrameBytes: number;
}

/** A frame, decoded. */
export interface FlacFrame {
  /** One array per channel, in [-1, 1). */
  readonly channels: Float32Array[];
  /** Bytes of the frame. */
  readonly byteLength: number;
}

/** Damage in a frame; the message is a part of a sentence. */
export class FlacDamage extends Error {}

const SAMPLE_RATE_CODES = [0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
const BIT_DEPTH_CODES = [0, 8, 12, -1, 16, 20, 24, 32];
/** Coefficients of the fixed predictors of order 0 to 4 (section 9.2.5). */
const FIXED: readonly (readonly number[])[] = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];
const CRC8_TABLE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => crcEntry(byte, 8, 0x07));
const CRC16_TABLE: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => crcEntry(byte << 8, 16, 0x8005));

interface FrameShape {
  readonly blockSize: number;
  readonly channelCode: number;
  readonly bitsPerSample: number;
}

/**
 * Decodes the frame at the beginning of `bytes`, and checks both of its checksums.
 * @throws FlacDamage when it is damaged, OutOfBits when `bytes` ends before it does
 */
export function decodeFlacFrame(bytes: Uint8Array, stream: FlacStreamInfo): FlacFrame {
  const bits = new BitReader(bytes);
  const shape = readHeader(bits, bytes, stream);
  const planes: Float64Array[] = [];
  for (let channel = 0; channel < stream.channels; channel++) {
    planes.push(readSubframe(bits, shape.blockSize, shape.bitsPerSample + (isSide(shape.channelCode, channel) ? 1 : 0)));
  }
  bits.align();
  const end = bits.bytePosition;
  if (bits.unsigned(16) !== crc16(bytes, end)) throw new FlacDamage("its checksum does not match");
  decorrelate(planes, shape.channelCode);
  return { channels: planes.map((plane) => toFloat(plane, shape.bitsPerSample)), byteLength: end + 2 };
}

function readHeader(bits: BitReader, bytes: Uint8Array, stream: FlacStreamInfo): FrameShape {
  if (bits.unsigned(15) !== 0x7ffc) throw new FlacDamage("it does not begin with the sync code");
  bits.unsigned(1); // fixed or variable block size: the sizes are in the frames either way
  const sizeCode = bits.unsigned(4);
  const rateCode = bits.unsigned(4);
  const channelCode = bits.unsigned(4);
  const depthCode = bits.unsigned(3);
  if (bits.unsigned(1) !== 0) throw new FlacDamage("a reserved bit is set");
  skipCodedNumber(bits);
  const blockSize = readBlockSize(bits, sizeCode);
  const sampleRate = readSampleRate(bits, rateCode, stream);
  const end = bits.bytePosition;
  if (bits.unsigned(8) !== crc8(bytes, end)) throw new FlacDamage("the checksum of its header does not match");
  const channels = channelCode < 8 ? channelCode + 1 : 2;
  const bitsPerSample = depthCode === 0 ? stream.bitsPerSample : BIT_DEPTH_CODES[depthCode];
  if (channelCode > 10 || channels !== stream.channels || bitsPerSample !== stream.bitsPerSample || sampleRate !== stream.sampleRate) {
    throw new FlacDamage("its rate, channels or sample size differ from those of the file");
  }
  return { blockSize, channelCode, bitsPerSample };
}

/** The frame or sample number, in the manner of UTF-8; its value is not needed. */
function skipCodedNumber(bits: BitReader): void {
  const first = bits.unsigned(8);
  const ones = Math.clz32(~(first << 24));
  if (ones === 1 || ones === 8) throw new FlacDamage("its number is not well coded");
  for (let i = 1; i < ones; i++) if (bits.unsigned(8) >> 6 !== 2) throw new FlacDamage("its number is not well coded");
}

function readBlockSize(bits: BitReader, code: number): number {
  if (code === 0) throw new FlacDamage("its block size is a reserved one");
  if (code === 1) return 192;
  if (code <= 5) return 144 << code;
  if (code === 6) return bits.unsigned(8) + 1;
  if (code === 7) return bits.unsigned(16) + 1;
  return 1 << code;
}

function readSampleRate(bits: BitReader, code: number, stream: FlacStreamInfo): number {
  if (code === 0) return stream.sampleRate;
  if (code < 12) return SAMPLE_RATE_CODES[code];
  if (code === 12) return bits.unsigned(8) * 1000;
  if (code === 13) return bits.unsigned(16);
  if (code === 14) return bits.unsigned(16) * 10;
  throw new FlacDamage("its sample rate is a reserved one");
}

/** Whether a channel holds the difference of left and right, which takes one bit more. */
function isSide(channelCode: number, channel: number): boolean {
  return (channelCode === 8 && channel === 1) || (channelCode === 9 && channel === 0) || (channelCode === 10 && channel === 1);
}

function readSubframe(bits: BitReader, blockSize: number, bitsPerSample: number): Float64Array {
  if (bits.unsigned(1) !== 0) throw new FlacDamage("a subframe begins with a 1 bit");
  const kind = bits.unsigned(6);
  const wasted = bits.unsigned(1) === 1 ? bits.unary() + 1 : 0;
  const depth = bitsPerSample - wasted;
  if (depth < 1) throw new FlacDamage(`a subframe wastes ${wasted} of ${bitsPerSample} bits`);
  const out = new Float64Array(blockSize);
  if (kind === 0) out.fill(bits.signed(depth));
  else if (kind === 1) for (let i = 0; i < blockSize; i++) out[i] = bits.signed(depth);
  else if (kind >= 8 && kind <= 12) readPredicted(bits, out, kind - 8, depth, false);
  else if (kind >= 32) readPredicted(bits, out, kind - 31, depth, true);
  else throw new FlacDamage(`a subframe is of the reserved kind ${kind}`);
  if (wasted > 0) for (let i = 0; i < blockSize; i++) out[i] *= 2 ** wasted;
  return out;
}

/** Warm-up samples, then residuals of a fixed or a transmitted linear predictor. */
function readPredicted(bits: BitReader, out: Float64Array, order: number, depth: number, isLpc: boolean): void {
  if (order > out.length) throw new FlacDamage(`a predictor of order ${order} stands in a block of ${out.length} samples`);
  for (let i = 0; i < order; i++) out[i] = bits.signed(depth);
  let coefficients = isLpc ? [] : [...FIXED[order]];
  let shift = 0;
  if (isLpc) {
    const precision = bits.unsigned(4) + 1;
    shift = bits.signed(5);
    if (precision === 16 || shift < 0) throw new FlacDamage("a predictor has an impossible precision or shift");
    coefficients = Array.from({ length: order }, () => bits.signed(precision));
  }
  readResidual(bits, out, order);
  predict(out, Float64Array.from(coefficients), 2 ** -shift);
}

/** Rice-coded residuals (section 9.2.7) into `out` from `order` on. */
function readResidual(bits: BitReader, out: Float64Array, order: number): void {
  const method = bits.unsigned(2);
  if (method > 1) throw new FlacDamage("its residual is coded in a reserved way");
  const parameterBits = method === 0 ? 4 : 5;
  const partitions = 1 << bits.unsigned(4);
  const size = out.length / partitions;
  if (!Number.isInteger(size) || size < order)
    throw new FlacDamage(`a block of ${out.length} samples is cut into ${partitions} partitions`);
  for (let partition = 0, at = order; partition < partitions; partition++) {
    const end = (partition + 1) * size;
    const parameter = bits.unsigned(parameterBits);
    if (parameter === (1 << parameterBits) - 1) {
      const raw = bits.unsigned(5);
      while (at < end) out[at++] = bits.signed(raw);
    } else at = readRice(bits, out, at, end, parameter);
  }
}

function readRice(bits: BitReader, out: Float64Array, start: number, end: number, parameter: number): number {
  const scale = 2 ** parameter;
  for (let at = start; at < end; at++) {
    const folded = bits.unary() * scale + bits.unsigned(parameter);
    out[at] = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }
  return end;
}

function predict(out: Float64Array, coefficients: Float64Array, scale: number): void {
  const order = coefficients.length;
  if (order === 0) return;
  for (let i = order; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < order; k++) sum += coefficients[k] * out[i - 1 - k];
    out[i] += Math.floor(sum * scale);
  }
}

/** Left and right out of left and side (8), side and right (9), or mid and side (10). */
function decorrelate(planes: readonly Float64Array[], channelCode: number): void {
  if (channelCode < 8) return;
  const [a, b] = planes;
  for (let i = 0; i < a.length; i++) {
    if (channelCode === 8) b[i] = a[i] - b[i];
    else if (channelCode === 9) a[i] += b[i];
    else {
      const right = a[i] - Math.floor(b[i] / 2); // mid lost the lowest bit of the sum, which is that of the difference
      a[i] = right + b[i];
      b[i] = right;
    }
  }
}

function toFloat(plane: Float64Array, bitsPerSample: number): Float32Array {
  const scale = 2 ** (1 - bitsPerSample);
  const out = new Float32Array(plane.length);
  const [low, high] = [-(2 ** (bitsPerSample - 1)), 2 ** (bitsPerSample - 1) - 1];
  for (let i = 0; i < out.length; i++) {
    if (!(plane[i] >= low && plane[i] <= high)) throw new FlacDamage(`a sample does not fit into ${bitsPerSample} bits`);
    out[i] = plane[i] * scale;
  }
  return out;
}

function crcEntry(start: number, width: number, polynomial: number): number {
  const top = 1 << (width - 1);
  let crc = start;
  for (let bit = 0; bit < 8; bit++) crc = crc & top ? (crc << 1) ^ polynomial : crc << 1;
  return crc & ((1 << width) - 1);
}

function crc8(bytes: Uint8Array, end: number): number {
  let crc = 0;
  for (let i = 0; i < end; i++) crc = CRC8_TABLE[crc ^ bytes[i]];
  return crc;
}

function crc16(bytes: Uint8Array, end: number): number {
  let crc = 0;
  for (let i = 0; i < end; i++) crc = ((crc << 8) ^ CRC16_TABLE[(crc >> 8) ^ bytes[i]]) & 0xffff;
  return crc;
}
