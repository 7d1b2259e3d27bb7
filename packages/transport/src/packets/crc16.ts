/**
 * CCITT, 0x1021, begun with ones, neither reflected nor inverted: CRC-16/IBM-3740 in the catalogue
 * of CRC algorithms of G. Cook.
 */
const POLYNOMIAL = 0x1021;

/**
 * CRC-16 of some bytes, 0 to 65535; `123456789` gives 0x29b1.
 * @param crc result of the bytes before, to go on from there
 */
export function crc16(bytes: Uint8Array, crc = 0xffff): number {
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x8000 ? POLYNOMIAL : 0);
    crc &= 0xffff;
  }
  return crc;
}
