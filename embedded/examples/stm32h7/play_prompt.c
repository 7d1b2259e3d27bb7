/*
 * A prompt through I2S on an STM32H7, by the HAL of the vendor: source only, tried on no board. The
 * prompt is a token file in flash (`twelvehz encode prompt.wav --layers 8 -o prompt.t12`). Half of
 * a circular DMA buffer is decoded while the other half plays: four frames, 320 ms, so that weights
 * are read once in four frames. The I2S is set to 24 kHz, 16 bits, mono on both channels.
 */
#include "stm32h7xx_hal.h"
#include "t12d.h"
#include <string.h>

enum { FRAMES = 4, HALF = FRAMES * T12_FRAME_SAMPLES };

extern I2S_HandleTypeDef hi2s1;
extern const uint8_t t12d_blob[], prompt[];
extern const uint32_t t12d_blob_bytes, prompt_bytes;

static uint8_t arena[T12_ARENA_BYTES(FRAMES)] __attribute__((aligned(T12_ALIGNMENT)));
static int16_t pcm[HALF + T12_FLUSH_SAMPLES];
/* In memory that the DMA reaches and the cache leaves alone: left and right. */
static int16_t buffer[2][HALF][2] __attribute__((section(".dma_buffer"), aligned(32)));
static t12_model model;
static t12_decoder *decoder;
static t12_reader reader;
static size_t at;
static volatile int wanted = -1; /* which half is to be filled */
static int ended;

/* The next codes of the prompt, up to FRAMES frames; what is damaged is left out. */
static unsigned read_frames(uint16_t *codes) {
  unsigned frames = 0;
  while (frames < FRAMES && at < prompt_bytes)
    if (t12_reader_push(&reader, prompt[at++]) == T12_READ_FRAME) {
      memcpy(codes + frames * reader.layers, reader.codes, reader.layers * sizeof *codes);
      frames++;
    }
  return frames;
}

static void fill(int half) {
  uint16_t codes[FRAMES * T12_MAX_LAYERS];
  size_t written = 0, rest = 0;
  const unsigned frames = ended ? 0 : read_frames(codes);
  if (frames) t12_decode(decoder, codes, frames, reader.layers, pcm, HALF, &written);
  if (frames < FRAMES && !ended) {
    t12_flush(decoder, pcm + written, T12_FLUSH_SAMPLES, &rest);
    written += rest;
    ended = 1;
  }
  for (size_t i = 0; i < HALF; i++)
    buffer[half][i][0] = buffer[half][i][1] = i < written ? pcm[i] : 0;
}

void HAL_I2S_TxHalfCpltCallback(I2S_HandleTypeDef *i2s) {
  (void)i2s;
  wanted = 0;
}
void HAL_I2S_TxCpltCallback(I2S_HandleTypeDef *i2s) {
  (void)i2s;
  wanted = 1;
}

/* Plays the prompt; 0, or a t12_status. */
int play_prompt(void) {
  t12_status status = t12_model_open(&model, t12d_blob, t12d_blob_bytes, T12_TRUSTED);
  if (status == T12_OK) status = t12_decoder_init(&decoder, &model, arena, sizeof arena, FRAMES);
  if (status == T12_OK) status = t12_reader_init(&reader, &model);
  if (status != T12_OK) return status;
  at = 0, ended = 0;
  fill(0), fill(1);
  HAL_I2S_Transmit_DMA(&hi2s1, (uint16_t *)&buffer[0][0][0], 2 * HALF * 2);
  while (!ended) {
    if (wanted < 0) {
      __WFI();
      continue;
    }
    const int half = wanted;
    wanted = -1;
    fill(half);
  }
  HAL_Delay(2 * FRAMES * 80);
  return HAL_I2S_DMAStop(&hi2s1) == HAL_OK ? 0 : T12_E_ARGUMENT;
}
