/*
 * A lane is one of several numbers that are computed side by side: T12_LANES steps of the phase
 * search, four columns of a product. With T12_WIDE, for processors with a vector unit, there are
 * four; else one, and a t12_lanes is a float. Each lane gives the bits that it would give alone.
 */
#ifndef T12_LANES_H
#define T12_LANES_H
#include <float.h>
#include <math.h>
#ifdef __FAST_MATH__
#error "twelvehz: compile without -ffast-math: roundings and NaN would be lost"
#endif
#if FLT_EVAL_METHOD != 0
#error "twelvehz: floats must be computed as floats (on x87 compile with -msse2 -mfpmath=sse)"
#endif

#ifdef T12_WIDE
#define T12_LANES 4u
typedef float t12_lanes __attribute__((vector_size(16), may_alias));
static inline t12_lanes t12_splat(float x) { return (t12_lanes){x, x, x, x}; }
static inline t12_lanes t12_root(t12_lanes x) {
#ifdef __wasm_simd128__
  return __builtin_wasm_sqrt_f32x4(x);
#else
  return (t12_lanes){sqrtf(x[0]), sqrtf(x[1]), sqrtf(x[2]), sqrtf(x[3])};
#endif
}
#else
#define T12_LANES 1u
typedef float t12_lanes;
static inline t12_lanes t12_splat(float x) { return x; }
static inline t12_lanes t12_root(t12_lanes x) { return sqrtf(x); }
#endif

/* Lane `lane` of entry `i`. */
static inline float *t12_lane(t12_lanes *x, unsigned i, unsigned lane) {
  return (float *)x + i * T12_LANES + lane;
}
#endif
