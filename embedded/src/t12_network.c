/* From codes to log bands and priorities. */
#include "t12_internal.h"
#include "t12_math.h"
#include "t12_pairs.h"

/* Number i of the entry that a layer's code chooses, times the gain of the layer. */
static float part(const t12_decoder *d, const uint16_t *codes, unsigned layer, unsigned i) {
  const t12_model *m = d->model;
  const size_t entry = (size_t)layer * m->shape.codebook_size + codes[layer];
  const float value = (float)m->codebooks[entry * m->shape.codebook_dim + i];
  return d->gains[layer] * (value * m->codebook_scale[entry]);
}

void t12_embed(const t12_decoder *d, const uint16_t *codes, unsigned layers, float *latent) {
  for (unsigned i = 0; i < d->model->shape.codebook_dim; i++) {
    t12_real sum = 0;
    for (unsigned l = 0; l < layers; l++) sum += (t12_real)part(d, codes, l, i);
    latent[i] = (float)sum;
  }
}

/*
 * What decides the order in which phases are found must be the same on every machine, so it is
 * worked out in whole numbers: a linear estimate of the bands, from the sums of entries of each
 * frame and the one before (docs/decisions/phase-order.md).
 */
static int32_t whole_number(float x) {
  return (int32_t)t12_nearest(t12_clamp(x, -32767.0f, 32767.0f));
}

#ifdef __ARM_FEATURE_SIMD32
/* Numbers of a four lie in the order 0 2 1 3, as the weights are taken apart. */
static unsigned place_of(unsigned i) { return (i & ~3u) | (i & 1u) << 1 | (i >> 1 & 1u); }

static inline uint32_t word_at(const void *at) {
  uint32_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

/* Sum of the products of weights and whole numbers, `count` of each; it fits 32 bits. */
static int32_t product(const int8_t *w, const int16_t *x, unsigned count) {
  uint32_t sum = 0;
  for (const int8_t *end = w + count; w != end; w += 4, x += 4) {
    t12_pair first, second;
    expand(word_at(w), &first, &second);
    sum = add_products(add_products(sum, first, word_at(x)), second, word_at(x + 2));
  }
  return (int32_t)sum;
}
#else
static unsigned place_of(unsigned i) { return i; }

static int32_t product(const int8_t *w, const int16_t *x, unsigned count) {
  int32_t sum = 0;
  for (unsigned i = 0; i < count; i++) sum += w[i] * x[i];
  return sum;
}
#endif

static void embed_whole(const t12_decoder *d, const uint16_t *codes, unsigned layers,
                        int16_t *whole) {
  for (unsigned i = 0; i < d->model->shape.codebook_dim; i++) {
    int32_t sum = 0;
    for (unsigned l = 0; l < layers; l++)
      sum += whole_number(part(d, codes, l, i) * (float)T12_LATENT_UNITS);
    whole[place_of(i)] = (int16_t)(sum < -32767 ? -32767 : sum < 32767 ? sum : 32767);
  }
}

/* One of the two parts of a priority, rounded towards zero. */
static int32_t nepers(float x) { return (int32_t)t12_clamp(x, -16383.0f, 16383.0f); }

static void priorities(t12_decoder *d, unsigned frames) {
  const t12_model *m = d->model;
  const unsigned D = m->shape.codebook_dim, rows = (unsigned)T12_STEPS * m->shape.bands;
  const float unit = (float)T12_PRIORITY_UNITS;
  for (unsigned r = 0; r < rows; r++) {
    const float scale = m->priority_scale[r] * (unit / (float)T12_LATENT_UNITS);
    const int32_t bias = nepers(m->priority_bias[r] * unit);
    for (unsigned f = 0; f < frames; f++) {
      const int32_t sum = product(m->priority + (size_t)r * 2 * D, d->whole + f * D, 2 * D);
      d->priority[f * rows + r] = (int16_t)(nepers((float)sum * scale) + bias);
    }
  }
}

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
  for (unsigned f = 0; f < frames; f++) {
    t12_embed(d, codes + f * layers, layers, d->latent + f * D);
    embed_whole(d, codes + f * layers, layers, d->whole + (f + 1) * D);
  }
  priorities(d, frames);
  memmove(d->whole, d->whole + frames * D, D * sizeof *d->whole);
  t12_linear(&d->work, &m->out, d->latent, frames, d->frame_x);
  for (unsigned i = 0; i < s->frame_blocks; i++)
    t12_run_block(&d->work, &m->frame[i], d->frame_history + i * 6 * n, d->frame_x, frames, n);
  for (unsigned f = 0; f < frames; f++)
    t12_layer_norm(d->frame_x + f * n, n, m->frame_norm_weight, m->frame_norm_bias, d->work.norm + f * n);
  t12_linear(&d->work, &m->up, d->work.norm, frames, d->fine_x);
  for (unsigned f = 0; f < frames; f++)
    fine(d, d->fine_x + f * T12_STEPS * s->fine_dim, d->bands + f * step);
}

void t12_network_reset(t12_decoder *d) {
  const t12_shape *s = &d->model->shape;
  memset(d->frame_history, 0, (size_t)s->frame_blocks * 6 * s->dim * sizeof(float));
  memset(d->fine_history, 0, (size_t)s->fine_blocks * 6 * s->fine_dim * sizeof(float));
  memset(d->whole, 0, s->codebook_dim * sizeof *d->whole);
}
