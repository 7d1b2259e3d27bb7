/*
 * Lost frames made up from those around them: linear prediction of the latent from the three before
 * and, where it has come, the one after (training/concealment.py), then the codes whose entries
 * come nearest, layer by layer. The weights are optional records of the blob (docs/c-blob.md).
 */
#include "t12_internal.h"
#include "t12_math.h"

/* In the caller's memory, [width] each: the past, the oldest first; the next frame; what the layers
   before have left of the prediction. */
static float *next_of(const t12_decoder *d) {
  return d->past + (size_t)T12_PAST * d->model->shape.codebook_dim;
}
static float *left_of(const t12_decoder *d) { return next_of(d) + d->model->shape.codebook_dim; }

int t12_can_predict(const t12_decoder *d) { return d->past && d->heard == T12_PAST; }

t12_status t12_set_predictor(t12_decoder *d, void *memory, size_t bytes) {
  if (!d) return T12_E_ARGUMENT;
  if (memory) {
    if ((uintptr_t)memory % T12_ALIGNMENT) return T12_E_ALIGNMENT;
    if (!d->model->predict_past) return T12_E_FORMAT;
    if (bytes < T12_PREDICTOR_BYTES(d->model->shape.codebook_dim)) return T12_E_ROOM;
  }
  d->past = memory;
  d->heard = 0;
  return T12_OK;
}

void t12_remember(t12_decoder *d, unsigned frames) {
  const unsigned width = d->model->shape.codebook_dim;
  if (!d->past) return;
  const unsigned fresh = frames < T12_PAST ? frames : T12_PAST, kept = T12_PAST - fresh;
  memmove(d->past, d->past + (size_t)fresh * width, (size_t)kept * width * sizeof(float));
  memcpy(d->past + (size_t)kept * width, d->latent + (size_t)(frames - fresh) * width,
         (size_t)fresh * width * sizeof(float));
  d->heard = d->heard + fresh < T12_PAST ? d->heard + fresh : T12_PAST;
}

/* x [columns] -> y [rows] */
static void affine(const float *weight, const float *bias, const float *x, unsigned rows,
                   unsigned columns, float *y) {
  for (unsigned r = 0; r < rows; r++, weight += columns) {
    t12_real sum = bias[r];
    for (unsigned i = 0; i < columns; i++) sum += (t12_real)weight[i] * (t12_real)x[i];
    y[r] = (float)sum;
  }
}

#ifdef T12_WIDE
/* Four side by side; local to functions, as compilers pass wide vectors in different ways. */
typedef int8_t t12_bytes __attribute__((vector_size(4)));
typedef double t12_doubles __attribute__((vector_size(32)));

/* The products of an entry and x [count]; count is a multiple of 4. */
static float product(const int8_t *entry, float scale, const float *x, unsigned count) {
  t12_doubles sums = {0, 0, 0, 0};
  for (unsigned i = 0; i < count; i += 4) {
    t12_bytes four;
    t12_lanes at;
    memcpy(&four, entry + i, sizeof four);
    memcpy(&at, x + i, sizeof at);
    const t12_lanes value = __builtin_convertvector(four, t12_lanes) * scale;
    sums += __builtin_convertvector(value, t12_doubles) * __builtin_convertvector(at, t12_doubles);
  }
  return (float)((sums[0] + sums[2]) + (sums[1] + sums[3]));
}

typedef int t12_target; /* nothing is prepared */
static t12_target target_of(t12_decoder *d, const float *x, unsigned width) {
  (void)d, (void)x, (void)width;
  return 0;
}

/* |e|^2 - 2 x e of an entry, or something above `least` where that is more. */
static float distance_to(const t12_decoder *d, t12_target target, const float *x, size_t entry,
                         float least) {
  const t12_model *m = d->model;
  const unsigned width = m->shape.codebook_dim;
  (void)target, (void)least;
  return m->codebook_square[entry] -
         2.0f * product(m->codebooks + entry * width, m->codebook_scale[entry], x, width);
}
#else
/* x as integers: what the sums of its products are to be multiplied by; and twice what half a unit
   of each can amount to. */
typedef struct {
  float fine, coarse, slack;
} t12_target;

static t12_target target_of(t12_decoder *d, const float *x, unsigned width) {
  const float fine = t12_split(&d->work, x, width), coarse = fine * (float)t12_split_radix(width);
  return (t12_target){fine, coarse, 2.0f * 0.51f * 127.0f * (float)width * coarse};
}

/* |e|^2 - 2 x e of an entry, or something above `least` where that is more: most entries are told
   by half of the work. */
static float distance_to(const t12_decoder *d, t12_target target, const float *x, size_t entry,
                         float least) {
  const t12_model *m = d->model;
  const unsigned width = m->shape.codebook_dim;
  const int8_t *weights = m->codebooks + entry * width;
  const float scale = m->codebook_scale[entry], square = m->codebook_square[entry];
  const float coarse = (float)t12_coarse_product(&d->work, weights, width) * target.coarse;
  (void)x;
  if (square - scale * (2.0f * coarse + target.slack) > least) return INFINITY;
  const float sum = (float)t12_split_product(&d->work, weights, width);
  return square - 2.0f * (sum * (target.fine * scale));
}
#endif

/* The entry that comes nearest; the first of those that are as near. */
static unsigned nearest(t12_decoder *d, unsigned layer, const float *x) {
  const unsigned size = d->model->shape.codebook_size;
  const size_t first = (size_t)layer * size;
  const t12_target target = target_of(d, x, d->model->shape.codebook_dim);
  float least = INFINITY;
  unsigned best = 0;
  for (unsigned code = 0; code < size; code++) {
    const float distance = distance_to(d, target, x, first + code, least);
    if (distance < least) least = distance, best = code;
  }
  return best;
}

void t12_predict(t12_decoder *d, const uint16_t *next, unsigned next_layers, uint16_t *codes) {
  const t12_model *m = d->model;
  const unsigned width = m->shape.codebook_dim;
  float *left = left_of(d);
  if (next) t12_embed(d, next, next_layers, next_of(d));
  affine(next ? m->predict_both : m->predict_past,
         next ? m->predict_both_bias : m->predict_past_bias, d->past, width,
         (next ? T12_PAST + 1u : T12_PAST) * width, left);
  for (unsigned l = 0; l < m->shape.layers; l++) {
    codes[l] = (uint16_t)nearest(d, l, left);
    const size_t entry = (size_t)l * m->shape.codebook_size + codes[l];
    for (unsigned i = 0; i < width; i++)
      left[i] -= m->codebook_scale[entry] * (float)m->codebooks[entry * width + i];
  }
}
