/* Windows of a signal, one a lane, T12_HOP samples apart: into lanes and back. */
#ifndef T12_WINDOWS_H
#define T12_WINDOWS_H
#include "t12_internal.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>

/* Four samples of each of four lanes <-> four samples with all their lanes. */
static inline void t12_turn(v128_t x[4]) {
  const v128_t a = wasm_i32x4_shuffle(x[0], x[1], 0, 4, 1, 5),
               b = wasm_i32x4_shuffle(x[0], x[1], 2, 6, 3, 7),
               c = wasm_i32x4_shuffle(x[2], x[3], 0, 4, 1, 5),
               d = wasm_i32x4_shuffle(x[2], x[3], 2, 6, 3, 7);
  x[0] = wasm_i64x2_shuffle(a, c, 0, 2), x[1] = wasm_i64x2_shuffle(a, c, 1, 3);
  x[2] = wasm_i64x2_shuffle(b, d, 0, 2), x[3] = wasm_i64x2_shuffle(b, d, 1, 3);
}
#endif

/* time [960], of the first `lanes` lanes. */
static inline void t12_windowed(const float *signal, const float *window, unsigned lanes,
                                t12_lanes *time) {
#ifdef __wasm_simd128__
  for (unsigned i = 0; lanes == 4 && i < T12_WINDOW; i += 4) {
    const v128_t w = wasm_v128_load(window + i);
    v128_t x[4];
    for (unsigned lane = 0; lane < 4; lane++)
      x[lane] = wasm_f32x4_mul(wasm_v128_load(signal + lane * T12_HOP + i), w);
    t12_turn(x);
    for (unsigned k = 0; k < 4; k++) wasm_v128_store(time + i + k, x[k]);
  }
  if (lanes == 4) return;
#endif
  for (unsigned lane = 0; lane < lanes; lane++, signal += T12_HOP)
    for (unsigned i = 0; i < T12_WINDOW; i++) *t12_lane(time, i, lane) = signal[i] * window[i];
}

/* Adds windows to a signal, the first lane first. Writes over `time` where there are four. */
static inline void t12_add_windowed(t12_lanes *time, const float *window, unsigned lanes,
                                    float *signal) {
#ifdef __wasm_simd128__
  for (unsigned i = 0; lanes == 4 && i < T12_WINDOW; i += 4) {
    v128_t x[4];
    for (unsigned k = 0; k < 4; k++) x[k] = wasm_v128_load(time + i + k);
    t12_turn(x);
    for (unsigned k = 0; k < 4; k++) wasm_v128_store(time + i + k, x[k]);
  }
  for (unsigned lane = 0; lanes == 4 && lane < 4; lane++, signal += T12_HOP)
    for (unsigned i = 0; i < T12_WINDOW; i += 4) {
      const v128_t x = wasm_f32x4_mul(wasm_v128_load(time + i + lane), wasm_v128_load(window + i));
      wasm_v128_store(signal + i, wasm_f32x4_add(wasm_v128_load(signal + i), x));
    }
  if (lanes == 4) return;
#endif
  for (unsigned lane = 0; lane < lanes; lane++, signal += T12_HOP)
    for (unsigned i = 0; i < T12_WINDOW; i++) signal[i] += *t12_lane(time, i, lane) * window[i];
}
#endif
