/* What the files of the decoder share. */
#ifndef T12_INTERNAL_H
#define T12_INTERNAL_H
#include "twelvehz.h"

enum { T12_WINDOW = 960, T12_HOP = 240, T12_BINS = T12_BINS_, T12_STEPS = 8, T12_KERNEL = 7, T12_LEAD = T12_WINDOW - T12_HOP };

/* One open or new spectrum step: what its magnitude must be, what it is now, and what the last round's projection was; [481] each. */
typedef struct {
  float *magnitude, *re, *im, *last_re, *last_im;
} t12_step;

/* Where samples go: one of the two. */
typedef struct {
  int16_t *pcm;
  float *floats;
  size_t written;
} t12_sink;

struct t12_decoder {
  const t12_model *model;
  t12_fetch fetch;
  void *fetch_user;
  unsigned batch;
  /* network: histories of the depthwise convolutions, latents (row 0 is the frame before), activations */
  float *frame_history, *fine_history, *latent, *frame_x, *fine_x, *mid, *norm, *gelu;
  int16_t *quantized;
  float column_scale[8];
  float *bands, *priority;
  /* phases; arrays of three and two rotate, `newest` counts steps */
  float *logs[3], *priorities[2], *phase[2], *below, *above, *per_bin, *magnitude;
  uint8_t *loud;
  uint32_t step_number;
  float log_tolerance;
  t12_step steps[16];
  unsigned open;
  float *base, *signal, *tail, *tail_weight, *time, *spectrum, *work, *transform;
  /* output */
  unsigned skip;
};

/* Clears what the network remembers. */
void t12_network_reset(t12_decoder *d);
/* Codes [frames, layers] -> d->bands and d->priority, [8 frames, bands]; frames is 1, 4 or 8. */
void t12_network(t12_decoder *d, const uint16_t *codes, unsigned frames, unsigned layers);
/* The table of GELU in d->gelu. */
void t12_gelu_table(float *table);

/* Prepares the transform and its tables, once. */
void t12_phases_init(t12_decoder *d);
/* Forgets all steps. */
void t12_phases_reset(t12_decoder *d);
/* Frame `frame` of the last t12_network -> the samples that are now final. */
void t12_phases_push(t12_decoder *d, unsigned frame, t12_sink *sink);
/* The samples that were still open. */
void t12_phases_flush(t12_decoder *d, t12_sink *sink);
/* Writes samples, without the lead. */
void t12_emit(t12_decoder *d, const float *sum, unsigned count, t12_sink *sink);
#endif
