/* What the files of the encoder share. */
#ifndef T12_ENCODER_H
#define T12_ENCODER_H
#include "t12_internal.h"
#include "twelvehz_encoder.h"

struct t12_encoder {
  const t12_encoder_model *model;
  t12_work work;
  unsigned batch, filled; /* samples of `signal` behind the lead */
  /* histories of the depthwise convolutions; the samples, T12_LEAD older ones in front; log bands
     [8 frames, bands]; activations; latents [frames, code] */
  float *frame_history, *fine_history, *signal, *bands, *fine_x, *frame_x, *latent;
  t12_lanes *time, *spectrum, *spare;
  float *transform;
  /* the search of T12_TOGETHER_ frames: residuals of the sums that are kept and of those that
     follow [frames, beam, code], those of one frame as integers, and of each layer what they end
     with */
  float *residual, *next_residual;
  int16_t *quantized;
  uint32_t *trace;
};

/* Latents [frames, code] -> codes [frames, layers]. */
void t12_search(t12_encoder *e, const float *latent, unsigned frames, uint16_t *codes);
#ifdef __wasm_simd128__
/* Brings entries [count, n] into the order in which this search reads them: fours [n / 2, 4, 2], in
   place. @param copy room for four entries */
void t12_search_layout(int8_t *entries, uint32_t count, unsigned n, int8_t *copy);
#endif
/* Adds the products of an entry [n] with up to four residuals, whose pairs lie [n / 4, 4, 2]. */
void t12_add_fours(const int8_t *entry, unsigned n, const uint32_t *r, unsigned residuals,
                   uint32_t sums[4]);
/* All addresses anew, for an arena that was copied. */
void t12_encoder_carve(t12_encoder *e);
#endif
