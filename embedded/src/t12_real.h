/*
 * Numbers in which the first phases are worked out: they add up along hundreds of bins. In double
 * with T12_WIDE, whose sound then agrees with a decoder in double as closely as the networks do;
 * else in float.
 */
#ifndef T12_REAL_H
#define T12_REAL_H
#include "t12_math.h"

#ifdef T12_WIDE
typedef double t12_real;

/* 1.5 * 2^52: as T12_ROUND_ for floats. */
#define T12_ROUND_REAL_ 6755399441055744.0

typedef union {
  double value;
  uint64_t bits;
} t12_real_pun;

/* To 1e-11. x outside -87 to 87 is moved there. */
static inline double t12_real_exp(double x) {
  x = x > -87.0 ? (x < 87.0 ? x : 87.0) : -87.0;
  const t12_real_pun n = {x * 1.4426950408889634 + T12_ROUND_REAL_};
  const double r = x - (n.value - T12_ROUND_REAL_) * 0.6931471805599453;
  double p = 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const t12_real_pun power = {.bits = (n.bits << 52) + 0x3ff0000000000000u};
  return p * power.value;
}

/* To 1e-10. x is positive and normal. */
static inline double t12_real_log(double x) {
  const t12_real_pun whole = {x};
  const t12_real_pun half = {.bits = (whole.bits & 0xfffffffffffffu) | 0x3fe0000000000000u};
  const int low = half.value < 0.7071067811865476;
  const double m = low ? half.value + half.value : half.value; /* 0.71 to 1.41 */
  const double e = (double)((int32_t)(whole.bits >> 52) - 1022 - low);
  const double s = (m - 1.0) / (m + 1.0), z = s * s;
  double p = 2.0 / 13;
  p = p * z + 2.0 / 11;
  p = p * z + 2.0 / 9;
  p = p * z + 2.0 / 7;
  p = p * z + 2.0 / 5;
  p = p * z + 2.0 / 3;
  p = p * z + 2.0;
  return p * s + e * 0.6931471805599453;
}

/* The same angle without whole turns, -pi to pi. */
static inline float t12_without_turns(double phase) {
  const double turns = phase * 0.15915494309189535 + T12_ROUND_REAL_;
  return (float)(phase - (turns - T12_ROUND_REAL_) * 6.283185307179586);
}
#else
typedef float t12_real;
static inline float t12_real_exp(float x) { return t12_exp(x); }
static inline float t12_real_log(float x) { return t12_log(x); }
static inline float t12_without_turns(float phase) { return phase; } /* t12_sincos takes it */
#endif
#endif
