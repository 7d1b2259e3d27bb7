/*
 * Sums of products of two floats, exact to the last bit but rarely: the order in which phases are
 * found depends on them, and must be the same on every machine (docs/decisions/phase-order.md).
 * In double where that is fast (T12_WIDE); else in two floats, of which the second takes the
 * rounding errors (Ogita, Rump and Oishi 2005, algorithm 5.3).
 */
#ifndef T12_SUM_H
#define T12_SUM_H
#include "t12_lanes.h"
#include "t12_math.h"
#include <float.h>

#ifdef T12_WIDE
typedef double t12_sum;
static inline t12_sum t12_sum_of(float x) { return (double)x; }
static inline void t12_add_product(t12_sum *s, float x, float y) { *s += (double)x * (double)y; }
static inline float t12_rounded(t12_sum s) { return (float)s; }

/* Four side by side; local to functions, as compilers pass wide vectors in different ways. */
typedef int8_t t12_bytes __attribute__((vector_size(4)));
typedef double t12_doubles __attribute__((vector_size(32)));

/* Weights [count], each times `scale`, as doubles; count is a multiple of 4. */
static inline void t12_row_of(const int8_t *weights, float scale, unsigned count, double *row) {
  for (unsigned i = 0; i < count; i += 4) {
    t12_bytes w;
    memcpy(&w, weights + i, sizeof w);
    const t12_lanes weight = __builtin_convertvector(w, t12_lanes) * scale;
    const t12_doubles four = __builtin_convertvector(weight, t12_doubles);
    memcpy(row + i, &four, sizeof four);
  }
}

/* start + the products of x [count] and a row of weights. */
static inline float t12_exact_row(float start, const double *row, const float *x, unsigned count) {
  t12_doubles sums = {(double)start, 0, 0, 0};
  for (unsigned i = 0; i < count; i += 4) {
    t12_doubles weights;
    t12_lanes at;
    memcpy(&weights, row + i, sizeof weights);
    memcpy(&at, x + i, sizeof at);
    sums += weights * __builtin_convertvector(at, t12_doubles);
  }
  return (float)((sums[0] + sums[2]) + (sums[1] + sums[3]));
}

/* The same bits at once from weights [count], each times `scale`. */
static inline float t12_exact_product(float start, const int8_t *weights, float scale,
                                      const float *x, unsigned count) {
  t12_doubles sums = {(double)start, 0, 0, 0};
  for (unsigned i = 0; i < count; i += 4) {
    t12_bytes w;
    t12_lanes at;
    memcpy(&w, weights + i, sizeof w);
    memcpy(&at, x + i, sizeof at);
    const t12_lanes weight = __builtin_convertvector(w, t12_lanes) * scale;
    sums += __builtin_convertvector(weight, t12_doubles) * __builtin_convertvector(at, t12_doubles);
  }
  return (float)((sums[0] + sums[2]) + (sums[1] + sums[3]));
}
#else
#if FLT_EVAL_METHOD != 0
#error "twelvehz: floats must be computed as floats (on x87 compile with -msse2 -mfpmath=sse)"
#endif
typedef struct {
  float sum, error;
} t12_sum;

static inline t12_sum t12_sum_of(float x) { return (t12_sum){x, 0.0f}; }

/* What x * y lost by rounding to `product`; without a fused multiply-add by Dekker's halves. */
static inline float t12_product_error(float x, float y, float product) {
#ifdef __FP_FAST_FMAF /* GCC and Clang, where it is an instruction */
  return __builtin_fmaf(x, y, -product);
#else
  const float xh = t12_from_bits(t12_bits(x) & 0xfffff000u), xl = x - xh;
  const float yh = t12_from_bits(t12_bits(y) & 0xfffff000u), yl = y - yh;
  return ((xh * yh - product) + xh * yl + xl * yh) + xl * yl;
#endif
}

static inline void t12_add_product(t12_sum *s, float x, float y) {
  const float product = x * y, sum = s->sum + product, part = sum - s->sum;
  s->error += (s->sum - (sum - part)) + (product - part);
  s->error += t12_product_error(x, y, product);
  s->sum = sum;
}

static inline float t12_rounded(t12_sum s) { return s.sum + s.error; }
#endif
#endif
