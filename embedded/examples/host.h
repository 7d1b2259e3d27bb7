/* What the programs for POSIX share: a blob from a file, and sound as WAV on the standard output.
 */
#ifndef T12_HOST_H
#define T12_HOST_H
#include "twelvehz.h"
#include <stdio.h>
#include <stdlib.h>

static int16_t pcm[T12_FLUSH_SAMPLES];

static void *aligned(size_t bytes) {
  void *p = NULL;
  const size_t whole = (bytes + T12_ALIGNMENT - 1) / T12_ALIGNMENT * T12_ALIGNMENT;
  return posix_memalign(&p, T12_ALIGNMENT, whole) == 0 ? p : NULL;
}

static void *load(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) return NULL;
  *bytes = (size_t)ftell(file);
  rewind(file);
  void *blob = aligned(*bytes + 1);
  if (blob && fread(blob, 1, *bytes, file) != *bytes) blob = NULL;
  fclose(file);
  return blob;
}

/* A WAV header whose lengths are those of an endless stream. */
static void write_header(void) {
  static const unsigned char header[44] =
      "RIFF\xff\xff\xff\xffWAVEfmt "
      "\x10\0\0\0\1\0\1\0\xc0\x5d\0\0\x80\xbb\0\0\2\0\x10\0data\xff\xff\xff\xff";
  fwrite(header, 1, sizeof header, stdout);
}

static void write_samples(size_t count) { fwrite(pcm, sizeof *pcm, count, stdout); }

/* Frames that are lost before one that has come. */
static void conceal(t12_decoder *decoder, uint32_t frames, const uint16_t *next, unsigned layers) {
  size_t written = 0;
  for (; frames > 0; frames--) {
    if (frames == 1)
      t12_conceal_before(decoder, next, layers, pcm, T12_FRAME_SAMPLES, &written);
    else
      t12_conceal(decoder, pcm, T12_FRAME_SAMPLES, &written);
    write_samples(written);
  }
}

static void flush(t12_decoder *decoder) {
  size_t written = 0;
  if (t12_flush(decoder, pcm, T12_FLUSH_SAMPLES, &written) == T12_OK) write_samples(written);
}

/* Opens the blob of a file, makes a decoder, and has it play the standard input.
   The exit status: 2 without a file, 1 for a blob that cannot be used, 3 for damaged input. */
static int run(const char *program, const char *path,
               t12_status (*play)(t12_decoder *, const t12_model *)) {
  size_t bytes = 0;
  t12_model model;
  t12_decoder *decoder;
  void *blob = load(path, &bytes), *arena = NULL, *memory = NULL;
  t12_status status = blob ? t12_model_open(&model, blob, bytes, 0) : T12_E_ARGUMENT;
  if (status == T12_OK) {
    const size_t room = t12_arena_bytes(&model, 1);
    arena = aligned(room);
    status = arena ? t12_decoder_init(&decoder, &model, arena, room, 1) : T12_E_ROOM;
    memory = aligned(T12_PREDICTOR_BYTES(model.shape.codebook_dim));
  }
  int exit_status = 1;
  if (status != T12_OK) {
    fprintf(stderr, "%s: Cannot use %s: status %d; export it again\n", program, path, (int)status);
  } else {
    write_header();
    t12_set_predictor(decoder, memory, /* without one in the blob the last frame is held */
                      T12_PREDICTOR_BYTES(model.shape.codebook_dim));
    status = play(decoder, &model);
    if (status < 0)
      fprintf(stderr, "%s: The input is damaged or foreign: status %d\n", program, (int)status);
    exit_status = status < 0 ? 3 : 0;
  }
  free(memory);
  free(arena);
  free(blob);
  return exit_status;
}
#endif
