/* A clip in one datagram: docs/packets.md, "Command packet". */
#include "t12_internal.h"
#include "twelvehz_packet.h"

enum { MARKER = 0xc1, LAYERS_AT = 1, TAG_AT = 2, FRAMES_AT = 4, CHECKSUM_AT = 6, TAG_BYTES = 2 };

/* CRC-16 with the polynomial 0x1021. */
static uint16_t crc16(uint16_t crc, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    crc ^= (uint16_t)(bytes[i] << 8);
    for (unsigned bit = 0; bit < 8u; bit++)
      crc = (uint16_t)((crc & 0x8000u) ? (uint32_t)crc << 1 ^ 0x1021u : (uint32_t)crc << 1);
  }
  return crc;
}

/* Of a packet without the checksum itself. */
static uint16_t checksum_of(const uint8_t *packet, size_t count) {
  const uint16_t header = crc16(0xffffu, packet, CHECKSUM_AT);
  return crc16(header, packet + T12_PACKET_HEADER, count - T12_PACKET_HEADER);
}

static unsigned u16_at(const uint8_t *at) { return at[0] | (unsigned)at[1] << 8; }

/* Number `i` of codes packed in `bits` bits each. */
static unsigned code_at(const uint8_t *codes, size_t i, unsigned bits) {
  unsigned code = 0;
  for (unsigned b = 0; b < bits; b++) {
    const size_t at = i * bits + b;
    code |= (codes[at / 8u] >> (at % 8u) & 1u) << b;
  }
  return code;
}

t12_status t12_packet_open(t12_packet *packet, const t12_model *model, const void *bytes,
                           size_t count) {
  if (!packet || !model || !bytes) return T12_E_ARGUMENT;
  const uint8_t *at = bytes;
  const t12_shape *s = &model->shape;
  const unsigned bits = t12_code_bits(s->codebook_size);
  if (count <= T12_PACKET_HEADER || at[0] != MARKER) return T12_E_FORMAT;
  const unsigned layers = at[LAYERS_AT] + 1u, frames = u16_at(at + FRAMES_AT);
  if (frames == 0 || u16_at(at + CHECKSUM_AT) != checksum_of(at, count)) return T12_E_DAMAGED;
  if (memcmp(at + TAG_AT, t12_model_id(model), TAG_BYTES) != 0) return T12_E_MODEL;
  if (T12_PACKET_BYTES(frames, layers, bits) != count) return T12_E_DAMAGED;
  if (layers > s->layers) return T12_E_MODEL;
  for (size_t i = 0; i < (size_t)frames * layers; i++)
    if (code_at(at + T12_PACKET_HEADER, i, bits) >= s->codebook_size) return T12_E_CODE;
  *packet = (t12_packet){(uint16_t)frames, (uint8_t)layers, (uint8_t)bits, at + T12_PACKET_HEADER};
  return T12_OK;
}

t12_status t12_packet_frame(const t12_packet *packet, unsigned frame, uint16_t *codes) {
  if (!packet || !codes || frame >= packet->frames) return T12_E_ARGUMENT;
  for (unsigned l = 0; l < packet->layers; l++)
    codes[l] = (uint16_t)code_at(packet->codes, (size_t)frame * packet->layers + l, packet->bits);
  return T12_OK;
}

t12_status t12_packet_write(const uint8_t *id, unsigned codebook_size, const uint16_t *codes,
                            unsigned frames, unsigned stride, unsigned layers, void *out,
                            size_t room, size_t *written) {
  if (!id || !codes || !out || !written || !t12_within(codebook_size, 2, 32768))
    return T12_E_ARGUMENT;
  if (!t12_within(frames, 1, 65535) || !t12_within(layers, 1, T12_MAX_LAYERS) || layers > stride)
    return T12_E_ARGUMENT;
  const unsigned bits = t12_code_bits(codebook_size);
  const size_t count = T12_PACKET_BYTES(frames, layers, bits);
  if (count > room) return T12_E_ROOM;
  for (size_t i = 0; i < (size_t)frames * layers; i++)
    if (codes[i / layers * stride + i % layers] >= codebook_size) return T12_E_CODE;
  uint8_t *at = out, *packed = at + T12_PACKET_HEADER;
  memset(at, 0, count);
  at[0] = MARKER;
  at[LAYERS_AT] = (uint8_t)(layers - 1u);
  memcpy(at + TAG_AT, id, TAG_BYTES);
  at[FRAMES_AT] = (uint8_t)(frames & 255u), at[FRAMES_AT + 1] = (uint8_t)(frames >> 8);
  for (size_t i = 0; i < (size_t)frames * layers; i++)
    for (unsigned b = 0; b < bits; b++) {
      const unsigned bit = codes[i / layers * stride + i % layers] >> b & 1u;
      packed[(i * bits + b) / 8u] |= (uint8_t)(bit << ((i * bits + b) % 8u));
    }
  const unsigned sum = checksum_of(at, count);
  at[CHECKSUM_AT] = (uint8_t)(sum & 255u), at[CHECKSUM_AT + 1] = (uint8_t)(sum >> 8);
  *written = count;
  return T12_OK;
}
