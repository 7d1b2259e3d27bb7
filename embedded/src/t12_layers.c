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
  for (int t = 0; t < (int)steps; t++)
    for (unsigned c = 0; c < n; c++) {
      float sum = b->depthwise_bias[c];
      for (int k = 0; k < T12_KERNEL; k++) {
        const int at = t + k - past;
        sum += b->depthwise[(unsigned)k * n + c] *
               (at < 0 ? history[(unsigned)(past + at) * n + c] : x[(unsigned)at * n + c]);
      }
      y[(unsigned)t * n + c] = sum;
    }
  for (int i = 0; i < past; i++) {
    const int at = (int)steps + i - past;
    memcpy(history + (unsigned)i * n,
           at < 0 ? history + (unsigned)(past + at) * n : x + (unsigned)at * n, n * sizeof(float));
  }
}

void t12_run_block(t12_work *work, const t12_block *b, float *history, float *x, unsigned steps,
                   unsigned n) {
  float *mid = work->mid, *norm = work->norm;
  depthwise(history, x, steps, n, b, norm);
  for (unsigned t = 0; t < steps; t++)
    t12_layer_norm(norm + t * n, n, b->norm_weight, b->norm_bias, norm + t * n);
  t12_linear(work, &b->widen, norm, steps, mid);
  for (unsigned i = 0; i < steps * b->widen.rows; i++) mid[i] = t12_gelu(mid[i]);
  t12_linear(work, &b->narrow, mid, steps, norm);
  for (unsigned i = 0; i < steps * n; i++) x[i] += norm[i];
}
