/** Floats of 16 bits (IEEE 754, binary16), as bit patterns. */

/** Bit patterns of binary32: 2^-14, the least normal number of 16 bits; 2^16, beyond them; infinity; one half. */
const [LEAST_NORMAL, TOO_LARGE, INFINITE, HALF] = [0x38800000, 0x47800000, 0x7f800000, 0x3f000000];

/** To 32 bits, exactly. */
export function floatsOfHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(halves.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) out[i] = (half & 0x8000 ? -fraction : fraction) * 2 ** -24;
    else bits[i] = ((half & 0x8000) << 16) | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
  }
  return out;
}

/**
 * Numbers times a factor to the nearest of 16 bits, ties to even; what is too large becomes infinite.
 * @param halves where they are written, at least as many
 * @returns whether none had to be rounded
 */
export function roundToHalves(floats: Float32Array, halves: Uint16Array, factor = 1): boolean {
  const scaled = new Float32Array(floats.length);
  for (let i = 0; i < floats.length; i++) scaled[i] = factor * floats[i]; // loops: a model has a hundred million
  const bits = new Int32Array(scaled.buffer);
  const shifted = new Float32Array(1); // a small number plus one half has the step of 16 bits, 2^-24
  const shiftedBits = new Int32Array(shifted.buffer);
  let lost = 0;
  for (let i = 0; i < bits.length; i++) {
    const size = bits[i] & 0x7fffffff;
    let half = size > INFINITE ? 0x7e00 : 0x7c00;
    if (size >= LEAST_NORMAL && size < TOO_LARGE) {
      half = ((size + 0xfff + ((size >> 13) & 1)) >> 13) - (112 << 10);
      lost |= size & 0x1fff;
    } else if (size < LEAST_NORMAL) {
      shifted[0] = Math.abs(scaled[i]) + 0.5;
      half = shiftedBits[0] - HALF;
      lost |= Number(shifted[0] - 0.5 !== Math.abs(scaled[i]));
    } else lost |= Number(size < INFINITE);
    halves[i] = half | ((bits[i] >> 16) & 0x8000);
  }
  return lost === 0;
}
