/* Real FFT of PFFFT (Julien Pommier; see COPYING) in memory of the caller, T12_LANES signals at once. */
#ifndef T12_PFFFT_H
#define T12_PFFFT_H
#include "../../src/t12_lanes.h"
#include <stddef.h>

/* A prepared transform; `size` floats of twiddle factors follow. */
typedef struct {
  int size, factors[15];
  float twiddle[];
} t12_pffft;

/* Bytes of a setup. */
size_t t12_pffft_bytes(int size);
/* Prepares a size whose prime factors are 2, 3 and 5. */
void t12_pffft_setup(t12_pffft *setup, int size);
/* [size] samples -> [re 0, re size/2, re 1, im 1, ...], not scaled; time, spectrum and work are three arrays. */
void t12_pffft_forward(const t12_pffft *setup, const t12_lanes *time, t12_lanes *spectrum, t12_lanes *work);
/* The same back, size times the inverse; overwrites the spectrum. */
void t12_pffft_backward(const t12_pffft *setup, t12_lanes *spectrum, t12_lanes *time, t12_lanes *work);
#endif
