/* What the files of the decoder share. */
#ifndef T12_INTERNAL_H
#define T12_INTERNAL_H
#include "twelvehz.h"
#include "t12_lanes.h"
#include "t12_real.h"

enum {
  T12_WINDOW = 960,
  T12_HOP = 240,
  T12_BINS = T12_BINS_,
  T12_STEPS = 8,
  T12_KERNEL = 7,
  T12_LEAD = T12_WINDOW - T12_HOP
};

/* T12_LANES open or new spectrum steps side by side: what their magnitudes must be, what they are
   now, and what the last round's projections were; [481] each. */
typedef struct {
  t12_lanes *magnitude, *re, *im, *last_re, *last_im;
} t12_group;

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
  /* network: factor of each layer, histories of the depthwise convolutions, latents (row 0 is the
     frame before), activations */
  float *gains, *frame_history, *fine_history, *latent, *frame_x, *fine_x, *mid, *norm, *expanded;
  int16_t *quantized;
  float column_scale[8];
  float *bands, *priority;
  /* phases; arrays of three and two rotate, `step_number` counts steps */
  t12_real *logs[3], *phase[2], *per_bin, *row;
  float *priorities[2], *below, *above;
  uint8_t *loud;
  uint32_t step_number;
  float log_tolerance;
  t12_group groups[16 / T12_LANES];
  unsigned open;
  float *base, *signal, *tail, *tail_weight, *transform;
  t12_lanes *time, *spectrum, *work;
  /* output; the last frame that came, and how many were lost since */
  unsigned skip, lost, last_layers;
  uint16_t last[T12_MAX_LAYERS];
};

/* Clears what the network remembers. */
void t12_network_reset(t12_decoder *d);
/* Codes [frames, layers] -> d->bands and d->priority, [8 frames, bands]; frames is 1, 4 or 8. */
void t12_network(t12_decoder *d, const uint16_t *codes, unsigned frames, unsigned layers);
/* x [columns, m->columns] -> y [columns, m->rows] */
void t12_linear(t12_decoder *d, const t12_matrix *m, const float *x, unsigned columns, float *y);

/* Prepares the transform and its tables, once. */
void t12_phases_init(t12_decoder *d);
/* Forgets all steps. */
void t12_phases_reset(t12_decoder *d);
/* Frame `frame` of the last t12_network -> the samples that are now final. */
void t12_phases_push(t12_decoder *d, unsigned frame, t12_sink *sink);
/* The samples that were still open. */
void t12_phases_flush(t12_decoder *d, t12_sink *sink);
/* Log bands and priorities of the next step -> its magnitudes and its phases d->phase[0]; [481]. */
void t12_next_phases(t12_decoder *d, const float *bands, const float *priority,
                     t12_real *magnitude);
/* Writes samples, without the lead. */
void t12_emit(t12_decoder *d, const float *sum, unsigned count, t12_sink *sink);
#endif
