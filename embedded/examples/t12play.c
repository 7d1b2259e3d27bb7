/*
 * t12play BLOB < FILE.t12 > FILE.wav: a token file as sound, read byte by byte as it would come
 * over a link: missing frames are concealed, damage is told about. The blob is what `twelvehz
 * export-c` writes. Play it with: t12play t12d.bin < talk.t12 | aplay
 */
#include "twelvehz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_MISSING 250u /* 20 s: more than that is no loss but another clip */

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

static t12_status play_frame(t12_decoder *decoder, const t12_reader *reader, uint32_t missing) {
  size_t written = 0;
  if (missing > MOST_MISSING) t12_reset(decoder), missing = 0;
  for (; missing > 0; missing--) {
    t12_conceal(decoder, pcm, T12_FRAME_SAMPLES, &written);
    write_samples(written);
  }
  const t12_status status =
      t12_decode(decoder, reader->codes, 1, reader->layers, pcm, T12_FRAME_SAMPLES, &written);
  if (status == T12_OK) write_samples(written);
  return status;
}

/* What was read, and whether all of it was good: 0, or the last status. */
static int play(t12_decoder *decoder, t12_reader *reader) {
  int byte, worst = 0, result = T12_READ_MORE;
  size_t written = 0;
  while ((byte = getchar()) != EOF && result != T12_READ_END) {
    result = t12_reader_push(reader, (uint8_t)byte);
    if (result == T12_READ_FRAME) {
      result = play_frame(decoder, reader, reader->missing);
      reader->missing = 0;
    }
    if (result < 0) worst = result;
    if (result == T12_E_FORMAT || result == T12_E_MODEL) break;
  }
  if (t12_flush(decoder, pcm, T12_FLUSH_SAMPLES, &written) == T12_OK) write_samples(written);
  return worst;
}

/* Opens the model and plays the standard input; the exit status. */
static int play_with(const void *blob, size_t bytes, void *arena, size_t room) {
  t12_model model;
  t12_reader reader;
  t12_decoder *decoder;
  t12_model_open(&model, blob, bytes, T12_TRUSTED); /* it was checked before */
  if (t12_decoder_init(&decoder, &model, arena, room, 1) < 0) return 1;
  t12_reader_init(&reader, &model);
  write_header();
  const int status = play(decoder, &reader);
  if (status < 0) fprintf(stderr, "t12play: The input is damaged or foreign: status %d\n", status);
  return status < 0 ? 3 : 0;
}

int main(int count, char **args) {
  size_t bytes = 0;
  t12_model model;
  void *blob = count == 2 ? load(args[1], &bytes) : NULL;
  if (!blob) {
    fputs("Usage: t12play BLOB < FILE.t12 > FILE.wav\n", stderr);
    return 2;
  }
  int exit_status = 1;
  const t12_status status = t12_model_open(&model, blob, bytes, 0);
  if (status < 0) {
    fprintf(stderr, "t12play: Cannot use %s: status %d; export it again\n", args[1], (int)status);
  } else {
    const size_t room = t12_arena_bytes(&model, 1);
    void *arena = aligned(room);
    if (arena) exit_status = play_with(blob, bytes, arena, room);
    free(arena);
  }
  free(blob);
  return exit_status;
}
