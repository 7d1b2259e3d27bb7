/*
 * fetch BLOB: frames decoded with weights brought piece by piece, as a DMA channel would bring
 * them: each piece is the one announced before, addresses rise through a frame, and the sound has
 * the bits that it has without. Exit status 0, or which of these does not hold.
 */
#include "t12d.h"
#include <stdio.h>
#include <string.h>

enum { FRAMES = 6 };

static unsigned char blob[20000000] __attribute__((aligned(32)));
static unsigned char arenas[2][T12_ARENA_BYTES(4)] __attribute__((aligned(32)));
static int16_t pcm[2][FRAMES * T12_FRAME_SAMPLES + T12_FLUSH_SAMPLES];

typedef struct {
  unsigned char copy[T12_PIECE_BYTES] __attribute__((aligned(8)));
  const unsigned char *announced, *last;
  size_t announced_bytes, matrices, pieces;
  int wrong;
} channel;

static const void *bring(void *user, const void *weights, size_t bytes, const void *next,
                         size_t next_bytes) {
  channel *c = user;
  if (bytes > sizeof c->copy) c->wrong = 20;
  if (c->announced && (c->announced != weights || c->announced_bytes != bytes)) c->wrong = 21;
  if (c->last && (const unsigned char *)weights <= c->last) c->wrong = 22;
  memset(c->copy, 0, sizeof c->copy); /* what was brought before must not be needed any more */
  memcpy(c->copy, weights, bytes);
  c->last = weights;
  c->announced = next, c->announced_bytes = next_bytes;
  c->pieces++;
  if (!next) c->matrices++;
  return c->copy;
}

static size_t sound_of(const t12_model *model, int i, channel *c) {
  uint16_t codes[T12D_LAYERS];
  t12_decoder *decoder;
  size_t all = 0, written = 0;
  if (t12_decoder_init(&decoder, model, arenas[i], sizeof arenas[i], 4) < 0) return 0;
  if (c) t12_set_fetch(decoder, bring, c);
  for (unsigned f = 0; f < FRAMES; f++) {
    for (unsigned l = 0; l < T12D_LAYERS; l++)
      codes[l] = (uint16_t)((f * 977 + l * 131) % model->shape.codebook_size);
    if (c) c->last = NULL;
    t12_decode(decoder, codes, 1, T12D_LAYERS, pcm[i] + all, sizeof pcm[i] / 2 - all, &written);
    all += written;
  }
  t12_flush(decoder, pcm[i] + all, sizeof pcm[i] / 2 - all, &written);
  return all + written;
}

int main(int count, char **args) {
  static channel c;
  t12_model model;
  FILE *file = count == 2 ? fopen(args[1], "rb") : NULL;
  if (!file) return 1;
  const size_t bytes = fread(blob, 1, sizeof blob, file);
  fclose(file);
  if (t12_model_open(&model, blob, bytes, 0) < 0) return 2;
  const size_t samples = sound_of(&model, 0, NULL);
  if (samples != FRAMES * T12_FRAME_SAMPLES || sound_of(&model, 1, &c) != samples) return 3;
  if (c.wrong) return c.wrong;
  if (memcmp(pcm[0], pcm[1], samples * sizeof pcm[0][0]) != 0) return 4;
  printf("%lu pieces of %lu matrices\n", (unsigned long)c.pieces, (unsigned long)c.matrices);
  return 0;
}
