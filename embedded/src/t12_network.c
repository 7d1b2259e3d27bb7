/* From codes to log bands and priorities. */
#include "t12_internal.h"
#include "t12_sum.h"

void t12_embed(const t12_decoder *d, const uint16_t *codes, unsigned layers, float *latent) {
  const t12_model *m = d->model;
  const unsigned width = m->shape.codebook_dim;
  for (unsigned i = 0; i < width; i++) {
    t12_sum sum = t12_sum_of(0.0f);
    for (unsigned l = 0; l < layers; l++) {
      const size_t entry = (size_t)l * m->shape.codebook_size + codes[l];
      const float value = (float)m->codebooks[entry * width + i] * m->codebook_scale[entry];
      t12_add_product(&sum, d->gains[l], value);
    }
    latent[i] = t12_rounded(sum);
  }
}

/* A linear estimate of the bands, from each frame's latent and the one before. */
#ifdef T12_WIDE
static void priorities_of_one(t12_decoder *d) {
  const t12_model *m = d->model;
  const unsigned width = 2u * m->shape.codebook_dim;
  for (unsigned r = 0; r < (unsigned)T12_STEPS * m->shape.bands; r++)
    d->priority[r] = t12_exact_product(m->priority_bias[r], m->priority + (size_t)r * width,
                                       m->priority_scale[r], d->latent, width);
}

/* A row is made doubles once for all frames, 4 or more: there is room for it in work.mid. */
static void priorities(t12_decoder *d, unsigned frames) {
  const t12_model *m = d->model;
  const unsigned D = m->shape.codebook_dim, width = 2u * D, rows = T12_STEPS * m->shape.bands;
  double *row = (double *)(void *)d->work.mid;
  if (frames < 4) {
    priorities_of_one(d);
    return;
  }
  for (unsigned r = 0; r < rows; r++) {
    t12_row_of(m->priority + (size_t)r * width, m->priority_scale[r], width, row);
    for (unsigned f = 0; f < frames; f++)
      d->priority[f * rows + r] =
          t12_exact_row(m->priority_bias[r], row, d->latent + f * D, width);
  }
}
#else
/* Sums of integers: each latent as two of 16 bits, the second 2^15 times finer. */
static void priority(t12_decoder *d, const float *before, float *out) {
  const t12_model *m = d->model;
  const unsigned width = 2u * m->shape.codebook_dim;
  const float step = t12_split(&d->work, before, width);
  for (unsigned r = 0; r < (unsigned)T12_STEPS * m->shape.bands; r++) {
    const int64_t sum = t12_split_product(&d->work, m->priority + (size_t)r * width, width);
    out[r] = (float)sum * (step * m->priority_scale[r]) + m->priority_bias[r];
  }
}

static void priorities(t12_decoder *d, unsigned frames) {
  const t12_shape *s = &d->model->shape;
  for (unsigned f = 0; f < frames; f++)
    priority(d, d->latent + f * s->codebook_dim, d->priority + f * T12_STEPS * s->bands);
}
#endif

static void fine(t12_decoder *d, float *x, float *bands) {
  const t12_model *m = d->model;
  const unsigned n = m->shape.fine_dim, width = m->shape.bands;
  for (unsigned i = 0; i < m->shape.fine_blocks; i++)
    t12_run_block(&d->work, &m->fine[i], d->fine_history + i * 6 * n, x, T12_STEPS, n);
  for (unsigned t = 0; t < T12_STEPS; t++)
    t12_layer_norm(x + t * n, n, m->fine_norm_weight, m->fine_norm_bias, d->work.norm + t * n);
  t12_linear(&d->work, &m->head, d->work.norm, T12_STEPS, bands);
  for (unsigned t = 0; t < T12_STEPS; t++)
    for (unsigned b = 0; b < width; b++)
      bands[t * width + b] = bands[t * width + b] * m->std[b] + m->mean[b];
}

void t12_network(t12_decoder *d, const uint16_t *codes, unsigned frames, unsigned layers) {
  const t12_model *m = d->model;
  const t12_shape *s = &m->shape;
  const unsigned D = s->codebook_dim, n = s->dim, step = T12_STEPS * s->bands;
  for (unsigned f = 0; f < frames; f++)
    t12_embed(d, codes + f * layers, layers, d->latent + (f + 1) * D);
  priorities(d, frames);
  t12_linear(&d->work, &m->out, d->latent + D, frames, d->frame_x);
  for (unsigned i = 0; i < s->frame_blocks; i++)
    t12_run_block(&d->work, &m->frame[i], d->frame_history + i * 6 * n, d->frame_x, frames, n);
  for (unsigned f = 0; f < frames; f++)
    t12_layer_norm(d->frame_x + f * n, n, m->frame_norm_weight, m->frame_norm_bias, d->work.norm + f * n);
  t12_linear(&d->work, &m->up, d->work.norm, frames, d->fine_x);
  for (unsigned f = 0; f < frames; f++)
    fine(d, d->fine_x + f * T12_STEPS * s->fine_dim, d->bands + f * step);
  memmove(d->latent, d->latent + frames * D, D * sizeof(float));
}

void t12_network_reset(t12_decoder *d) {
  const t12_shape *s = &d->model->shape;
  memset(d->frame_history, 0, (size_t)s->frame_blocks * 6 * s->dim * sizeof(float));
  memset(d->fine_history, 0, (size_t)s->fine_blocks * 6 * s->fine_dim * sizeof(float));
  memset(d->latent, 0, s->codebook_dim * sizeof(float));
}
