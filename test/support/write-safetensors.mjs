/**
 * Writes safetensors files for tests: https://github.com/huggingface/safetensors, README section
 * "Format".
 */

const WIDE = /64$/;
const NARROW = { BOOL: 1, U8: 1, I8: 1, F8_E4M3: 1, F8_E5M2: 1, I16: 2, U16: 2, F16: 2, BF16: 2 };
const elementBytes = (dtype) => (WIDE.test(dtype) ? 8 : (NARROW[dtype] ?? 4));

/**
 * Tensors are laid out by element size, largest first, so that each is aligned; equal input gives
 * equal bytes.
 */
export function writeSafetensors(tensors, metadata = {}) {
  const entries = Object.entries(tensors).sort(([, a], [, b]) => elementBytes(b.dtype) - elementBytes(a.dtype));
  const header = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let end = 0;
  for (const [name, { dtype, shape, data }] of entries) header[name] = { dtype, shape, data_offsets: [end, (end += data.byteLength)] };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Math.ceil(json.length / 8) * 8));
  const parts = entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return new Uint8Array(Buffer.concat([length, json, Buffer.alloc(-json.length & 7, " "), ...parts]));
}
