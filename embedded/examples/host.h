/* What the programs for POSIX share: a blob from a file, and sound as WAV on the standard output.
 */
#ifndef T12_HOST_H
#define T12_HOST_H
#include "twelvehz.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int16_t pcm[T12_FLUSH_SAMPLES];

static void *aligned(size_t bytes) {
  void *p = NULL;
  const size_t whole = (bytes + T12_ALIGNMENT - 1) / T12_ALIGNMENT * T12_ALIGNMENT;
  return posix_memalign(&p, T12_ALIGNMENT, whole) == 0 ? p : NULL;
}

/* A file in memory, or null with errno set. */
static void *load(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  void *blob = NULL;
  if (!file) return NULL;
  (void)fgetc(file); /* a folder can be opened, but not read */
  if (!ferror(file) && fseek(file, 0, SEEK_END) == 0) {
    const long length = ftell(file);
    rewind(file);
    *bytes = (size_t)length;
    errno = ENOMEM;
    blob = aligned(*bytes + 1);
    if (blob && fread(blob, 1, *bytes, file) != *bytes) {
      free(blob);
      blob = NULL;
    }
  }
  fclose(file);
  return blob;
}

/* What a status means, and its name in twelvehz.h. */
static const char *status_text(int status) {
  static const char *const texts[] = {
      "no error (T12_OK)",
      "an argument is out of range (T12_E_ARGUMENT)",
      "it is not aligned (T12_E_ALIGNMENT)",
      "its format is another or of another version (T12_E_FORMAT)",
      "it is damaged or cut short (T12_E_DAMAGED)",
      "there is too little memory (T12_E_ROOM)",
      "a code is out of range (T12_E_CODE)",
      "its codes are of another model than the blob (T12_E_MODEL)",
  };
  const size_t count = sizeof texts / sizeof *texts;
  return status <= 0 && (size_t)-status < count ? texts[-status] : "an unknown status";
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

/* Opens a blob, makes a decoder, and has it play the standard input: 1 for a blob that cannot be
   used, 3 for damaged input, else 0. */
static int play_with(const char *program, const char *path, const void *blob, size_t bytes,
                     t12_status (*play)(t12_decoder *, const t12_model *)) {
  t12_model model;
  t12_decoder *decoder = NULL;
  void *arena = NULL, *memory = NULL;
  int exit_status = 0;
  t12_status status = t12_model_open(&model, blob, bytes, 0);
  if (status == T12_OK) {
    const size_t room = t12_arena_bytes(&model, 1);
    arena = aligned(room);
    status = arena ? t12_decoder_init(&decoder, &model, arena, room, 1) : T12_E_ROOM;
    memory = aligned(T12_PREDICTOR_BYTES(model.shape.codebook_dim));
  }
  if (status != T12_OK) {
    fprintf(stderr, "%s: Cannot use %s as a blob: %s; write one with: twelvehz export-c -o .\n",
            program, path, status_text(status));
    exit_status = 1;
  } else {
    write_header();
    t12_set_predictor(decoder, memory, /* without one in the blob the last frame is held */
                      T12_PREDICTOR_BYTES(model.shape.codebook_dim));
    status = play(decoder, &model);
    if (status < 0) {
      fprintf(stderr, "%s: Cannot play all of the input: %s\n", program, status_text(status));
      exit_status = 3;
    }
  }
  free(memory);
  free(arena);
  return exit_status;
}

/* The exit status of a program whose blob is a file: 2 where the file cannot be read, else that of
   play_with. */
static int run(const char *program, const char *path,
               t12_status (*play)(t12_decoder *, const t12_model *)) {
  size_t bytes = 0;
  void *blob = load(path, &bytes);
  if (!blob) {
    fprintf(stderr, "%s: Cannot read %s: %s\n", program, path, strerror(errno));
    return 2;
  }
  const int exit_status = play_with(program, path, blob, bytes, play);
  free(blob);
  return exit_status;
}
#endif
