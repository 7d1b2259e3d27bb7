/* self-test BLOB: the test that `twelvehz export-c` writes into t12d.h, in an arena of the size
   it declares. As a firmware would run it once at start. */
#define T12D_GOLDEN
#include "t12d.h"
#include <stdio.h>
#include <string.h>

static unsigned char blob[20000000] __attribute__((aligned(32)));
static unsigned char arena[T12_ARENA_BYTES(4)] __attribute__((aligned(32)));
static int16_t pcm[T12D_GOLDEN_SAMPLES + T12_FRAME_SAMPLES + T12_FLUSH_SAMPLES];

/* Power of the difference is less than a 3162nd of the sound's: -35 dB. */
static int sounds_right(size_t count) {
  float difference = 0, sound = 0;
  for (size_t i = 0; i < count; i++) {
    const float wanted = t12d_golden_samples[i], d = (float)pcm[i] - wanted;
    difference += d * d;
    sound += wanted * wanted;
  }
  return count == T12D_GOLDEN_SAMPLES && difference * 3162.0f < sound;
}

/* Whether what cannot be right is answered with its status, and nothing is touched. */
static int refuses(t12_decoder *decoder, const t12_model *good, size_t bytes) {
  t12_model model;
  t12_decoder *other;
  size_t written = 77;
  const uint16_t too_large[T12D_LAYERS + 1] = {good->shape.codebook_size};
  const size_t room = T12_FRAME_SAMPLES;
  return t12_model_open(&model, blob + 4, bytes - 4, 0) == T12_E_ALIGNMENT &&
         t12_model_open(&model, NULL, bytes, 0) == T12_E_ARGUMENT &&
         t12_model_open(&model, blob, bytes, 6) == T12_E_ARGUMENT &&
         t12_decoder_init(&other, good, arena + 4, sizeof arena - 4, 1) == T12_E_ALIGNMENT &&
         t12_decoder_init(&other, good, arena, sizeof arena, 3) == T12_E_ARGUMENT &&
         t12_decode(decoder, too_large, 1, T12D_LAYERS, pcm, room, &written) == T12_E_CODE &&
         t12_decode(decoder, too_large, 1, T12D_LAYERS + 1, pcm, room, &written) ==
             T12_E_ARGUMENT &&
         t12_decode(decoder, too_large, 1, 0, pcm, room, &written) == T12_E_ARGUMENT &&
         t12_decode(decoder, t12d_golden_codes, 1, T12D_LAYERS, pcm, room - 1, &written) ==
             T12_E_ROOM &&
         t12_flush(decoder, pcm, T12_FLUSH_SAMPLES - 1, &written) == T12_E_ROOM && written == 77;
}

int main(int count, char **args) {
  const uint8_t id[16] = T12D_MODEL_ID;
  t12_model model;
  t12_decoder *decoder;
  size_t written, rest;
  FILE *file = count == 2 ? fopen(args[1], "rb") : NULL;
  if (!file) return 1;
  const size_t bytes = fread(blob, 1, sizeof blob, file);
  fclose(file);
  if (t12_model_open(&model, blob, bytes, 0) < 0) return 2;
  if (memcmp(t12_model_id(&model), id, sizeof id) != 0) return 3;
  if (t12_arena_bytes(&model, 4) != sizeof arena) return 4;
  if (t12_decoder_init(&decoder, &model, arena, sizeof arena - 1, 4) != T12_E_ROOM) return 5;
  if (t12_decoder_init(&decoder, &model, arena, sizeof arena, 4) < 0) return 6;
  if (!refuses(decoder, &model, bytes)) return 10;
  const size_t room = sizeof pcm / sizeof *pcm;
  if (t12_decode(decoder, t12d_golden_codes, T12D_GOLDEN_FRAMES, T12D_LAYERS, pcm, room, &written) <
      0)
    return 7;
  if (t12_flush(decoder, pcm + written, room - written, &rest) < 0) return 8;
  if (!sounds_right(written + rest)) return 9;
  puts("the self-test passes");
  return 0;
}
