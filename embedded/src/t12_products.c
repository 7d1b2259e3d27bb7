/*
 * Matrix products. Weights are int8, in fours of rows and columns; activations are integers too,
 * with one scale a column: of 16 bits, or with T12_WIDE of 16 and 16 further bits, which is as
 * exact as a float. Sums of integers have no rounding, so a column's result depends neither on how
 * many there are nor on the machine.
 */
#include "t12_encoder.h"
#include "t12_math.h"
#include "t12_pairs.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

static float largest_of(const float *x, uint32_t n) {
  uint32_t largest = 0x1e3ce508u; /* 1e-20 */
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t size = t12_bits(x[i]) & 0x7fffffffu;
    largest = size > largest ? size : largest;
  }
  return t12_from_bits(largest);
}

#ifdef T12_WIDE
/* Columns of a four are 0 2 1 3, as in the weights: first their higher parts, then the lower. */
static float radix_of(float limit) { return limit < 16384.0f ? 2.0f * limit : 32768.0f; }

/* Four values -> their higher parts and the lower. */
static inline void split(int16_t *q, const float *x, float scale, float limit, float radix) {
#ifdef __wasm_simd128__
  const v128_t most = wasm_f32x4_splat(limit), round = wasm_f32x4_splat(T12_ROUND_);
  const v128_t scaled = wasm_f32x4_mul(wasm_v128_load(x), wasm_f32x4_splat(scale));
  const v128_t value = wasm_f32x4_pmax(wasm_f32x4_neg(most), wasm_f32x4_pmin(most, scaled));
  const v128_t high = wasm_f32x4_add(value, round);
  const v128_t rest = wasm_f32x4_sub(value, wasm_f32x4_sub(high, round));
  const v128_t low = wasm_f32x4_add(wasm_f32x4_mul(rest, wasm_f32x4_splat(radix)), round);
  const v128_t both =
      wasm_i16x8_narrow_i32x4(wasm_i32x4_sub(high, round), wasm_i32x4_sub(low, round));
  wasm_v128_store(q, wasm_i16x8_shuffle(both, both, 0, 2, 1, 3, 4, 6, 5, 7));
#else
  static const uint8_t place[4] = {0, 2, 1, 3};
  for (unsigned i = 0; i < 4; i++) {
    const float value = t12_clamp(x[i] * scale, -limit, limit), high = t12_nearest(value);
    q[place[i]] = (int16_t)high;
    q[4 + place[i]] = (int16_t)t12_nearest((value - high) * radix);
  }
#endif
}

static void quantize(t12_work *work, const float *x, uint32_t width, unsigned columns,
                     float limit) {
  int16_t *q = (int16_t *)(void *)work->quantized;
  const float radix = radix_of(limit);
  for (unsigned c = 0; c < columns; c++, x += width) {
    const float largest = largest_of(x, width), scale = limit / largest;
    work->column_scale[c] = largest / limit;
    for (uint32_t k = 0; k < width; k += 4, q += 8) split(q, x + k, scale, limit, radix);
  }
}

#ifdef __wasm_simd128__
static v128_t rows_of(v128_t a, v128_t b) {
  return wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), wasm_i32x4_shuffle(a, b, 1, 3, 5, 7));
}

/* Four rows times `count` columns, 1 or 2, that lie n fours apart: sums of the higher parts and of
   the lower of each. */
static inline void sums_of(const int8_t *w, uint32_t n, const int16_t *x, unsigned count,
                           v128_t out[4]) {
  const int16_t *y = x + (count - 1) * (size_t)n * 8;
  v128_t a = wasm_i32x4_splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (uint32_t k = 0; k < n; k++, w += 16, x += 8, y += 8) {
    const v128_t low = wasm_i16x8_load8x8(w), high = wasm_i16x8_load8x8(w + 8);
    const v128_t p = wasm_v128_load64_splat(x), q = wasm_v128_load64_splat(x + 4);
    a = wasm_i32x4_add(a, wasm_i32x4_dot_i16x8(low, p));
    b = wasm_i32x4_add(b, wasm_i32x4_dot_i16x8(high, p));
    c = wasm_i32x4_add(c, wasm_i32x4_dot_i16x8(low, q));
    d = wasm_i32x4_add(d, wasm_i32x4_dot_i16x8(high, q));
    if (count == 1) continue;
    const v128_t r = wasm_v128_load64_splat(y), s = wasm_v128_load64_splat(y + 4);
    e = wasm_i32x4_add(e, wasm_i32x4_dot_i16x8(low, r));
    f = wasm_i32x4_add(f, wasm_i32x4_dot_i16x8(high, r));
    g = wasm_i32x4_add(g, wasm_i32x4_dot_i16x8(low, s));
    h = wasm_i32x4_add(h, wasm_i32x4_dot_i16x8(high, s));
  }
  out[0] = rows_of(a, b), out[1] = rows_of(c, d);
  out[2] = rows_of(e, f), out[3] = rows_of(g, h);
}

