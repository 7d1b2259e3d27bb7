/*
 * Decoder and encoder as a WebAssembly module: one model of each, any number of decoders and
 * encoders. The caller asks for memory, writes a blob there, and makes them in arenas. Codes and
 * samples cross in two fixed buffers, up to T12_WASM_FRAMES frames a call.
 */
#include <stddef.h>
#include "../src/t12_encoder.h"

#define T12_WASM_FRAMES 8u
#define EXPORT(name) __attribute__((export_name(#name))) name
enum { PAGE_BYTES = 65536 };

extern unsigned char __heap_base;
static t12_model model;
static t12_encoder_model encoder_model;
static uint16_t codes[T12_WASM_FRAMES * T12_MAX_LAYERS];
static float gains[T12_MAX_LAYERS];
static float samples[T12_WASM_FRAMES * T12_FRAME_SAMPLES + T12_FLUSH_SAMPLES];
static uintptr_t end;

/* Memory that is never given back, at a multiple of T12_ALIGNMENT; null where there is no more. */
void *EXPORT(room)(size_t bytes) {
  const uintptr_t start = end ? end : (uintptr_t)&__heap_base;
  const uintptr_t at = (start + T12_ALIGNMENT - 1) / T12_ALIGNMENT * T12_ALIGNMENT;
  const size_t pages = (at + bytes + PAGE_BYTES - 1) / PAGE_BYTES,
               now = __builtin_wasm_memory_size(0);
  if (pages > now && __builtin_wasm_memory_grow(0, pages - now) == (size_t)-1) return NULL;
  end = at + bytes;
  return (void *)at;
}

uint16_t *EXPORT(codesAt)(void) { return codes; }
float *EXPORT(gainsAt)(void) { return gains; }
float *EXPORT(samplesAt)(void) { return samples; }
unsigned EXPORT(framesAtOnce)(void) { return T12_WASM_FRAMES; }

static uint32_t size_of(const int8_t *x, unsigned count) {
  uint32_t sum = 0;
  for (unsigned i = 0; i < count; i++) sum += (uint32_t)(x[i] < 0 ? -x[i] : x[i]);
  return sum;
}

/* Four rows -> fours of columns, as docs/c-blob.md has them; the largest sum of sizes of a row. */
static uint32_t four_rows_in_fours(int8_t *rows, unsigned columns, int8_t *copy) {
  uint32_t largest = 0;
  memcpy(copy, rows, (size_t)4 * columns);
  for (unsigned r = 0; r < 4; r++, copy += columns) {
    const uint32_t size = size_of(copy, columns);
    largest = size > largest ? size : largest;
    int8_t *to = rows + 4 * r;
    for (unsigned k = 0; k < columns; k += 4, to += 16)
      to[0] = copy[k], to[1] = copy[k + 2], to[2] = copy[k + 1], to[3] = copy[k + 3];
  }
  return largest;
}

/* A matrix [rows, columns] -> fours, in place; the largest sum of sizes of a row, at least 1; or 0
   where it has too many columns. */
uint32_t EXPORT(inFours)(int8_t *matrix, unsigned rows, unsigned columns) {
  uint32_t largest = 1;
  if ((size_t)4 * columns > sizeof samples) return 0;
  for (unsigned r = 0; r < rows; r += 4, matrix += (size_t)4 * columns) {
    const uint32_t size = four_rows_in_fours(matrix, columns, (int8_t *)(void *)samples);
    largest = size > largest ? size : largest;
  }
  return largest;
}

/* |e|^2 of the entries of one layer, and the largest sum of sizes of one; the answer is the largest
   without scale. */
uint32_t EXPORT(searchTables)(const int8_t *entries, unsigned size, unsigned width,
                              const float *scale, float *square, float *reach) {
  uint32_t largest = 1;
  for (unsigned e = 0; e < size; e++, entries += width) {
    int32_t sum = 0;
    for (unsigned i = 0; i < width; i++) sum += entries[i] * entries[i];
    const uint32_t sizes = size_of(entries, width);
    const float far = (float)(sizes * (double)scale[e]);
    square[e] = (float)(sum * ((double)scale[e] * (double)scale[e]));
    *reach = far > *reach ? far : *reach;
    largest = sizes > largest ? sizes : largest;
  }
  return largest;
}

