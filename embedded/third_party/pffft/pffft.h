/* Real FFT of PFFFT (Julien Pommier; see COPYING) in memory of the caller. */
#ifndef T12_PFFFT_H
#define T12_PFFFT_H
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
void t12_pffft_forward(const t12_pffft *setup, const float *time, float *spectrum, float *work);
/* The same back, size times the inverse; overwrites the spectrum. */
void t12_pffft_backward(const t12_pffft *setup, float *spectrum, float *time, float *work);
#endif
