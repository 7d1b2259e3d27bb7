/* From codes to log bands and priorities. Weights are int8; activations are int16 with one scale a column, or float with T12_FLOAT_PRODUCTS. */
#include "t12_internal.h"
#include "t12_math.h"

#ifndef T12_FLOAT_PRODUCTS
static int32_t weight(uint32_t four, int shift) { return (int8_t)(four >> shift & 255); }

/* Bytes of a four hold columns 0 2 1 3. Sums wrap, as SMLAD does. */
static uint32_t multiply(uint32_t sum, uint32_t w, const int16_t *x) {
  return sum + (uint32_t)(weight(w, 0) * x[0] + weight(w, 16) * x[1] + weight(w, 8) * x[2] + weight(w, 24) * x[3]);
}

static void quantize(t12_decoder *d, const float *x, uint32_t width, unsigned columns, float limit) {
  int16_t *q = d->quantized;
  for (unsigned c = 0; c < columns; c++, x += width, q += width) {
    float largest = 1e-20f;
    for (uint32_t i = 0; i < width; i++) largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
    d->column_scale[c] = largest / limit;
    const float scale = limit / largest;
    for (uint32_t i = 0; i < width; i++) q[i] = (int16_t)rintf(t12_clamp(x[i] * scale, -limit, limit));
  }
}

static void product(t12_decoder *d, const t12_matrix *m, const uint32_t *w, uint32_t row, const float *x, unsigned columns, float *y) {
  const uint32_t k4 = m->columns / 4;
  (void)x;
  for (unsigned c = 0; c < columns; c++) {
    const int16_t *q = d->quantized + (size_t)c * m->columns;
    uint32_t sum[4] = {0, 0, 0, 0};
    for (uint32_t k = 0; k < k4; k++, q += 4)
      for (int i = 0; i < 4; i++) sum[i] = multiply(sum[i], w[4 * k + i], q);
    for (int i = 0; i < 4; i++)
      y[(size_t)c * m->rows + row + i] = (float)(int32_t)sum[i] * (m->scale[row + i] * d->column_scale[c]) + m->bias[row + i];
  }
}
#else
static void product(t12_decoder *d, const t12_matrix *m, const uint32_t *w, uint32_t row, const float *x, unsigned columns, float *y) {
  (void)d;
  for (unsigned c = 0; c < columns; c++)
    for (int i = 0; i < 4; i++) {
      const float *at = x + (size_t)c * m->columns;
      float a = 0, b = 0;
      for (uint32_t k = 0; k < m->columns / 4; k++, at += 4) {
        const int8_t *v = (const int8_t *)(w + 4 * k + i);
        a += (float)v[0] * at[0] + (float)v[2] * at[1];
        b += (float)v[1] * at[2] + (float)v[3] * at[3];
      }
      y[(size_t)c * m->rows + row + i] = (a + b) * m->scale[row + i] + m->bias[row + i];
    }
}
#endif

/* x [columns, m->columns] -> y [columns, m->rows] */
static void linear(t12_decoder *d, const t12_matrix *m, const float *x, unsigned columns, float *y) {
#ifndef T12_FLOAT_PRODUCTS
  quantize(d, x, m->columns, columns, m->limit);
#endif
  const uint32_t rows = T12_PIECE_BYTES / m->columns / 4 * 4 ? T12_PIECE_BYTES / m->columns / 4 * 4 : 4;
  for (uint32_t first = 0; first < m->rows; first += rows) {
    const uint32_t end = first + rows < m->rows ? first + rows : m->rows, after = end + rows < m->rows ? end + rows : m->rows;
    const uint32_t *w = m->weight + (size_t)first * m->columns / 4;
    const uint32_t *next = after > end ? m->weight + (size_t)end * m->columns / 4 : NULL;
    if (d->fetch) w = d->fetch(d->fetch_user, w, (size_t)(end - first) * m->columns, next, (size_t)(after - end) * m->columns);
    for (uint32_t row = first; row < end; row += 4, w += m->columns) product(d, m, w, row, x, columns, y);
  }
}

