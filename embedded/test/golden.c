/* golden BLOB CODES FRAMES LAYERS OUT: decodes uint16 codes into float samples, checksum and all.
 * Exit status: minus the t12_status. */
#include "decoding.h"
#include <stdlib.h>

static float samples[1920 * 1001];

int main(int count, char **args) {
  if (count != 6) return 99;
  unsigned frames = (unsigned)atoi(args[3]), layers = (unsigned)atoi(args[4]), done = 0;
  size_t at = 0, written = 0;
  if (load(args[2], codes, sizeof codes) < 2u * frames * layers) return 98;
  t12_model model;
  t12_decoder *decoder;
  t12_status status = open_decoder(args[1], &model, &decoder);
  if (status < 0) return -status;
  for (unsigned n = 1; done < frames; done += n, n = n % 7 + 1) { /* 1 to 7 frames a call */
    if (n > frames - done) n = frames - done;
    status = t12_decode_float(decoder, codes + done * layers, n, layers, samples + at,
                              sizeof samples / 4 - at, &written);
    if (status < 0) return -status;
    at += written;
  }
  status = t12_flush_float(decoder, samples + at, sizeof samples / 4 - at, &written);
  if (status < 0) return -status;
  FILE *out = fopen(args[5], "wb");
  return !out || fwrite(samples, 4, at + written, out) != at + written || fclose(out) ? 97 : 0;
}
