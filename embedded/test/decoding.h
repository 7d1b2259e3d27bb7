/* What the programs that decode a file of codes once share. */
#ifndef T12_DECODING_H
#define T12_DECODING_H
#include "inputs.h"
#include "twelvehz.h"

static unsigned char blob[20000000] __attribute__((aligned(32))),
    arena[1000000] __attribute__((aligned(32)));
static uint16_t codes[64 * 1000];

/* A decoder of up to 4 frames a call for the blob in a file, which becomes `model`. */
static t12_status open_decoder(const char *name, t12_model *model, t12_decoder **decoder) {
  const size_t bytes = load(name, blob, sizeof blob);
  const t12_status status = t12_model_open(model, blob, bytes, 0);
  if (status < 0) return status;
  return t12_decoder_init(decoder, model, arena, t12_arena_bytes(model, 4), 4);
}
#endif
