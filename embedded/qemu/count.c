/*
 * On QEMU's mps2-an500 with -icount shift=0: instructions of a frame, by SysTick, which counts 40
 * at a time. The blob lies at 0x60000000, the codes (u32 frames, then u16) at 0x60F00000. Writes
 * the samples to samples.pcm and a line of JSON to the standard output. T12_BATCH is set from
 * outside.
 */
#include "t12d.h"
#include "counting.h"
#include <stdio.h>

static uint8_t arena[T12_ARENA_BYTES(T12_BATCH)] __attribute__((aligned(T12_ALIGNMENT)));
static int16_t pcm[T12_BATCH * T12_FRAME_SAMPLES + T12_FLUSH_SAMPLES];

int main(void) {
  const uint32_t *in = (const uint32_t *)0x60F00000u;
  const uint16_t *codes = (const uint16_t *)(in + 1);
  const uint32_t frames = in[0] / T12_BATCH * T12_BATCH;
  uint32_t most = 0, total = 0;
  size_t written;
  t12_model model;
  t12_decoder *decoder;
  t12_status status = t12_model_open(&model, (const void *)0x60000000u, BLOB_ROOM, 0);
  if (status == T12_OK) status = t12_decoder_init(&decoder, &model, arena, sizeof arena, T12_BATCH);
  FILE *out = status == T12_OK ? fopen("samples.pcm", "wb") : NULL;
  if (!out) return 1;
  start_counting();
  stack_used(1);
  for (uint32_t i = 0; i < frames; i += T12_BATCH) {
    uint32_t ticks = SYST_CVR;
    t12_decode(decoder, codes + i * T12D_LAYERS, T12_BATCH, T12D_LAYERS, pcm,
               sizeof pcm / sizeof *pcm, &written);
    ticks = (ticks - SYST_CVR) & TICKS;
    if (ticks > most) most = ticks;
    total += ticks;
    if (i == 0) printf("{\"stackBytes\": %u, ", stack_used(0));
    fwrite(pcm, sizeof *pcm, written, out);
  }
  t12_flush(decoder, pcm, sizeof pcm / sizeof *pcm, &written);
  fwrite(pcm, sizeof *pcm, written, out);
  fclose(out);
  printf("\"arenaBytes\": %u, \"meanInstructions\": %lu, \"mostInstructions\": %lu}\n",
         (unsigned)sizeof arena, (unsigned long)((uint64_t)total * INSTRUCTIONS_A_TICK / frames),
         (unsigned long)((uint64_t)most * INSTRUCTIONS_A_TICK / T12_BATCH));
  return 0;
}
