/*
 * fuzz_encoder BLOB SAMPLES RUNS SEED: as fuzz.c, of the encoder: changed blobs, and changed sounds
 * in pieces of any length, whose codes must be below the size of the codebook. SAMPLES are floats.
 */
#include "fuzzing.h"
#include "twelvehz_encoder.h"

enum { FRAMES = 2, MOST_SAMPLES = FRAMES * 1920 + 1000, ROOM = FRAMES + 2 };

static uint16_t codes[ROOM * T12_MAX_LAYERS];

/* Encodes a sound in pieces; codes out of range end the program. */
static void encode(t12_encoder *encoder, const t12_encoder_model *model, const float *sound,
                   size_t count) {
  size_t frames = 0, last = 0, written = 0;
  for (size_t at = 0, n; at < count; at += n, frames += written) {
    n = 1 + below(3000);
    if (n > count - at) n = count - at;
    if (t12_encode_float(encoder, sound + at, n, codes + frames * model->shape.layers,
                         ROOM - frames, &written) < 0)
      exit(97);
  }
  if (t12_encode_flush(encoder, codes + frames * model->shape.layers, &last) < 0) exit(96);
  for (size_t i = 0; i < (frames + last) * model->shape.layers; i++)
    if (codes[i] >= model->shape.codebook_size) exit(95);
}

static int try_blob(uint8_t *blob, size_t bytes, const float *sound, unsigned run) {
  t12_encoder_model model;
  t12_encoder *encoder;
  const changes done = change(blob, bytes);
  const int checked = run % CHECKED_EVERY == 0;
  const t12_status status = t12_encoder_open(&model, blob, bytes, checked ? 0 : T12_TRUSTED);
  if (status == T12_OK && !checked) {
    const size_t room = t12_encoder_arena_bytes(&model, 1);
    void *arena = room_for(room);
    if (t12_encoder_init(&encoder, &model, arena, room, 1) == T12_OK)
      encode(encoder, &model, sound, 1920);
    free(arena);
  }
  undo(blob, &done);
  return status == T12_OK;
}

/* A part of the sound, with bits of some samples changed: into what is no number, too. */
static void try_sound(t12_encoder *encoder, const t12_encoder_model *model, const float *sound,
                      size_t samples) {
  const size_t count = below(MOST_SAMPLES), first = below((uint32_t)(samples - MOST_SAMPLES));
  float *copy = malloc((count + 1) * sizeof *copy);
  if (!copy) exit(94);
  memcpy(copy, sound + first, count * sizeof *copy);
  for (unsigned i = below(200); count && i > 0; i--) {
    uint32_t bits = below(0x10000) << 16 | below(0x10000);
    memcpy(copy + below((uint32_t)count), &bits, sizeof bits);
  }
  encode(encoder, model, copy, count);
  free(copy);
}

int main(int count, char **args) {
  if (count != 5) return 92;
  size_t blob_bytes, sound_bytes;
  uint8_t *blob = load(args[1], &blob_bytes), *sound = load(args[2], &sound_bytes);
  const float *samples = (const float *)(const void *)sound;
  const size_t total = sound_bytes / sizeof *samples;
  const unsigned runs = (unsigned)atoi(args[3]);
  unsigned blobs = 0;
  t12_encoder_model model;
  t12_encoder *encoder;
  seed(args[4]);
  if (total <= MOST_SAMPLES || t12_encoder_open(&model, blob, blob_bytes, 0) < 0) return 91;
  const size_t room = t12_encoder_arena_bytes(&model, 1);
  void *arena = room_for(room);
  if (t12_encoder_init(&encoder, &model, arena, room, 1) < 0) return 90;
  for (unsigned run = 0; run < runs; run++) {
    if (run % 2)
      blobs += (unsigned)try_blob(blob, blob_bytes, samples, run - 1);
    else
      try_sound(encoder, &model, samples, total);
  }
  printf("%u runs: %u changed blobs were taken\n", runs, blobs);
  free(arena), free(blob), free(sound);
  return 0;
}
