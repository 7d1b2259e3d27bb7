/**
 * twelvehz: a clip in one datagram, behind 8 bytes, for radios and other thin links: the command
 * packet of docs/packets.md, which `@twelvehz/transport` and `twelvehz send --datagram` write, too.
 */
#ifndef TWELVEHZ_PACKET_H
#define TWELVEHZ_PACKET_H
#include "twelvehz.h"
#ifdef __cplusplus
extern "C" {
#endif

/** Bytes before the codes: marker, layers, model, frames, checksum. */
#define T12_PACKET_HEADER 8u

/** An open packet: it points into the bytes. */
typedef struct {
  uint16_t frames;
  uint8_t layers;
  uint8_t bits;         /**< of a code */
  const uint8_t *codes; /**< packed, the lowest bit first */
} t12_packet;

/**
 * Opens a packet in place; all of it is checked.
 * @return T12_E_FORMAT for what is no packet, T12_E_DAMAGED for one that is cut or changed,
 * T12_E_MODEL for codes of another model, T12_E_CODE
 */
t12_status t12_packet_open(t12_packet *packet, const t12_model *model, const void *bytes,
                           size_t count);

/**
 * The codes of a frame, for t12_decode.
 * @param codes receives packet->layers codes
 * @return T12_E_ARGUMENT for a frame that the packet does not have
 */
t12_status t12_packet_frame(const t12_packet *packet, unsigned frame, uint16_t *codes);

/** Bytes of a packet of so many codes. @param bits of a code: 11 for codebooks of 2048 entries */
#define T12_PACKET_BYTES(frames, layers, bits)                                                     \
  (T12_PACKET_HEADER + ((size_t)(frames) * (layers) * (bits) + 7u) / 8u)

/**
 * Writes a packet.
 * @param id identity of the model that made the codes: t12_encoder_id
 * @param codebook_size of that model
 * @param codes [frames, stride], of each frame the first `layers` are sent
 * @param layers 1 to stride, at most T12_MAX_LAYERS
 * @param written receives the bytes of the packet
 * @return T12_E_ROOM where the packet is longer than `room`, T12_E_CODE
 */
t12_status t12_packet_write(const uint8_t *id, unsigned codebook_size, const uint16_t *codes,
                            unsigned frames, unsigned stride, unsigned layers, void *out,
                            size_t room, size_t *written);

#ifdef __cplusplus
}
#endif
#endif
