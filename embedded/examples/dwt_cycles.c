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

static void start_counter(void) {
  DEMCR |= 1u << 24;
  DWT_LAR = 0xC5ACCE55u;
  DWT_CYCCNT = 0;
  DWT_CTRL |= 1u;
}

int main(void) {
  t12_model model;
  t12_decoder *decoder;
  size_t written;
  uint64_t total = 0;
  uint32_t most = 0, frames = 0;
  t12_status status =
      t12_model_open(&model, t12d_blob, (size_t)(t12d_blob_end - t12d_blob), 0);
  if (status == T12_OK) status = t12_decoder_init(&decoder, &model, arena, sizeof arena, 1);
  if (status != T12_OK) {
    printf("the model cannot be opened: status %d\n", (int)status);
    return 1;
  }
  start_counter();
  for (unsigned round = 0; round < ROUNDS; round++)
    for (unsigned f = 0; f < T12D_GOLDEN_FRAMES; f++, frames++) {
      const uint32_t began = DWT_CYCCNT;
      t12_decode(decoder, t12d_golden_codes + f * T12D_LAYERS, 1, T12D_LAYERS, pcm,
                 T12_FRAME_SAMPLES, &written);
      const uint32_t cycles = DWT_CYCCNT - began;
      if (cycles > most) most = cycles;
      total += cycles;
    }
  printf("cycles of a frame (80 ms): mean %lu, most %lu\n", (unsigned long)(total / frames),
         (unsigned long)most);
  return 0;
}
