/* priority BLOB CODES FRAMES LAYERS OUT [GAIN]: uint16 codes -> what decides the order of phases,
 * int16 [8 frames, bands]. GAIN is that of every second layer, 1 unless it is given. Exit status:
 * minus the t12_status. */
#include "../src/t12_internal.h"
#include "inputs.h"
#include <stdlib.h>

static unsigned char blob[20000000] __attribute__((aligned(32))),
    arena[1000000] __attribute__((aligned(32)));
static uint16_t codes[64 * 1000];

int main(int count, char **args) {
  if (count < 6) return 99;
  const unsigned frames = (unsigned)atoi(args[3]), layers = (unsigned)atoi(args[4]);
  const size_t bytes = load(args[1], blob, sizeof blob);
  FILE *out = fopen(args[5], "wb");
  if (!out || load(args[2], codes, sizeof codes) < 2u * frames * layers) return 98;
  t12_model model;
  t12_decoder *decoder;
  t12_status status = t12_model_open(&model, blob, bytes, 0);
  if (status < 0) return -status;
  status = t12_decoder_init(&decoder, &model, arena, t12_arena_bytes(&model, 4), 4);
  if (status < 0) return -status;
  for (unsigned l = 1; count > 6 && l < layers; l += 2) decoder->gains[l] = (float)atof(args[6]);
  for (unsigned done = 0, n = 1; done < frames; done += n) { /* 4 frames at once, 1, 4, ... */
    n = n == 1 && frames - done >= 4 ? 4 : 1;
    t12_network(decoder, codes + (size_t)done * layers, n, layers);
    const size_t found = (size_t)n * T12_STEPS * model.shape.bands;
    if (fwrite(decoder->priority, sizeof(int16_t), found, out) != found) return 97;
  }
  return fclose(out) ? 97 : 0;
}
