/**
 * How one PCM sample is stored: u unsigned, s signed, f float, then bits; or 8-bit companded G.711.
 */
export type SampleFormat = "u8" | "s8" | "s16" | "s24" | "s32" | "f32" | "f64" | "alaw" | "mulaw";

/** Bytes of one sample. */
export const SAMPLE_BYTES: Readonly<Record<SampleFormat, number>> = {
  u8: 1,
  s8: 1,
  s16: 2,
  s24: 3,
  s32: 4,
  f32: 4,
  f64: 8,
  alaw: 1,
  mulaw: 1,
};

/** For people, such as "16-bit PCM". */
export const SAMPLE_NAMES: Readonly<Record<SampleFormat, string>> = {
  u8: "8-bit PCM",
  s8: "8-bit PCM",
  s16: "16-bit PCM",
  s24: "24-bit PCM",
  s32: "32-bit PCM",
  f32: "32-bit float",
  f64: "64-bit float",
  alaw: "A-law",
  mulaw: "mu-law",
};

type ReadSample = (view: DataView, at: number) => number;

/**
 * Splits interleaved samples into one array per channel. Integers of b bits are divided by 2^(b-1),
 * so they lie in [-1, 1); companded values are expanded to 16 bits first.
 * @param bytes whole frames: a multiple of `SAMPLE_BYTES[format] * channels`; any rest is ignored
 */
export function decodeInterleaved(bytes: Uint8Array, format: SampleFormat, channels: number, littleEndian: boolean): Float32Array[] {
  const step = SAMPLE_BYTES[format];
  const count = Math.floor(bytes.length / (step * channels));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = sampleReader(format, littleEndian);
  return Array.from({ length: channels }, (_, channel) => {
    const out = new Float32Array(count);
    for (let i = 0, at = channel * step; i < count; i++, at += step * channels) out[i] = read(view, at);
    return out;
  });
}

function sampleReader(format: SampleFormat, le: boolean): ReadSample {
  switch (format) {
    case "u8":
      return (view, at) => (view.getUint8(at) - 128) / 128;
    case "s8":
      return (view, at) => view.getInt8(at) / 128;
    case "s16":
      return (view, at) => view.getInt16(at, le) / 32_768;
    case "s24":
      return le
        ? (view, at) => (view.getInt16(at + 1, true) * 256 + view.getUint8(at)) / 8_388_608
        : (view, at) => (view.getInt16(at, false) * 256 + view.getUint8(at + 2)) / 8_388_608;
    case "s32":
      return (view, at) => view.getInt32(at, le) / 2_147_483_648;
    case "f32":
      return (view, at) => view.getFloat32(at, le);
    case "f64":
      return (view, at) => view.getFloat64(at, le);
    case "alaw":
      return (view, at) => A_LAW[view.getUint8(at)];
    case "mulaw":
      return (view, at) => MU_LAW[view.getUint8(at)];
  }
}

const A_LAW: Float32Array = Float32Array.from({ length: 256 }, (_, code) => expandALaw(code) / 32_768);
const MU_LAW: Float32Array = Float32Array.from({ length: 256 }, (_, code) => expandMuLaw(code) / 32_768);

/**
 * ITU-T G.711 table 1a: the even bits are inverted, the sign bit is set for positive values; 13
 * bits, here shifted to 16.
 */
function expandALaw(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 256) << (exponent - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

/** ITU-T G.711 table 2a: all bits are inverted; 14 bits with a bias of 33, here shifted to 16. */
function expandMuLaw(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return bits & 0x80 ? -magnitude : magnitude;
}
