/*
 * Matrix products. Weights are int8, in fours of rows and columns. Activations are int16 with one
 * scale a column; or float with T12_WIDE, where four rows are expanded to floats and used for all
 * columns. Either way a column's result does not depend on how many there are.
 */
#include "t12_internal.h"
#include "t12_math.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#ifdef T12_WIDE
/* A four of rows and columns as floats: a lane is a column, whose bytes lie c0 c2 c1 c3. */
static inline void expand(const int8_t *w, t12_lanes rows[4]) {
#ifdef __wasm_simd128__
  const v128_t bytes = wasm_v128_load(w);
  const v128_t sorted =
      wasm_i8x16_shuffle(bytes, bytes, 0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);
  const v128_t low = wasm_i16x8_extend_low_i8x16(sorted),
               high = wasm_i16x8_extend_high_i8x16(sorted);
  rows[0] = (t12_lanes)wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(low));
  rows[1] = (t12_lanes)wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(low));
  rows[2] = (t12_lanes)wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(high));
  rows[3] = (t12_lanes)wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(high));
#else
  for (int i = 0; i < 4; i++, w += 4) rows[i] = (t12_lanes){w[0], w[2], w[1], w[3]};
#endif
}

static float sum_of(t12_lanes x) { return (x[0] + x[2]) + (x[1] + x[3]); }

/* Four rows times one column, [4]. */
static t12_lanes one(const int8_t *w, uint32_t n, const t12_lanes *x) {
  t12_lanes a = {0}, b = {0}, c = {0}, e = {0}, rows[4];
  for (uint32_t k = 0; k < n; k++, w += 16) {
    expand(w, rows);
    a += rows[0] * x[k];
    b += rows[1] * x[k];
    c += rows[2] * x[k];
    e += rows[3] * x[k];
  }
  return (t12_lanes){sum_of(a), sum_of(b), sum_of(c), sum_of(e)};
}

/* Four expanded rows times two columns that lie n apart, in the same order of sums. */
static void two(const t12_lanes *w, uint32_t n, const t12_lanes *x, t12_lanes y[2]) {
  t12_lanes a = {0}, b = {0}, c = {0}, e = {0}, f = {0}, g = {0}, h = {0}, i = {0};
  for (uint32_t k = 0; k < n; k++, w += 4) {
    const t12_lanes p = x[k], q = x[n + k];
    a += w[0] * p, f += w[0] * q;
    b += w[1] * p, g += w[1] * q;
    c += w[2] * p, h += w[2] * q;
    e += w[3] * p, i += w[3] * q;
  }
  y[0] = (t12_lanes){sum_of(a), sum_of(b), sum_of(c), sum_of(e)};
  y[1] = (t12_lanes){sum_of(f), sum_of(g), sum_of(h), sum_of(i)};
}

static void product(t12_work *work, const t12_matrix *m, const uint32_t *weight, uint32_t row,
                    const float *x, unsigned columns, float *y) {
  const uint32_t n = m->columns / 4;
  const int8_t *w = (const int8_t *)weight;
  t12_lanes *rows = (t12_lanes *)(void *)work->expanded, scale, bias, out[2];
  memcpy(&scale, m->scale + row, sizeof scale);
  memcpy(&bias, m->bias + row, sizeof bias);
  for (uint32_t k = 0; columns > 1 && k < n; k++) expand(w + (size_t)16 * k, rows + (size_t)4 * k);
  for (unsigned c = 0; c < columns; c += 2) {
    const t12_lanes *at = (const t12_lanes *)(const void *)(x + (size_t)c * m->columns);
    const unsigned pair = columns - c > 1 ? 2 : 1;
    if (pair == 2)
      two(rows, n, at, out);
    else
      out[0] = one(w, n, at);
    for (unsigned i = 0; i < pair; i++) {
      out[i] = out[i] * scale + bias;
      memcpy(y + (size_t)(c + i) * m->rows + row, &out[i], sizeof out[i]);
    }
  }
}

#else
/* Two numbers of 16 bits, the first in the lower half. */
typedef uint32_t t12_pair;

/* Bytes of a four hold columns 0 2 1 3: their pairs 0 1 and 2 3; and sum + a * b of both halves,
   which wraps. */
