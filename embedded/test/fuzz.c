/*
 * fuzz BLOB FILE.t12 RUNS SEED: changed blobs and changed streams, to be compiled with sanitizers.
 * Each run changes a few bytes, opens and decodes what is still taken; whatever comes is a status,
 * never a fault. Prints how many of each were taken.
 */
#include "fuzzing.h"
#include "twelvehz.h"

enum { FRAMES_DECODED = 2 };

static int16_t pcm[T12_FLUSH_SAMPLES];

static void decode_some(const t12_model *model) {
  uint16_t codes[T12_MAX_LAYERS];
  size_t written;
  t12_decoder *decoder;
  const size_t room = t12_arena_bytes(model, 1);
  const size_t more = T12_PREDICTOR_BYTES(model->shape.codebook_dim);
  void *arena = room_for(room), *memory = room_for(more);
  for (unsigned i = 0; i < T12_MAX_LAYERS; i++)
    codes[i] = (uint16_t)below(model->shape.codebook_size);
  if (t12_decoder_init(&decoder, model, arena, room, 1) == T12_OK) {
    t12_set_predictor(decoder, memory, more);
    t12_conceal(decoder, pcm, T12_FRAME_SAMPLES, &written);
    for (unsigned i = 0; i < 3; i++)
      t12_decode(decoder, codes, 1, model->shape.layers, pcm, T12_FRAME_SAMPLES, &written);
    t12_conceal_before(decoder, codes, 1, pcm, T12_FRAME_SAMPLES, &written);
    t12_flush(decoder, pcm, T12_FLUSH_SAMPLES, &written);
  }
  free(memory), free(arena);
}

/* Whether a blob with changed bytes was taken. Every now and then with the checksum, which finds
   every change. */
static int try_blob(uint8_t *blob, size_t bytes, unsigned run) {
  t12_model model;
  const changes done = change(blob, bytes);
  const int checked = run % CHECKED_EVERY == 0;
  const t12_status status = t12_model_open(&model, blob, bytes, checked ? 0 : T12_TRUSTED);
  if (status == T12_OK && !checked) decode_some(&model);
  undo(blob, &done);
  return status == T12_OK;
}

static size_t changed(uint8_t *to, const uint8_t *from, size_t bytes) {
  memcpy(to, from, bytes);
  for (unsigned i = 1 + below(MOST_CHANGES); i > 0; i--) {
    const size_t at = below((uint32_t)bytes), cut = below(8);
    if (below(3))
      to[at] = (uint8_t)below(256);
    else if (bytes > at + cut + 64)
      memmove(to + at, to + at + cut, bytes - at - cut), bytes -= cut;
  }
  return below(4) ? bytes : below((uint32_t)bytes);
}

/* Whether a changed stream was read to its end without a word of damage. */
static int try_stream(const t12_model *model, t12_decoder *decoder, const uint8_t *file,
                      size_t bytes) {
  t12_reader reader;
  size_t written;
  int worst = 0, result = 0, decoded = 0;
  uint8_t *copy = malloc(bytes);
  const size_t length = changed(copy, file, bytes);
  if (below(4))
    t12_reader_init(&reader, model);
  else
    t12_reader_init_bare(&reader, model, 1 + below(model->shape.layers));
  for (size_t i = 0; i < length; i++) {
    result = t12_reader_push(&reader, copy[i]);
    if (result == T12_READ_FRAME && decoded++ < FRAMES_DECODED &&
        t12_decode(decoder, reader.codes, 1, reader.layers, pcm, T12_FRAME_SAMPLES, &written) < 0)
      exit(97); /* a reader gives only codes that a decoder takes */
    if (result < 0) worst = result;
  }
  free(copy);
  return result == T12_READ_END && worst == 0;
}

int main(int count, char **args) {
  if (count != 5) return 96;
  size_t blob_bytes, file_bytes;
  uint8_t *blob = load(args[1], &blob_bytes), *file = load(args[2], &file_bytes);
  const unsigned runs = (unsigned)atoi(args[3]);
  unsigned blobs = 0, streams = 0;
  t12_model model;
  t12_decoder *decoder;
  seed(args[4]);
  if (t12_model_open(&model, blob, blob_bytes, 0) < 0) return 95;
  const size_t room = t12_arena_bytes(&model, 1);
  void *arena = room_for(room);
  if (t12_decoder_init(&decoder, &model, arena, room, 1) < 0) return 94;
  for (unsigned run = 0; run < runs; run++) {
    if (run % 2)
      blobs += (unsigned)try_blob(blob, blob_bytes, run - 1);
    else
      streams += (unsigned)try_stream(&model, decoder, file, file_bytes);
  }
  printf("%u runs: %u changed blobs and %u changed streams were taken\n", runs, blobs, streams);
  free(arena), free(blob), free(file);
  return 0;
}
