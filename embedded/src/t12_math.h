/*
 * exp, log, sine, cosine and the angle of a point in float, by the polynomials of Cephes
 * (Moshier 1989), and GELU; about 1e-7 each. No branches: compilers turn loops of them into
 * vector code.
 */
#ifndef T12_MATH_H
#define T12_MATH_H
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef union {
  float value;
  uint32_t bits;
} t12_pun;

static inline float t12_from_bits(uint32_t bits) { return ((t12_pun){.bits = bits}).value; }
static inline uint32_t t12_bits(float x) { return ((t12_pun){.value = x}).bits; }

/* NaN becomes low. */
static inline float t12_clamp(float x, float low, float high) {
  return x > low ? (x < high ? x : high) : low;
}

/* 1.5 * 2^23: a float of up to 2^22 that is added to it is rounded to a whole number, which then
   stands in its lowest bits. */
#define T12_ROUND_ 12582912.0f
static inline float t12_nearest(float x) { return x + T12_ROUND_ - T12_ROUND_; }

/* x outside -87 to 87 is moved there. */
static inline float t12_exp(float x) {
  x = t12_clamp(x, -87.0f, 87.0f);
  const float shifted = x * 1.44269504f + T12_ROUND_;
  const float n = shifted - T12_ROUND_;
  const float r = x - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return (p * r * r + r + 1.0f) * t12_from_bits((t12_bits(shifted) << 23) + 0x3f800000u);
}

/* x is positive and normal. */
static inline float t12_log(float x) {
  const uint32_t bits = t12_bits(x);
  const float half = t12_from_bits((bits & 0x7fffffu) | 0x3f000000u); /* 0.5 to 1 */
  const int32_t low = half < 0.707106781f;
  const float e = (float)((int32_t)(bits >> 23) - 126 - low);
  const float m = low ? half + half - 1.0f : half - 1.0f;
  const float z = m * m;
  float y = 7.0376836292e-2f;
  y = y * m - 1.1514610310e-1f;
  y = y * m + 1.1676998740e-1f;
  y = y * m - 1.2420140846e-1f;
  y = y * m + 1.4249322787e-1f;
  y = y * m - 1.6668057665e-1f;
  y = y * m + 2.0000714765e-1f;
  y = y * m - 2.4999993993e-1f;
  y = y * m + 3.3333331174e-1f;
  y = y * m * z - e * 2.12194440e-4f - 0.5f * z;
  return m + y + e * 0.693359375f;
}

/* |x| up to some thousands; larger is moved there. */
static inline void t12_sincos(float x, float *sine, float *cosine) {
  x = t12_clamp(x, -8000.0f, 8000.0f);
  const float shifted = x * 0.636619772f + T12_ROUND_;
  const float n = shifted - T12_ROUND_;
  const uint32_t quadrant = t12_bits(shifted);
  float r = x - n * 1.5703125f;
  r -= n * 4.83751296997e-4f;
  r -= n * 7.54978995489e-8f;
  const float z = r * r;
  const float a = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
  const float b =
      ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
      0.5f * z + 1.0f;
  const float s = quadrant & 1u ? b : a;
  const float c = quadrant & 1u ? a : b;
  *sine = quadrant & 2u ? -s : s;
  *cosine = (quadrant + 1u) & 2u ? -c : c;
}

/* Angle of the point (x, y), -pi to pi; 0 for the origin. */
static inline float t12_angle(float y, float x) {
  const float ay = fabsf(y), ax = fabsf(x);
  const float high = ay > ax ? ay : ax, low = ay > ax ? ax : ay;
  const float ratio = high > 0.0f ? low / high : 0.0f; /* 0 to 1 */
  const int upper = ratio > 0.414213562f;              /* tan(pi / 8) */
  const float r = upper ? (ratio - 1.0f) / (ratio + 1.0f) : ratio;
  const float z = r * r;
  float p = 8.05374449538e-2f;
  p = p * z - 1.38776856032e-1f;
  p = p * z + 1.99777106478e-1f;
  p = p * z - 3.33329491539e-1f;
  const float within = (upper ? 0.785398163f : 0.0f) + (p * z * r + r);
  const float half = ay > ax ? 1.570796327f - within : within;
  const float whole = x < 0.0f ? 3.141592654f - half : half;
  return y < 0.0f ? -whole : whole;
}

/* 0.5 x (1 + erf(x / sqrt 2)), erf by Abramowitz and Stegun 7.1.26. */
static inline float t12_gelu(float x) {
  const float z = fabsf(x) * 0.70710678f;
  const float t = 1.0f / (1.0f + 0.3275911f * z);
  const float p = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t +
                   0.254829592f) *
                  t;
  const float part = 0.5f * x * (p * t12_exp(-z * z));
  return x >= 0.0f ? x - part : part;
}
#endif
