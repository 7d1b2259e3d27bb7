/* encode BLOB SAMPLES OUT [BATCH]: float samples of 24 kHz, in pieces of odd lengths, to uint16
 * codes; checksum and all. Exit status: minus the t12_status. */
#include "twelvehz_encoder.h"
#include "inputs.h"
#include <stdlib.h>

enum { MOST_SAMPLES = 24000 * 15, MOST_FRAMES = MOST_SAMPLES / 1920 + 1, LONGEST_PIECE = 9000 };

static unsigned char blob[24000000] __attribute__((aligned(32))),
    arena[1000000] __attribute__((aligned(32)));
static float samples[MOST_SAMPLES];
static uint16_t codes[MOST_FRAMES * T12_MAX_LAYERS];

int main(int count, char **args) {
  if (count < 4) return 99;
  const size_t bytes = load(args[1], blob, sizeof blob),
               total = load(args[2], samples, sizeof samples) / sizeof *samples;
  const unsigned batch = count > 4 ? (unsigned)atoi(args[4]) : 8;
  size_t frames = 0, new_frames = 0;
  t12_encoder_model model;
  t12_encoder *encoder;
  t12_status status = t12_encoder_open(&model, blob, bytes, 0);
  if (status < 0) return -status;
  const size_t layers = model.shape.layers, room = t12_encoder_arena_bytes(&model, batch);
  if (t12_encoder_init(&encoder, &model, arena, room - 1, batch) != T12_E_ROOM) return 97;
  status = t12_encoder_init(&encoder, &model, arena, room, batch);
  if (status < 0) return -status;
  for (size_t at = 0, n = 1; at < total; at += n, n = n * 7 % LONGEST_PIECE + 1) {
    if (n > total - at) n = total - at;
    status = t12_encode_float(encoder, samples + at, n, codes + frames * layers,
                              MOST_FRAMES - frames, &new_frames);
    if (status < 0) return -status;
    frames += new_frames;
  }
  status = t12_encode_flush(encoder, codes + frames * layers, &new_frames);
  if (status < 0) return -status;
  frames += new_frames;
  FILE *out = fopen(args[3], "wb");
  return !out || fwrite(codes, layers * sizeof *codes, frames, out) != frames || fclose(out) ? 98 : 0;
}
