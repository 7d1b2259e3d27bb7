/*
 * packet BLOB: reads packets of docs/packets.md (u16 length, bytes) from the standard input; of each
 * that opens the codes are written as a new packet to the standard output, of others the status to
 * the standard error.
 */
#include "twelvehz_packet.h"
#include <stdio.h>

enum { LONGEST = 65535, MOST_FRAMES = 4000 };

static unsigned char blob[20000000] __attribute__((aligned(32)));
static unsigned char bytes[LONGEST], copy[LONGEST];
static uint16_t codes[MOST_FRAMES * T12_MAX_LAYERS];

static t12_status repeat(const t12_model *model, size_t count, size_t *written) {
  t12_packet packet;
  t12_status status = t12_packet_open(&packet, model, bytes, count);
  for (unsigned f = 0; status == T12_OK && f < packet.frames; f++)
    status = t12_packet_frame(&packet, f, codes + (size_t)f * packet.layers);
  if (status < 0) return status;
  if (t12_packet_frame(&packet, packet.frames, codes) != T12_E_ARGUMENT) return T12_OK;
  if (t12_packet_write(t12_model_id(model), model->shape.codebook_size, codes, packet.frames,
                       packet.layers, packet.layers, copy, count - 1, written) != T12_E_ROOM)
    return T12_OK;
  return t12_packet_write(t12_model_id(model), model->shape.codebook_size, codes, packet.frames,
                          packet.layers, packet.layers, copy, sizeof copy, written);
}

int main(int count, char **args) {
  t12_model model;
  uint8_t head[2];
  FILE *file = count == 2 ? fopen(args[1], "rb") : NULL;
  if (!file) return 1;
  const size_t blob_bytes = fread(blob, 1, sizeof blob, file);
  fclose(file);
  if (t12_model_open(&model, blob, blob_bytes, 0) < 0) return 2;
  while (fread(head, 1, 2, stdin) == 2) {
    const size_t length = (size_t)(head[0] | head[1] << 8);
    size_t written = 0;
    if (fread(bytes, 1, length, stdin) != length) return 3;
    const t12_status status = repeat(&model, length, &written);
    if (status < 0)
      fprintf(stderr, "%d ", (int)status);
    else
      fwrite(copy, 1, written, stdout);
  }
  return 0;
}
