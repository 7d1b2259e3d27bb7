/*
 * Products with weights of 4 bits. A word holds eight columns of a row, each weight plus 8: in its
 * lower half columns 0 2 4 6, in its upper half 1 3 5 7, so that a shift and a mask give a pair of
 * columns. Four words of four rows follow each other: [rows / 4, columns / 8, 4 rows].
 */
#include "t12_internal.h"
#include "t12_pairs.h"

#ifdef T12_WIDE
/* Four weights less 8 as bytes, from two in each half. */
static uint32_t bytes_of(uint32_t four) {
  const uint32_t apart = (four | four << 4) & 0x0f0f0f0fu;
  return (apart + 0x78787878u) ^ 0x80808080u;
}

const uint32_t *t12_four_bit_rows(t12_work *work, const uint32_t *w, uint32_t columns) {
  uint32_t *out = work->rows;
  for (const uint32_t *end = w + columns / 2; w != end; w += 4, out += 8)
    for (unsigned r = 0; r < 4; r++) {
      out[r] = bytes_of(w[r] & 0x00ff00ffu);
      out[4 + r] = bytes_of(w[r] >> 8 & 0x00ff00ffu);
    }
  return work->rows;
}
#else
#define MASK 0x000f000fu
enum { PLUS = 8 };

const uint32_t *t12_four_bit_rows(t12_work *work, const uint32_t *w, uint32_t columns) {
  (void)work, (void)columns;
  return w; /* t12_four_bit_sums takes them as they are */
}

#if defined(__ARM_FEATURE_SIMD32) && defined(__OPTIMIZE__) && !defined(T12_PLAIN_C)
/* Assembly, as in t12_products.c: two of four rows times one column. */
__attribute__((noinline)) static void two_rows(const uint32_t *w, uint32_t eights,
                                               const t12_pair *x, uint32_t sum[2]) {
  uint32_t a = 0, b = 0, u, v, s, t;
  const uint32_t *end = w + (size_t)4 * eights;
  __asm volatile("1: ldrd %[u], %[v], [%[w]], #16\n"
                 "ldrd r4, r5, [%[x]], #8\n"
                 "and %[t], %[mask], %[u]\n and %[s], %[mask], %[v]\n"
                 "ldrd r6, r7, [%[x]], #8\n"
                 "smlad %[a], %[t], r4, %[a]\n and %[t], %[mask], %[u], lsr #4\n"
                 "smlad %[b], %[s], r4, %[b]\n and %[s], %[mask], %[v], lsr #4\n"
                 "smlad %[a], %[t], r5, %[a]\n and %[t], %[mask], %[u], lsr #8\n"
                 "smlad %[b], %[s], r5, %[b]\n and %[s], %[mask], %[v], lsr #8\n"
                 "smlad %[a], %[t], r6, %[a]\n and %[t], %[mask], %[u], lsr #12\n"
                 "smlad %[b], %[s], r6, %[b]\n and %[s], %[mask], %[v], lsr #12\n"
                 "smlad %[a], %[t], r7, %[a]\n cmp %[w], %[end]\n smlad %[b], %[s], r7, %[b]\n"
                 "bne 1b"
                 : [a] "+&r"(a), [b] "+&r"(b), [w] "+&r"(w), [x] "+&r"(x), [u] "=&r"(u),
                   [v] "=&r"(v), [s] "=&r"(s), [t] "=&r"(t)
                 : [end] "r"(end), [mask] "r"(MASK)
                 : "r4", "r5", "r6", "r7", "cc", "memory");
  sum[0] = a, sum[1] = b;
}

static void one(const uint32_t *w, uint32_t eights, const t12_pair *x, uint32_t sum[4]) {
  two_rows(w, eights, x, sum);
  two_rows(w + 2, eights, x, sum + 2);
}

