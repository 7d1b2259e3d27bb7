/*
 * On QEMU's mps2-an500 with -icount shift=0: instructions of a lost frame, by SysTick: held,
 * predicted from the past, predicted with the frame after. The blob, with a predictor, lies at
 * 0x60000000, the codes (u32 frames, then u16) at 0x60F00000. Writes a line of JSON to the standard
 * output.
 */
#include "t12d.h"
#include "counting.h"
#include <stdio.h>

enum { HEARD = 4 };

static uint8_t arena[T12_ARENA_BYTES(1)] __attribute__((aligned(T12_ALIGNMENT)));
static uint8_t memory[T12_PREDICTOR_BYTES(T12D_CODEBOOK_DIM)]
    __attribute__((aligned(T12_ALIGNMENT)));
static int16_t pcm[T12_FLUSH_SAMPLES];

/* Instructions of one lost frame after some that came. */
static uint32_t lost(t12_decoder *decoder, const uint16_t *codes, const uint16_t *next) {
  size_t written;
  t12_flush(decoder, pcm, T12_FLUSH_SAMPLES, &written);
  for (unsigned i = 0; i < HEARD; i++)
    t12_decode(decoder, codes + i * T12D_LAYERS, 1, T12D_LAYERS, pcm, T12_FRAME_SAMPLES, &written);
  const uint32_t ticks = SYST_CVR;
  if (next)
    t12_conceal_before(decoder, next, T12D_LAYERS, pcm, T12_FRAME_SAMPLES, &written);
  else
    t12_conceal(decoder, pcm, T12_FRAME_SAMPLES, &written);
  return ((ticks - SYST_CVR) & TICKS) * INSTRUCTIONS_A_TICK;
}

int main(void) {
  const uint16_t *codes = (const uint16_t *)0x60F00004u;
  t12_model model;
  t12_decoder *decoder;
  t12_status status = t12_model_open(&model, (const void *)0x60000000u, BLOB_ROOM, 0);
  if (status == T12_OK) status = t12_decoder_init(&decoder, &model, arena, sizeof arena, 1);
  if (status != T12_OK) return 1;
  start_counting();
  const uint32_t held = lost(decoder, codes, NULL);
  if (t12_set_predictor(decoder, memory, sizeof memory) != T12_OK) return 1;
  const uint32_t past = lost(decoder, codes, NULL);
  stack_used(1);
  const uint32_t both = lost(decoder, codes, codes + (HEARD + 1) * T12D_LAYERS);
  printf("{\"held\": %lu, \"past\": %lu, \"both\": %lu, \"memoryBytes\": %u, \"stackBytes\": %u}\n",
         (unsigned long)held, (unsigned long)past, (unsigned long)both, (unsigned)sizeof memory,
         stack_used(0));
  return 0;
}