static t12_lanes floats_of(v128_t x) { return (t12_lanes)wasm_f32x4_convert_i32x4(x); }
#else
typedef int32_t v128_t __attribute__((vector_size(16)));

static inline void sums_of(const int8_t *w, uint32_t n, const int16_t *x, unsigned count,
                           v128_t out[4]) {
  for (unsigned c = 0; c < count; c++, x += (size_t)8 * n)
    for (unsigned r = 0; r < 4; r++) {
      int32_t high = 0, low = 0;
      for (size_t k = 0; k < n; k++)
        for (unsigned i = 0; i < 4; i++) {
          high += w[16 * k + 4 * r + i] * x[8 * k + i];
          low += w[16 * k + 4 * r + i] * x[8 * k + 4 + i];
        }
      out[2 * c][r] = high, out[2 * c + 1][r] = low;
    }
}

static t12_lanes floats_of(v128_t x) { return __builtin_convertvector(x, t12_lanes); }
#endif

static void product(t12_work *work, const t12_matrix *m, const uint32_t *weight, uint32_t row,
                    unsigned columns, float *y) {
  const uint32_t n = m->columns / 4;
  const int16_t *x = (const int16_t *)(const void *)work->quantized;
  const int8_t *w = (const int8_t *)weight;
  const float lower = 1.0f / radix_of(m->limit);
  t12_lanes scale, bias;
  v128_t sums[4];
  memcpy(&scale, m->scale + row, sizeof scale);
  memcpy(&bias, m->bias + row, sizeof bias);
  for (unsigned c = 0; c < columns; c += 2) {
    const unsigned count = columns - c > 1 ? 2 : 1;
    if (count == 2)
      sums_of(w, n, x + (size_t)c * n * 8, 2, sums);
    else
      sums_of(w, n, x + (size_t)c * n * 8, 1, sums);
    for (unsigned i = 0; i < count; i++) {
      const t12_lanes whole = floats_of(sums[2 * i]) + floats_of(sums[2 * i + 1]) * lower,
                      out = whole * work->column_scale[c + i] * scale + bias;
      memcpy(y + (size_t)(c + i) * m->rows + row, &out, sizeof out);
    }
  }
}

#else
static uint32_t rounded(float x, float limit) {
  return (uint32_t)(int32_t)t12_nearest(t12_clamp(x, -limit, limit));
}

static void quantize(t12_work *work, const float *x, uint32_t width, unsigned columns,
                     float limit) {
  t12_pair *q = work->quantized;
  for (unsigned c = 0; c < columns; c++, x += width) {
    const float largest = largest_of(x, width), scale = limit / largest;
    work->column_scale[c] = largest / limit;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < width; i += 2) {
      const uint32_t low = rounded(x[i] * scale, limit), high = rounded(x[i + 1] * scale, limit);
      *q++ = (low & 0xffffu) | high << 16;
      sum += low + high;
    }
    work->column_sum[c] = sum;
  }
}

#if defined(__ARM_FEATURE_SIMD32) && defined(__OPTIMIZE__) && !defined(T12_PLAIN_C)
/* The same two loops as below, in assembly, so written that the processor can issue most
   instructions in pairs: a sum's next product stands apart from what it needs. Each takes all
   registers, so that it must have a function of its own. */
