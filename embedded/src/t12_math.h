/* exp, log, sine and cosine in float, by the polynomials of Cephes (Moshier 1989), and GELU; about 1e-7 each. */
#ifndef T12_MATH_H
#define T12_MATH_H
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float t12_from_bits(int32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline int32_t t12_bits(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float t12_clamp(float x, float low, float high) { return x > low ? (x < high ? x : high) : low; } /* NaN becomes low */

/* x outside -87 to 87 is moved there. */
static inline float t12_exp(float x) {
  x = t12_clamp(x, -87.0f, 87.0f);
  const float n = rintf(x * 1.44269504f);
  const float r = x - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return (p * r * r + r + 1.0f) * t12_from_bits(((int32_t)n + 127) * 8388608);
}

/* x is positive and normal. */
static inline float t12_log(float x) {
  int32_t bits = t12_bits(x);
  int32_t e = (bits >> 23) - 126;
  float m = t12_from_bits((bits & 0x7fffff) | 0x3f000000);
  if (m < 0.707106781f) {
    e--;
    m = m + m - 1.0f;
  } else {
    m -= 1.0f;
  }
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
  y = y * m * z - (float)e * 2.12194440e-4f - 0.5f * z;
  return m + y + (float)e * 0.693359375f;
}

/* |x| up to some thousands; larger is moved there. */
static inline void t12_sincos(float x, float *sine, float *cosine) {
  x = t12_clamp(x, -8000.0f, 8000.0f);
  const float n = rintf(x * 0.636619772f);
  const int32_t quadrant = (int32_t)n;
  float r = x - n * 1.5703125f;
  r -= n * 4.83751296997e-4f;
  r -= n * 7.54978995489e-8f;
  const float z = r * r;
  const float a = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
  const float b = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1.0f;
  const float s = quadrant & 1 ? b : a;
  const float c = quadrant & 1 ? a : b;
  *sine = quadrant & 2 ? -s : s;
  *cosine = (quadrant + 1) & 2 ? -c : c;
}

/* 0.5 x (1 + erf(x / sqrt 2)), erf by Abramowitz and Stegun 7.1.26. */
static inline float t12_gelu(float x) {
  const float z = fabsf(x) * 0.70710678f;
  const float t = 1.0f / (1.0f + 0.3275911f * z);
  const float p = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
  const float complement = p * t12_exp(-z * z);
  return x >= 0.0f ? x - 0.5f * x * complement : 0.5f * x * complement;
}
#endif
