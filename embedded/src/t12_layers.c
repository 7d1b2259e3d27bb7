/* Layers that encoder and decoder share: rows of floats, [steps, n]. */
#include "t12_internal.h"
#include "t12_math.h"

void t12_layer_norm(const float *x, unsigned n, const float *w, const float *b, float *y) {
  float sum = 0, squares = 0;
  for (unsigned i = 0; i < n; i++) sum += x[i];
  const float mean = sum / (float)n;
  for (unsigned i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
  const float inverse = 1.0f / sqrtf(squares / (float)n + 1e-5f);
  for (unsigned i = 0; i < n; i++) y[i] = (x[i] - mean) * inverse;
  for (unsigned i = 0; w && i < n; i++) y[i] = y[i] * w[i] + b[i];
}

/* history [6, n], x [steps, n] -> y [steps, n]; the history moves on */
static void depthwise(float *history, const float *x, unsigned steps, unsigned n,
                      const t12_block *b, float *y) {
  const int past = T12_KERNEL - 1;
  for (int t = 0; t < (int)steps; t++, y += n) {
    const float *row[T12_KERNEL], *w = b->depthwise;
    for (int k = 0; k < T12_KERNEL; k++) {
      const int at = t + k - past;
      row[k] = at < 0 ? history + (unsigned)(past + at) * n : x + (unsigned)at * n;
    }
    for (unsigned c = 0; c < n; c++) {
      float sum = b->depthwise_bias[c];
      for (unsigned k = 0; k < T12_KERNEL; k++) sum += w[k * n + c] * row[k][c];
      y[c] = sum;
    }
  }
  for (int i = 0; i < past; i++) {
    const int at = (int)steps + i - past;
    memcpy(history + (unsigned)i * n,
           at < 0 ? history + (unsigned)(past + at) * n : x + (unsigned)at * n, n * sizeof(float));
  }
}

#ifdef T12_WIDE
static void gelu(const t12_work *work, float *x, unsigned count) {
  (void)work;
  for (unsigned i = 0; i < count; i++) x[i] = t12_gelu(x[i]);
}
#else
/* By a table of T12_GELU_ + 1 values from -8 to 8, straight lines between them: to 3e-5. */
static void gelu(const t12_work *work, float *x, unsigned count) {
  const float steps = (float)T12_GELU_ / 16.0f;
  for (unsigned i = 0; i < count; i++) {
    const float at = t12_clamp(x[i] + 8.0f, 0.0f, 15.999f) * steps;
    const unsigned k = (unsigned)at;
    const float *g = work->gelu + k;
    x[i] = x[i] > 7.99f ? x[i] : g[0] + (at - (float)k) * (g[1] - g[0]);
  }
}
#endif

void t12_work_init(t12_work *work) {
  for (unsigned i = 0; T12_GELU_ && i <= T12_GELU_; i++)
    work->gelu[i] = t12_gelu((float)i * (16.0f / (float)T12_MAX_(T12_GELU_, 1u)) - 8.0f);
}

void t12_run_block(t12_work *work, const t12_block *b, float *history, float *x, unsigned steps,
                   unsigned n) {
  float *mid = work->mid, *norm = work->norm;
  depthwise(history, x, steps, n, b, norm);
  for (unsigned t = 0; t < steps; t++)
    t12_layer_norm(norm + t * n, n, b->norm_weight, b->norm_bias, norm + t * n);
  t12_linear(work, &b->widen, norm, steps, mid);
  gelu(work, mid, steps * b->widen.rows);
  t12_linear(work, &b->narrow, mid, steps, norm);
  for (unsigned i = 0; i < steps * n; i++) x[i] += norm[i];
}
