/*
 * As count.c, of the encoder: an encoder's blob lies at 0x60000000, the samples (u32 count, then
 * i16) at 0x60F00000. Writes the codes to codes.out.
 */
#include "twelvehz_encoder.h"
#include "t12d.h"
#include "counting.h"
#include <stdio.h>

static uint8_t arena[T12_ENCODER_ARENA_BYTES(T12_BATCH)] __attribute__((aligned(T12_ALIGNMENT)));
static uint16_t codes[(T12_BATCH + 1) * T12D_LAYERS];

int main(void) {
  const uint32_t *in = (const uint32_t *)0x60F00000u;
  const int16_t *pcm = (const int16_t *)(in + 1);
  const size_t step = T12_BATCH * T12_FRAME_SAMPLES;
  const uint32_t frames = in[0] / step * T12_BATCH;
  uint32_t most = 0, total = 0;
  size_t written;
  t12_encoder_model model;
  t12_encoder *encoder;
  t12_status status = t12_encoder_open(&model, (const void *)0x60000000u, BLOB_ROOM, 0);
  if (status == T12_OK) status = t12_encoder_init(&encoder, &model, arena, sizeof arena, T12_BATCH);
  FILE *out = status == T12_OK ? fopen("codes.out", "wb") : NULL;
  if (!out) return 1;
  start_counting();
  stack_used(1);
  for (uint32_t i = 0; i < frames; i += T12_BATCH, pcm += step) {
    uint32_t ticks = SYST_CVR;
    t12_encode(encoder, pcm, step, codes, T12_BATCH + 1, &written);
    ticks = (ticks - SYST_CVR) & TICKS;
    if (ticks > most) most = ticks;
    total += ticks;
    if (i == 0) printf("{\"stackBytes\": %u, ", stack_used(0));
    fwrite(codes, sizeof *codes, written * T12D_LAYERS, out);
  }
  fclose(out);
  printf("\"arenaBytes\": %u, \"meanInstructions\": %lu, \"mostInstructions\": %lu}\n",
         (unsigned)sizeof arena, (unsigned long)((uint64_t)total * INSTRUCTIONS_A_TICK / frames),
         (unsigned long)((uint64_t)most * INSTRUCTIONS_A_TICK / T12_BATCH));
  return 0;
}
