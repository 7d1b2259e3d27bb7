/* Two numbers of 16 bits in a word, and sums of their products. */
#ifndef T12_PAIRS_H
#define T12_PAIRS_H
#include <stdint.h>

/* Two numbers of 16 bits, the first in the lower half. */
typedef uint32_t t12_pair;

/* Bytes of a four hold columns 0 2 1 3: their pairs 0 1 and 2 3; and sum + a * b of both halves,
   which wraps. */
#ifdef __ARM_FEATURE_SIMD32
#include <arm_acle.h>
static inline void expand(uint32_t four, t12_pair *first, t12_pair *second) {
  __asm("sxtb16 %0, %2\n sxtb16 %1, %2, ror #8" /* no builtin has the rotation */
        : "=&r"(*first), "=r"(*second)
        : "r"(four));
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
#endif