__attribute__((noinline)) static void one(const uint32_t *w, uint32_t fours, const t12_pair *x,
                                          uint32_t sum[4]) {
  uint32_t a = 0, b = 0, c = 0, e = 0, p, q, t;
  const uint32_t *end = w + (size_t)4 * fours;
  __asm volatile("1: ldrd %[p], %[q], [%[x]], #8\n"
                 "ldmia %[w]!, {r4-r7}\n"
                 "sxtb16 %[t], r4\n sxtb16 r4, r4, ror #8\n smlad %[a], %[t], %[p], %[a]\n"
                 "sxtb16 %[t], r5\n smlad %[a], r4, %[q], %[a]\n"
                 "sxtb16 r5, r5, ror #8\n smlad %[b], %[t], %[p], %[b]\n"
                 "sxtb16 %[t], r6\n smlad %[b], r5, %[q], %[b]\n"
                 "sxtb16 r6, r6, ror #8\n smlad %[c], %[t], %[p], %[c]\n"
                 "sxtb16 %[t], r7\n smlad %[c], r6, %[q], %[c]\n"
                 "sxtb16 r7, r7, ror #8\n smlad %[e], %[t], %[p], %[e]\n"
                 "cmp %[w], %[end]\n smlad %[e], r7, %[q], %[e]\n"
                 "bne 1b"
                 : [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [e] "+&r"(e), [w] "+&r"(w),
                   [x] "+&r"(x), [p] "=&r"(p), [q] "=&r"(q), [t] "=&r"(t)
                 : [end] "r"(end)
                 : "r4", "r5", "r6", "r7", "cc", "memory");
  sum[0] = a, sum[1] = b, sum[2] = c, sum[3] = e;
}

__attribute__((noinline)) static void two(const uint32_t *w, uint32_t fours, const t12_pair *x,
                                          uint32_t sum[2], uint32_t next[2]) {
  const uint32_t *y = x + (size_t)2 * fours, *end = x + (size_t)2 * fours;
  uint32_t a = 0, b = 0, c = 0, e = 0, p, q, t;
  __asm volatile("1: ldr r4, [%[w]], #4\n"
                 "ldrd %[p], %[q], [%[x]], #8\n"
                 "ldrd r6, r7, [%[y]], #8\n"
                 "sxtb16 %[t], r4\n sxtb16 r4, r4, ror #8\n"
                 "smlad %[a], %[t], %[p], %[a]\n smlad %[c], %[t], r6, %[c]\n"
                 "ldr %[t], [%[w]], #12\n"
                 "smlad %[a], r4, %[q], %[a]\n smlad %[c], r4, r7, %[c]\n"
                 "sxtb16 r4, %[t]\n sxtb16 %[t], %[t], ror #8\n"
                 "smlad %[b], r4, %[p], %[b]\n smlad %[e], r4, r6, %[e]\n"
                 "cmp %[x], %[end]\n"
                 "smlad %[b], %[t], %[q], %[b]\n smlad %[e], %[t], r7, %[e]\n"
                 "bne 1b"
                 : [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [e] "+&r"(e), [w] "+&r"(w),
                   [x] "+&r"(x), [y] "+&r"(y), [p] "=&r"(p), [q] "=&r"(q), [t] "=&r"(t)
                 : [end] "r"(end)
                 : "r4", "r6", "r7", "cc", "memory");
  sum[0] = a, sum[1] = b, next[0] = c, next[1] = e;
}
#else
/* Two words, read at once: weights and activations lie at multiples of 8. */
typedef uint64_t t12_two __attribute__((may_alias));
static inline t12_two two_of(const uint32_t *at) { return *(const t12_two *)(const void *)at; }
static inline uint32_t first_of(t12_two x) { return (uint32_t)x; }
static inline uint32_t second_of(t12_two x) { return (uint32_t)(x >> 32); }

/* sum + a four of weights times a four of activations. */
static inline uint32_t add_four(uint32_t sum, uint32_t four, t12_two x) {
  t12_pair first, second;
  expand(four, &first, &second);
  return add_products(add_products(sum, first, first_of(x)), second, second_of(x));
}

/* Four rows times one column, [4]. */
static void one(const uint32_t *w, uint32_t fours, const t12_pair *x, uint32_t sum[4]) {
  uint32_t a = 0, b = 0, c = 0, e = 0;
  for (const uint32_t *end = w + (size_t)4 * fours; w < end; w += 4, x += 2) {
    const t12_two p = two_of(x), v = two_of(w), u = two_of(w + 2);
    a = add_four(a, first_of(v), p);
    b = add_four(b, second_of(v), p);
    c = add_four(c, first_of(u), p);
    e = add_four(e, second_of(u), p);
  }
  sum[0] = a, sum[1] = b, sum[2] = c, sum[3] = e;
}

/* Two of four rows times two columns, whose activations lie `fours` fours apart: [2] of each. */
static void two(const uint32_t *w, uint32_t fours, const t12_pair *x, uint32_t sum[2],
                uint32_t next[2]) {
  const t12_pair *y = x + (size_t)2 * fours;
  uint32_t a = 0, b = 0, c = 0, e = 0;
  for (const uint32_t *end = w + (size_t)4 * fours; w < end; w += 4, x += 2, y += 2) {
    const t12_two v = two_of(w);
    t12_pair first, second, third, fourth;
    expand(first_of(v), &first, &second);
    expand(second_of(v), &third, &fourth);
    a = add_products(a, first, x[0]);
    b = add_products(b, third, x[0]);
    c = add_products(c, first, y[0]);
    e = add_products(e, third, y[0]);
    a = add_products(a, second, x[1]);
    b = add_products(b, fourth, x[1]);
    c = add_products(c, second, y[1]);
    e = add_products(e, fourth, y[1]);
  }
  sum[0] = a, sum[1] = b, next[0] = c, next[1] = e;
}
#endif

/* Largest integer whose products with int8 stay in 32 bits, and how much finer the second is. */
static uint32_t split_limit(unsigned width) { return width > 512 ? 16777215u / width : 32767u; }
uint32_t t12_split_radix(unsigned width) {
  const uint32_t limit = split_limit(width);
  return limit < 16384u ? 2u * limit : 32767u;
}

float t12_split(t12_work *work, const float *x, unsigned width) {
  const float limit = (float)split_limit(width), radix = (float)t12_split_radix(width),
              largest = largest_of(x, width), scale = limit / largest;
  t12_pair *q = work->quantized;
  for (unsigned i = 0; i < width; i += 4, q += 4) {
    uint32_t high[4], low[4];
    for (unsigned k = 0; k < 4; k++) {
      const float value = t12_clamp(x[i + k] * scale, -limit, limit), whole = t12_nearest(value);
      high[k] = (uint32_t)(int32_t)whole;
      low[k] = (uint32_t)(int32_t)t12_nearest((value - whole) * radix);
    }
    q[0] = (high[0] & 0xffffu) | high[2] << 16, q[1] = (high[1] & 0xffffu) | high[3] << 16;
    q[2] = (low[0] & 0xffffu) | low[2] << 16, q[3] = (low[1] & 0xffffu) | low[3] << 16;
  }
  return largest / (limit * radix);
}

int64_t t12_split_product(const t12_work *work, const int8_t *weights, unsigned width) {
  const t12_pair *q = work->quantized;
  uint32_t high = 0, low = 0;
  for (const int8_t *end = weights + width; weights != end; weights += 4, q += 4) {
    t12_pair first, second;
    uint32_t four;
    memcpy(&four, weights, sizeof four);
    expand(four, &first, &second);
    high = add_products(add_products(high, first, q[0]), second, q[1]);
    low = add_products(add_products(low, first, q[2]), second, q[3]);
  }
  return (int64_t)(int32_t)high * t12_split_radix(width) + (int32_t)low;
}

int32_t t12_coarse_product(const t12_work *work, const int8_t *weights, unsigned width) {
  const t12_pair *q = work->quantized;
  uint32_t high = 0;
  for (const int8_t *end = weights + width; weights != end; weights += 4, q += 4) {
    t12_pair first, second;
    uint32_t four;
    memcpy(&four, weights, sizeof four);
    expand(four, &first, &second);
    high = add_products(add_products(high, first, q[0]), second, q[1]);
  }
  return (int32_t)high;
}

static void product(t12_work *work, const t12_matrix *m, const uint32_t *w, uint32_t row,
                    unsigned columns, float *y) {
  const t12_pair *q = work->quantized;
  const uint32_t fours = m->columns / 4;
  for (unsigned c = 0; c < columns;) {
    const unsigned count = columns - c > 1 ? 2 : 1;
    uint32_t sum[2][4];
    if (m->bits == 4) {
      t12_four_bit_sums(w, fours / 2, q, count, work->column_sum + c, sum);
    } else if (count == 2) {
      two(w, fours, q, sum[0], sum[1]);
      two(w + 2, fours, q, sum[0] + 2, sum[1] + 2);
    } else {
      one(w, fours, q, sum[0]);
    }
    for (unsigned i = 0; i < count; i++, c++, y += m->rows, q += 2 * fours)
      for (uint32_t r = 0; r < 4; r++) {
        const float scale = m->scale[row + r] * work->column_scale[c];
        y[row + r] = (float)(int32_t)sum[i][r] * scale + m->bias[row + r];
      }
  }
}
#endif

#ifndef __wasm_simd128__
#if defined(__ARM_FEATURE_SIMD32) && defined(__OPTIMIZE__) && !defined(T12_PLAIN_C)
/* The loop below for four residuals, in assembly; an entry has an even number of fours. */
__attribute__((noinline)) static void add_fours(const int8_t *entry, const int8_t *end,
                                                const uint32_t *r, uint32_t sums[4]) {
  uint32_t a = 0, b = 0, c = 0, d = 0, p, q;
  __asm volatile("1:\n"
                 ".rept 2\n"
                 "ldr %[q], [%[entry]], #4\n"
                 "ldmia %[r]!, {r4-r7}\n"
                 "sxtb16 %[p], %[q]\n sxtb16 %[q], %[q], ror #8\n"
                 "smlad %[a], %[p], r4, %[a]\n smlad %[b], %[p], r6, %[b]\n"
                 "smlad %[a], %[q], r5, %[a]\n smlad %[b], %[q], r7, %[b]\n"
                 "ldmia %[r]!, {r4-r7}\n"
                 "smlad %[c], %[p], r4, %[c]\n smlad %[d], %[p], r6, %[d]\n"
                 "smlad %[c], %[q], r5, %[c]\n smlad %[d], %[q], r7, %[d]\n"
                 ".endr\n"
                 "cmp %[entry], %[end]\n"
                 "bne 1b"
                 : [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d), [entry] "+&r"(entry),
                   [r] "+&r"(r), [p] "=&r"(p), [q] "=&r"(q)
                 : [end] "r"(end)
                 : "r4", "r5", "r6", "r7", "cc", "memory");
  sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}
#else
static inline void add_fours(const int8_t *entry, const int8_t *end, const uint32_t *r,
                             uint32_t sums[4]) {
  uint32_t a = 0, b = 0, c = 0, d = 0;
  for (; entry != end; entry += 4, r += 8) {
    t12_pair first, second;
    uint32_t four;
    memcpy(&four, entry, sizeof four);
    expand(four, &first, &second);
    a = add_products(add_products(a, first, r[0]), second, r[1]);
    b = add_products(add_products(b, first, r[2]), second, r[3]);
    c = add_products(add_products(c, first, r[4]), second, r[5]);
    d = add_products(add_products(d, first, r[6]), second, r[7]);
  }
  sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}
#endif

void t12_add_fours(const int8_t *entry, unsigned n, const uint32_t *r, unsigned residuals,
                   uint32_t sums[4]) {
  const int8_t *end = entry + n;
  if (residuals > 1) {
    add_fours(entry, end, r, sums);
    return;
  }
  uint32_t sum = 0;
  for (; entry != end; entry += 4, r += 8) {
    t12_pair first, second;
    uint32_t four;
    memcpy(&four, entry, sizeof four);
    expand(four, &first, &second);
    sum = add_products(add_products(sum, first, r[0]), second, r[1]);
  }
  sums[0] = sum;
}
#endif

void t12_linear(t12_work *work, const t12_matrix *m, const float *x, unsigned columns, float *y) {
  const uint32_t row_bytes = m->columns * m->bits / 8, fits = T12_PIECE_BYTES / row_bytes / 4 * 4;
  const uint32_t rows = fits ? fits : 4;
  quantize(work, x, m->columns, columns, m->limit);
  for (uint32_t first = 0; first < m->rows; first += rows) {
    const uint32_t end = t12_smaller(first + rows, m->rows),
                   after = t12_smaller(end + rows, m->rows);
    const uint32_t *w = m->weight + (size_t)first * row_bytes / 4;
    const uint32_t *next = after > end ? m->weight + (size_t)end * row_bytes / 4 : NULL;
    if (work->fetch)
      w = work->fetch(work->fetch_user, w, (size_t)(end - first) * row_bytes, next,
                      (size_t)(after - end) * row_bytes);
    for (uint32_t row = first; row < end; row += 4, w += row_bytes)
      product(work, m, m->bits == 4 ? t12_four_bit_rows(work, w, m->columns) : w, row, columns, y);
  }
}