static void layer_norm(const float *x, unsigned n, const float *w, const float *b, float *y) {
  float sum = 0, squares = 0;
  for (unsigned i = 0; i < n; i++) sum += x[i];
  const float mean = sum / (float)n;
  for (unsigned i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
  const float inverse = 1.0f / sqrtf(squares / (float)n + 1e-5f);
  for (unsigned i = 0; i < n; i++) y[i] = (x[i] - mean) * inverse * w[i] + b[i];
}

/* history [6, n], x [steps, n] -> y [steps, n]; the history moves on */
static void depthwise(float *history, const float *x, unsigned steps, unsigned n, const t12_block *b, float *y) {
  const int past = T12_KERNEL - 1;
  for (int t = 0; t < (int)steps; t++)
    for (unsigned c = 0; c < n; c++) {
      float sum = b->depthwise_bias[c];
      for (int k = 0; k < T12_KERNEL; k++) {
        const int at = t + k - past;
        sum += b->depthwise[(unsigned)k * n + c] * (at < 0 ? history[(unsigned)(past + at) * n + c] : x[(unsigned)at * n + c]);
      }
      y[(unsigned)t * n + c] = sum;
    }
  for (int i = 0; i < past; i++) {
    const int at = (int)steps + i - past;
    memcpy(history + (unsigned)i * n, at < 0 ? history + (unsigned)(past + at) * n : x + (unsigned)at * n, n * sizeof(float));
  }
}

static void block(t12_decoder *d, const t12_block *b, float *history, float *x, unsigned steps, unsigned n) {
  depthwise(history, x, steps, n, b, d->norm);
  for (unsigned t = 0; t < steps; t++) layer_norm(d->norm + t * n, n, b->norm_weight, b->norm_bias, d->norm + t * n);
  linear(d, &b->widen, d->norm, steps, d->mid);
  for (unsigned i = 0; i < steps * b->widen.rows; i++) d->mid[i] = t12_gelu(d->mid[i]);
  linear(d, &b->narrow, d->mid, steps, d->norm);
  for (unsigned i = 0; i < steps * n; i++) x[i] += d->norm[i];
}

/* A sum of floats with the rounding errors in a second float. */
typedef struct {
  float sum, error;
} t12_sum;

static void add(t12_sum *a, volatile float x) {
  volatile float s = a->sum + x, part = s - a->sum, rest = s - part;
  a->error += (a->sum - rest) + (x - part);
  a->sum = s;
}

static void embed(t12_decoder *d, const uint16_t *codes, unsigned layers, float *latent) {
  const t12_model *m = d->model;
  const unsigned width = m->shape.codebook_dim;
  for (unsigned i = 0; i < width; i++) {
    t12_sum a = {0, 0};
    for (unsigned l = 0; l < layers; l++) {
      const size_t entry = (size_t)l * m->shape.codebook_size + codes[l];
      add(&a, (float)m->codebooks[entry * width + i] * m->codebook_scale[entry]);
    }
    latent[i] = a.sum + a.error;
  }
}

/* Exact to the last bit but rarely: the order of phases depends on it. `before` is the latent of the frame before, and this one's. */
static void priority(const t12_decoder *d, const float *before, float *out) {
  const t12_model *m = d->model;
  const unsigned width = 2u * m->shape.codebook_dim;
  for (unsigned r = 0; r < (unsigned)T12_STEPS * m->shape.bands; r++) {
    t12_sum a = {m->priority_bias[r], 0};
    for (unsigned i = 0; i < width; i++) {
      const float w = (float)m->priority[(size_t)r * width + i] * m->priority_scale[r], p = before[i] * w;
      a.error += fmaf(before[i], w, -p);
      add(&a, p);
    }
    out[r] = a.sum + a.error;
  }
}

static void fine(t12_decoder *d, float *x, float *bands) {
  const t12_model *m = d->model;
  const unsigned n = m->shape.fine_dim, width = m->shape.bands;
  for (unsigned i = 0; i < m->shape.fine_blocks; i++) block(d, &m->fine[i], d->fine_history + i * 6 * n, x, T12_STEPS, n);
  for (unsigned t = 0; t < T12_STEPS; t++) layer_norm(x + t * n, n, m->fine_norm_weight, m->fine_norm_bias, d->norm + t * n);
  linear(d, &m->head, d->norm, T12_STEPS, bands);
  for (unsigned t = 0; t < T12_STEPS; t++)
    for (unsigned b = 0; b < width; b++) bands[t * width + b] = bands[t * width + b] * m->std[b] + m->mean[b];
}

void t12_network(t12_decoder *d, const uint16_t *codes, unsigned frames, unsigned layers) {
  const t12_model *m = d->model;
  const t12_shape *s = &m->shape;
  const unsigned D = s->codebook_dim, n = s->dim, step = T12_STEPS * s->bands;
  for (unsigned f = 0; f < frames; f++) {
    embed(d, codes + f * layers, layers, d->latent + (f + 1) * D);
    priority(d, d->latent + f * D, d->priority + f * step);
  }
  linear(d, &m->out, d->latent + D, frames, d->frame_x);
  for (unsigned i = 0; i < s->frame_blocks; i++) block(d, &m->frame[i], d->frame_history + i * 6 * n, d->frame_x, frames, n);
  for (unsigned f = 0; f < frames; f++) layer_norm(d->frame_x + f * n, n, m->frame_norm_weight, m->frame_norm_bias, d->norm + f * n);
  linear(d, &m->up, d->norm, frames, d->fine_x);
  for (unsigned f = 0; f < frames; f++) fine(d, d->fine_x + f * T12_STEPS * s->fine_dim, d->bands + f * step);
  memmove(d->latent, d->latent + frames * D, D * sizeof(float));
}

void t12_network_reset(t12_decoder *d) {
  const t12_shape *s = &d->model->shape;
  memset(d->frame_history, 0, (size_t)s->frame_blocks * 6 * s->dim * sizeof(float));
  memset(d->fine_history, 0, (size_t)s->fine_blocks * 6 * s->fine_dim * sizeof(float));
  memset(d->latent, 0, s->codebook_dim * sizeof(float));
}