/* The caller has made the blob, or checked it. */
int EXPORT(openModel)(const void *blob, size_t bytes) {
  return t12_model_open(&model, blob, bytes, T12_TRUSTED);
}

size_t EXPORT(arenaBytes)(void) { return t12_arena_bytes(&model, T12_WASM_FRAMES); }

/* The decoder in an arena, or null. */
t12_decoder *EXPORT(openDecoder)(void *arena) {
  t12_decoder *decoder;
  const size_t bytes = t12_arena_bytes(&model, T12_WASM_FRAMES);
  return t12_decoder_init(&decoder, &model, arena, bytes, T12_WASM_FRAMES) == T12_OK ? decoder
                                                                                     : NULL;
}

/* Samples written, or a status below zero. */
int EXPORT(decode)(t12_decoder *decoder, unsigned frames) {
  size_t written = 0;
  if (frames > T12_WASM_FRAMES) return T12_E_ARGUMENT;
  const t12_status status = t12_decode_float(decoder, codes, frames, model.shape.layers, samples,
                                             sizeof samples / sizeof *samples, &written);
  return status < 0 ? (int)status : (int)written;
}

/* Samples written, or a status below zero. */
int EXPORT(flush)(t12_decoder *decoder) {
  size_t written = 0;
  const t12_status status =
      t12_flush_float(decoder, samples, sizeof samples / sizeof *samples, &written);
  return status < 0 ? (int)status : (int)written;
}

void EXPORT(reset)(t12_decoder *decoder) { t12_reset(decoder); }
int EXPORT(setGains)(t12_decoder *decoder) { return t12_set_gains(decoder, gains); }

/* The bytes of another decoder of the model have been written over this one's. */
void EXPORT(decoderMoved)(t12_decoder *decoder) {
  decoder->model = &model;
  t12_decoder_carve(decoder);
}

/* With SIMD, the codebooks in the blob get the order of its search. */
int EXPORT(openEncoderModel)(void *blob, size_t bytes) {
  const t12_status status = t12_encoder_open(&encoder_model, blob, bytes, T12_TRUSTED);
#ifdef __wasm_simd128__
  const t12_shape *s = &encoder_model.shape;
  if (status != T12_OK) return status;
  if ((size_t)4 * s->codebook_dim > sizeof samples || s->codebook_size % 8) return T12_E_FORMAT;
  t12_search_layout((int8_t *)blob + (encoder_model.codebooks - (const int8_t *)blob),
                    (uint32_t)s->layers * s->codebook_size, s->codebook_dim, (int8_t *)samples);
#endif
  return status;
}

size_t EXPORT(encoderArenaBytes)(void) {
  return t12_encoder_arena_bytes(&encoder_model, T12_WASM_FRAMES);
}

/* The encoder in an arena, or null. */
t12_encoder *EXPORT(openEncoder)(void *arena) {
  t12_encoder *encoder;
  const size_t bytes = t12_encoder_arena_bytes(&encoder_model, T12_WASM_FRAMES);
  return t12_encoder_init(&encoder, &encoder_model, arena, bytes, T12_WASM_FRAMES) == T12_OK
             ? encoder
             : NULL;
}

/* Frames of codes written for so many samples, at most those of T12_WASM_FRAMES; or a status below
   zero. */
int EXPORT(encode)(t12_encoder *encoder, size_t count) {
  size_t frames = 0;
  if (count > T12_WASM_FRAMES * T12_FRAME_SAMPLES) return T12_E_ARGUMENT;
  const t12_status status =
      t12_encode_float(encoder, samples, count, codes, T12_WASM_FRAMES, &frames);
  return status < 0 ? (int)status : (int)frames;
}

/* Frames of codes written, or a status below zero. */
int EXPORT(encodeFlush)(t12_encoder *encoder) {
  size_t frames = 0;
  const t12_status status = t12_encode_flush(encoder, codes, &frames);
  return status < 0 ? (int)status : (int)frames;
}

void EXPORT(resetEncoder)(t12_encoder *encoder) { t12_encoder_reset(encoder); }

/* The bytes of another encoder of the model have been written over this one's. */
void EXPORT(encoderMoved)(t12_encoder *encoder) {
  encoder->model = &encoder_model;
  t12_encoder_carve(encoder);
}
