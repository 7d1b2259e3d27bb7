/*
 * Cycles of a frame on a Cortex-M with a cycle counter (DWT), for whoever has a board: the golden
 * frames of t12d.h are decoded and the mean and the largest count printed, with a check of the
 * sound. Link the blob at `t12d_blob`, aligned to 32 bytes, and give printf an output (SWO, UART).
 */
#define T12D_GOLDEN
#include "t12d.h"
#include <stdio.h>

#define DEMCR (*(volatile uint32_t *)0xE000EDFCu)
#define DWT_CTRL (*(volatile uint32_t *)0xE0001000u)
#define DWT_CYCCNT (*(volatile uint32_t *)0xE0001004u)
#define DWT_LAR (*(volatile uint32_t *)0xE0001FB0u) /* a Cortex-M7's counter is locked at first */
enum { ROUNDS = 20 };

extern const uint8_t t12d_blob[], t12d_blob_end[];
static uint8_t arena[T12_ARENA_BYTES(1)] __attribute__((aligned(T12_ALIGNMENT)));
static int16_t pcm[T12_FLUSH_SAMPLES];

/* The frames of the golden clip and their cycles; how far the sound is from the golden one. */
typedef struct {
  uint64_t total;
  uint32_t most, frames;
  float difference, sound;
} tally;

static void start_counter(void) {
  DEMCR |= 1u << 24;
  DWT_LAR = 0xC5ACCE55u;
  DWT_CYCCNT = 0;
  DWT_CTRL |= 1u;
}

/* Adds samples that were decoded to what differs; answers where the next ones belong. */
static size_t compare(tally *t, size_t at, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const float wanted = t12d_golden_samples[at + i], d = (float)pcm[i] - wanted;
    t->difference += d * d;
    t->sound += wanted * wanted;
  }
  return at + count;
}

static void decode_clip(t12_decoder *decoder, tally *t) {
  size_t written = 0, at = 0;
  for (unsigned f = 0; f < T12D_GOLDEN_FRAMES; f++) {
    const uint32_t began = DWT_CYCCNT;
    t12_decode(decoder, t12d_golden_codes + f * T12D_LAYERS, 1, T12D_LAYERS, pcm, T12_FRAME_SAMPLES,
               &written);
    const uint32_t cycles = DWT_CYCCNT - began;
    if (cycles > t->most) t->most = cycles;
    t->total += cycles;
    t->frames++;
    at = compare(t, at, written);
  }
  t12_flush(decoder, pcm, T12_FLUSH_SAMPLES, &written);
  compare(t, at, written);
}

int main(void) {
  tally t = {0};
  t12_model model;
  t12_decoder *decoder;
  t12_status status = t12_model_open(&model, t12d_blob, (size_t)(t12d_blob_end - t12d_blob), 0);
  if (status == T12_OK) status = t12_decoder_init(&decoder, &model, arena, sizeof arena, 1);
  if (status != T12_OK) {
    printf("the model cannot be opened: status %d\n", (int)status);
    return 1;
  }
  start_counter();
  for (unsigned round = 0; round < ROUNDS; round++) decode_clip(decoder, &t);
  printf("cycles of a frame (80 ms): mean %lu, most %lu; the sound is %s\n",
         (unsigned long)(t.total / t.frames), (unsigned long)t.most,
         t.difference * 3162.0f < t.sound ? "right" : "wrong"); /* to -35 dB, as the self-test */
  return t.difference * 3162.0f < t.sound ? 0 : 2;
}
