/*
 * The decoder as a WebAssembly module: one model, any number of decoders. The caller asks for
 * memory, writes the blob there, and makes decoders in arenas. Codes go in and samples come out
 * through two fixed buffers, up to T12_WASM_FRAMES frames a call.
 */
#include <stddef.h>
#include "../src/t12_internal.h"

#define T12_WASM_FRAMES 8u
#define EXPORT(name) __attribute__((export_name(#name))) name
enum { PAGE_BYTES = 65536 };

extern unsigned char __heap_base;
static t12_model model;
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

/* Parts of the decoder that are no addresses: from, to. */
static const size_t plain[][2] = {
    {offsetof(struct t12_decoder, batch), offsetof(struct t12_decoder, gains)},
    {offsetof(struct t12_decoder, column_scale), offsetof(struct t12_decoder, bands)},
    {offsetof(struct t12_decoder, step_number), offsetof(struct t12_decoder, groups)},
    {offsetof(struct t12_decoder, open), offsetof(struct t12_decoder, base)},
    {offsetof(struct t12_decoder, skip), sizeof(struct t12_decoder)},
};

/* The bytes of another decoder of the model, whose arena was at `from`, have been written over this
   one's: its addresses are made to point into this arena. */
void EXPORT(moved)(t12_decoder *decoder, uintptr_t from) {
  const size_t bytes = t12_arena_bytes(&model, T12_WASM_FRAMES);
  uint8_t *const words = (uint8_t *)decoder;
  for (size_t at = 0; at + sizeof(uintptr_t) <= sizeof *decoder; at += sizeof(uintptr_t)) {
    int is_plain = 0;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
      is_plain |= at >= plain[i][0] && at < plain[i][1];
    uintptr_t *const word = (uintptr_t *)(void *)(words + at);
    if (!is_plain && *word >= from && *word < from + bytes) *word += (uintptr_t)decoder - from;
  }
}