/* Two of four rows times two columns, whose activations lie `eights` eights apart. */
__attribute__((noinline)) static void two(const uint32_t *w, uint32_t eights, const t12_pair *x,
                                          uint32_t sum[2], uint32_t next[2]) {
  const uint32_t *y = x + (size_t)4 * eights, *end = w + (size_t)4 * eights;
  uint32_t a = 0, b = 0, c = 0, d = 0, u, v, t;
  __asm volatile("1: ldrd %[u], %[v], [%[w]], #16\n"
                 "ldr r4, [%[x]], #4\n ldr r6, [%[y]], #4\n"
                 "and %[t], %[mask], %[u]\n"
                 "smlad %[a], %[t], r4, %[a]\n smlad %[c], %[t], r6, %[c]\n"
                 "and %[t], %[mask], %[v]\n"
                 "smlad %[b], %[t], r4, %[b]\n smlad %[d], %[t], r6, %[d]\n"
                 "ldr r4, [%[x]], #4\n ldr r6, [%[y]], #4\n"
                 "and %[t], %[mask], %[u], lsr #4\n"
                 "smlad %[a], %[t], r4, %[a]\n smlad %[c], %[t], r6, %[c]\n"
                 "and %[t], %[mask], %[v], lsr #4\n"
                 "smlad %[b], %[t], r4, %[b]\n smlad %[d], %[t], r6, %[d]\n"
                 "ldr r4, [%[x]], #4\n ldr r6, [%[y]], #4\n"
                 "and %[t], %[mask], %[u], lsr #8\n"
                 "smlad %[a], %[t], r4, %[a]\n smlad %[c], %[t], r6, %[c]\n"
                 "and %[t], %[mask], %[v], lsr #8\n"
                 "smlad %[b], %[t], r4, %[b]\n smlad %[d], %[t], r6, %[d]\n"
                 "ldr r4, [%[x]], #4\n ldr r6, [%[y]], #4\n"
                 "and %[t], %[mask], %[u], lsr #12\n"
                 "smlad %[a], %[t], r4, %[a]\n smlad %[c], %[t], r6, %[c]\n"
                 "and %[t], %[mask], %[v], lsr #12\n"
                 "smlad %[b], %[t], r4, %[b]\n smlad %[d], %[t], r6, %[d]\n"
                 "cmp %[w], %[end]\n"
                 "bne 1b"
                 : [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d), [w] "+&r"(w),
                   [x] "+&r"(x), [y] "+&r"(y), [u] "=&r"(u), [v] "=&r"(v), [t] "=&r"(t)
                 : [end] "r"(end), [mask] "r"(MASK)
                 : "r4", "r6", "cc", "memory");
  sum[0] = a, sum[1] = b, next[0] = c, next[1] = d;
}

static void both(const uint32_t *w, uint32_t eights, const t12_pair *x, uint32_t sum[2][4]) {
  two(w, eights, x, sum[0], sum[1]);
  two(w + 2, eights, x, sum[0] + 2, sum[1] + 2);
}
#else
/* The mask as a value that the compiler does not know: an AND with a register can shift, too. */
static inline uint32_t hidden_mask(void) {
  uint32_t mask = MASK;
#ifdef __ARM_FEATURE_SIMD32
  __asm("" : "+r"(mask));
#endif
  return mask;
}

/* sum + eight weights times the activations. */
static inline uint32_t add_eight(uint32_t sum, uint32_t eight, uint32_t mask, const t12_pair *x) {
  sum = add_products(sum, mask & eight, x[0]);
  sum = add_products(sum, mask & eight >> 4, x[1]);
  sum = add_products(sum, mask & eight >> 8, x[2]);
  return add_products(sum, mask & eight >> 12, x[3]);
}

/* Two of four rows times one column: four would not leave registers enough. */
static void two_rows(const uint32_t *w, uint32_t eights, const t12_pair *x, uint32_t sum[2]) {
  const uint32_t mask = hidden_mask();
  uint32_t a = 0, b = 0;
  for (const uint32_t *end = w + (size_t)4 * eights; w != end; w += 4, x += 4) {
    const t12_pair p[4] = {x[0], x[1], x[2], x[3]};
    a = add_eight(a, w[0], mask, p);
    b = add_eight(b, w[1], mask, p);
  }
  sum[0] = a, sum[1] = b;
}

static void one(const uint32_t *w, uint32_t eights, const t12_pair *x, uint32_t sum[4]) {
  two_rows(w, eights, x, sum);
  two_rows(w + 2, eights, x, sum + 2);
}

static void both(const uint32_t *w, uint32_t eights, const t12_pair *x, uint32_t sum[2][4]) {
  one(w, eights, x, sum[0]);
  one(w, eights, x + (size_t)4 * eights, sum[1]);
}
#endif

void t12_four_bit_sums(const uint32_t *w, uint32_t eights, const uint32_t *x, unsigned count,
                       const uint32_t *column_sum, uint32_t sum[2][4]) {
  if (count == 2)
    both(w, eights, x, sum);
  else
    one(w, eights, x, sum[0]);
  for (unsigned c = 0; c < count; c++)
    for (unsigned r = 0; r < 4; r++) sum[c][r] -= PLUS * column_sum[c];
}
#endif