#ifdef __ARM_FEATURE_SIMD32
#include <arm_acle.h>
static inline void expand(uint32_t four, t12_pair *first, t12_pair *second) {
  __asm("sxtb16 %0, %1" : "=r"(*first) : "r"(four));
  __asm("sxtb16 %0, %1, ror #8" : "=r"(*second) : "r"(four)); /* no builtin has the rotation */
}

static inline uint32_t add_products(uint32_t sum, t12_pair a, t12_pair b) {
  return (uint32_t)__smlad((int16x2_t)a, (int16x2_t)b, (int32_t)sum);
}
#else
static inline t12_pair pair_of(int32_t low, int32_t high) {
  return ((uint32_t)low & 0xffffu) | (uint32_t)high << 16;
}

static inline void expand(uint32_t four, t12_pair *first, t12_pair *second) {
  *first = pair_of((int8_t)(four & 255), (int8_t)(four >> 16 & 255));
  *second = pair_of((int8_t)(four >> 8 & 255), (int8_t)(four >> 24));
}

static inline uint32_t add_products(uint32_t sum, t12_pair a, t12_pair b) {
  return sum + (uint32_t)((int16_t)(a & 0xffffu) * (int16_t)(b & 0xffffu)) +
         (uint32_t)((int16_t)(a >> 16) * (int16_t)(b >> 16));
}
#endif

static uint32_t rounded(float x, float limit) {
  return (uint32_t)(int32_t)(t12_clamp(x, -limit, limit) + T12_ROUND_ - T12_ROUND_);
}

static void quantize(t12_work *work, const float *x, uint32_t width, unsigned columns,
                     float limit) {
  t12_pair *q = work->quantized;
  for (unsigned c = 0; c < columns; c++, x += width) {
    float largest = 1e-20f;
    for (uint32_t i = 0; i < width; i++) largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
    work->column_scale[c] = largest / limit;
    const float scale = limit / largest;
    for (uint32_t i = 0; i < width; i += 2)
      *q++ = (rounded(x[i] * scale, limit) & 0xffffu) | rounded(x[i + 1] * scale, limit) << 16;
  }
}

/* Four rows times one column, [4]. */
static void one(const uint32_t *w, uint32_t fours, const t12_pair *x, uint32_t sum[4]) {
  t12_pair first, second;
  uint32_t a = 0, b = 0, c = 0, e = 0;
  for (uint32_t k = 0; k < fours; k++, w += 4, x += 2) {
    const t12_pair p = x[0], q = x[1];
    expand(w[0], &first, &second);
    a = add_products(add_products(a, first, p), second, q);
    expand(w[1], &first, &second);
    b = add_products(add_products(b, first, p), second, q);
    expand(w[2], &first, &second);
    c = add_products(add_products(c, first, p), second, q);
    expand(w[3], &first, &second);
    e = add_products(add_products(e, first, p), second, q);
  }
  sum[0] = a, sum[1] = b, sum[2] = c, sum[3] = e;
}

static void product(t12_work *work, const t12_matrix *m, const uint32_t *w, uint32_t row,
                    const float *x, unsigned columns, float *y) {
  const t12_pair *q = work->quantized;
  (void)x;
  for (unsigned c = 0; c < columns; c++, y += m->rows, q += m->columns / 2) {
    uint32_t sum[4];
    one(w, m->columns / 4, q, sum);
    for (uint32_t i = 0; i < 4; i++) {
      const float scale = m->scale[row + i] * work->column_scale[c];
      y[row + i] = (float)(int32_t)sum[i] * scale + m->bias[row + i];
    }
  }
}
#endif

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

void t12_linear(t12_work *work, const t12_matrix *m, const float *x, unsigned columns, float *y) {
#ifndef T12_WIDE
  quantize(work, x, m->columns, columns, m->limit);
#endif
  const uint32_t fits = T12_PIECE_BYTES / m->columns / 4 * 4, rows = fits ? fits : 4;
  for (uint32_t first = 0; first < m->rows; first += rows) {
    const uint32_t end = least(first + rows, m->rows), after = least(end + rows, m->rows);
    const uint32_t *w = m->weight + (size_t)first * m->columns / 4;
    const uint32_t *next = after > end ? m->weight + (size_t)end * m->columns / 4 : NULL;
    if (work->fetch)
      w = work->fetch(work->fetch_user, w, (size_t)(end - first) * m->columns, next,
                   (size_t)(after - end) * m->columns);
    for (uint32_t row = first; row < end; row += 4, w += m->columns)
      product(work, m, w, row, x, columns, y);
  }
}
