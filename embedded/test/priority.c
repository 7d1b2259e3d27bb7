/* priority BLOB CODES FRAMES LAYERS OUT [GAIN]: uint16 codes -> what decides the order of phases,
 * int16 [8 frames, bands]. GAIN is that of every second layer, 1 unless it is given. Exit status:
 * minus the t12_status. */
#include "../src/t12_internal.h"
#include "decoding.h"
#include <stdlib.h>

int main(int count, char **args) {
  if (count < 6) return 99;
  const unsigned frames = (unsigned)atoi(args[3]), layers = (unsigned)atoi(args[4]);
  FILE *out = fopen(args[5], "wb");
  if (!out || load(args[2], codes, sizeof codes) < 2u * frames * layers) return 98;
  t12_model model;
  t12_decoder *decoder;
  const t12_status status = open_decoder(args[1], &model, &decoder);
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
