// IMA (Intel/DVI) and Microsoft ADPCM as they stand in WAV files: four bits per sample in blocks
// that each begin with a full state. Microsoft, "New Multimedia Data Types and Data Techniques"
// (1994), sections "DVI ADPCM" and "Microsoft ADPCM".

/** One kind of ADPCM with its block layout. */
export interface AdpcmCodec {
  /** For people. */
  readonly name: string;
  readonly channels: number;
  /** Samples per channel in a whole block. */
  readonly samplesPerBlock: number;
  /** Bytes that a block has at least: the state at its beginning. */
  readonly headerBytes: number;
  /**
   * Decodes one block, which may be shorter than a whole one; returns what is wrong with it as
   * text.
   */
  decode(block: Uint8Array): Float32Array[] | string;
}

const IMA_STEPS: Int32Array = imaSteps();
const IMA_INDEX_CHANGE = [-1, -1, -1, -1, 2, 4, 6, 8];
const MS_ADAPTATION = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];
/** Larger steps cannot be reached by real sound; ffmpeg has the same bound. */
const MS_MAX_DELTA = Math.floor(0x7fffffff / 768);

/** IMA ADPCM of a channel count and block size, or what is wrong with them. */
export function imaAdpcm(channels: number, blockAlign: number): AdpcmCodec | string {
  const headerBytes = 4 * channels;
  if (blockAlign <= headerBytes || blockAlign % headerBytes !== 0)
    return `IMA ADPCM of ${channels} channels cannot have blocks of ${blockAlign} bytes`;
  const samplesPerBlock = 1 + ((blockAlign - headerBytes) / headerBytes) * 8;
  return { name: "IMA ADPCM", channels, samplesPerBlock, headerBytes, decode: (block) => decodeIma(block, channels) };
}

function decodeIma(block: Uint8Array, channels: number): Float32Array[] | string {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const words = Math.floor((block.length - 4 * channels) / (4 * channels));
  const out: Float32Array[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const index = block[channel * 4 + 2];
    if (index > 88) return `an IMA ADPCM block begins with step index ${index}, and 0 to 88 exist`;
    out.push(decodeImaChannel(view, { channel, channels, words, value: view.getInt16(channel * 4, true), index }));
  }
  return out;
}

interface ImaStart {
  readonly channel: number;
  readonly channels: number;
  /** 32-bit words of 8 samples that this channel has in the block. */
  readonly words: number;
  readonly value: number;
  readonly index: number;
}

function decodeImaChannel(view: DataView, start: ImaStart): Float32Array {
  const out = new Float32Array(1 + start.words * 8);
  let { value, index } = start;
  out[0] = value / 32_768;
  for (let word = 0, n = 1; word < start.words; word++) {
    let bits = view.getUint32(4 * (start.channels + word * start.channels + start.channel), true);
    for (let i = 0; i < 8; i++, bits >>>= 4) {
      const step = IMA_STEPS[index];
      const change = (step >> 3) + (bits & 4 ? step : 0) + (bits & 2 ? step >> 1 : 0) + (bits & 1 ? step >> 2 : 0);
      value = clamp16(bits & 8 ? value - change : value + change);
      index = Math.max(0, Math.min(88, index + IMA_INDEX_CHANGE[bits & 7]));
      out[n++] = value / 32_768;
    }
  }
  return out;
}

/** The 89 steps of the IMA recommendation: each is 1.1 times the one before, from 7 to 32767. */
function imaSteps(): Int32Array {
  const rows =
    "7 8 9 10 11 12 13 14 16 17 19 21 23 25 28 31 34 37 41 45 50 55 60 66 73 80 88 97 107 118 130 143 157 173 190 209 230 253 279 307 337 371 408 " +
    "449 494 544 598 658 724 796 876 963 1060 1166 1282 1411 1552 1707 1878 2066 2272 2499 2749 3024 3327 3660 4026 4428 4871 5358 5894 6484 7132 " +
    "7845 8630 9493 10442 11487 12635 13899 15289 16818 18500 20350 22385 24623 27086 29794 32767";
  return Int32Array.from(rows.split(" "), Number);
}

/** MS ADPCM with the coefficients of the format chunk's extension, or what is wrong with it. */
export function msAdpcm(channels: number, blockAlign: number, extension: Uint8Array): AdpcmCodec | string {
  const headerBytes = 7 * channels;
  if (channels > 2) return `MS ADPCM has 1 or 2 channels, not ${channels}`;
  if (blockAlign <= headerBytes) return `MS ADPCM of ${channels} channels cannot have blocks of ${blockAlign} bytes`;
  const coefficients = msCoefficients(extension);
  if (!coefficients) return 'the "fmt " chunk of MS ADPCM lacks its coefficients';
  const samplesPerBlock = 2 + Math.floor(((blockAlign - headerBytes) * 2) / channels);
  return { name: "MS ADPCM", channels, samplesPerBlock, headerBytes, decode: (block) => decodeMs(block, channels, coefficients) };
}

/** Pairs of 8.8 fixed-point predictor coefficients. */
function msCoefficients(extension: Uint8Array): Int16Array | undefined {
  const view = new DataView(extension.buffer, extension.byteOffset, extension.byteLength);
  const count = extension.length >= 4 ? view.getUint16(2, true) : 0;
  if (count === 0 || extension.length < 4 + count * 4) return undefined;
  return Int16Array.from({ length: count * 2 }, (_, i) => view.getInt16(4 + i * 2, true));
}

interface MsState {
  readonly c1: number;
  readonly c2: number;
  delta: number;
  newest: number;
  older: number;
}

function decodeMs(block: Uint8Array, channels: number, coefficients: Int16Array): Float32Array[] | string {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const states: MsState[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const predictor = block[channel];
    if (predictor * 2 >= coefficients.length)
      return `an MS ADPCM block names predictor ${predictor}, and there are ${coefficients.length / 2}`;
    const word = (row: number): number => view.getInt16(channels + 2 * (row * channels + channel), true);
    states.push({ c1: coefficients[predictor * 2], c2: coefficients[predictor * 2 + 1], delta: word(0), newest: word(1), older: word(2) });
  }
  return expandMs(block.subarray(7 * channels), states);
}

function expandMs(nibbles: Uint8Array, states: readonly MsState[]): Float32Array[] {
  const channels = states.length;
  const perChannel = Math.floor((nibbles.length * 2) / channels);
  const out = states.map((state) => {
    const samples = new Float32Array(2 + perChannel);
    samples[0] = state.older / 32_768;
    samples[1] = state.newest / 32_768;
    return samples;
  });
  for (let i = 0; i < perChannel * channels; i++) {
    const nibble = i % 2 === 0 ? nibbles[i >> 1] >> 4 : nibbles[i >> 1] & 15;
    out[i % channels][2 + Math.floor(i / channels)] = nextMs(states[i % channels], nibble) / 32_768;
  }
  return out;
}

function nextMs(state: MsState, nibble: number): number {
  const signed = nibble >= 8 ? nibble - 16 : nibble;
  const predicted = Math.floor((state.newest * state.c1 + state.older * state.c2) / 256); // a shift by 8, as in Microsoft's codec
  state.older = state.newest;
  state.newest = clamp16(predicted + signed * state.delta);
  state.delta = Math.min(MS_MAX_DELTA, Math.max(16, Math.floor((MS_ADAPTATION[nibble] * state.delta) / 256)));
  return state.newest;
}

function clamp16(value: number): number {
  return Math.max(-32_768, Math.min(32_767, value));
}
