/*
 * First phases of a step from the slopes of its magnitudes and of those of two steps before:
 * phase gradient integration without a heap (Prusa and Sondergaard 2016, algorithm 2;
 * docs/decisions/phase-order.md).
 */
#include "t12_internal.h"
#include "t12_math.h"

#define GAMMA (0.25645f * 960.0f * 960.0f)
static float greater(float a, float b) { return a > b ? a : b; }
static float smaller(float a, float b) { return a < b ? a : b; }

static void to_bins(const t12_model *m, const float *bands, float *out) {
  for (unsigned k = 0; k < T12_BINS; k++) {
    const float *b = bands + m->lower[k];
    out[k] = (1.0f - m->share[k]) * b[0] + m->share[k] * b[1];
  }
}

static void random_phases(uint32_t step, float *out) {
  for (uint32_t k = 0; k < T12_BINS; k++) {
    uint32_t h = (step * T12_BINS + k) * 0x9e3779b1u;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    out[k] = (float)(h ^ h >> 16) * (6.283185307f / 4294967296.0f);
  }
}

static float largest(const float *x) {
  float m = x[0];
  for (unsigned k = 1; k < T12_BINS; k++) m = greater(x[k], m);
  return m;
}

static float through(const t12_decoder *d, unsigned k, const float *way) {
  if (!d->loud[k]) return -INFINITY;
  return smaller(d->priorities[0][k], greater(d->priorities[1][k], way[k]));
}

/* The lowest priority on the best way to each bin through its neighbour below and above. */
static void find_ways(t12_decoder *d) {
  const float limit =
      d->log_tolerance + greater(largest(d->priorities[0]), largest(d->priorities[1]));
  const float factor = -GAMMA / (240.0f * 960.0f);
  for (unsigned k = 0; k < T12_BINS; k++) {
    const float now = d->logs[0][k], before = d->logs[1][k];
    const float second = (3 * now - 4 * before + d->logs[2][k]) / 2;
    d->loud[k] = d->priorities[0][k] > limit;
    d->per_bin[k] = factor * (d->step_number > 1 ? second : now - before);
  }
  d->below[0] = d->above[T12_BINS - 1] = -INFINITY;
  for (unsigned k = 1; k < T12_BINS; k++) d->below[k] = through(d, k - 1, d->below);
  for (unsigned k = T12_BINS - 1; k-- > 0;) d->above[k] = through(d, k + 1, d->above);
}

/* Advance of the phase of bin k from the step before to this one. */
static float advance(const t12_decoder *d, unsigned k) {
  const unsigned up = k == T12_BINS - 1 ? k - 1 : k + 1, down = k == 0 ? 1 : k - 1;
  const float slope = (d->logs[1][up] - d->logs[1][down] + d->logs[0][up] - d->logs[0][down]) / 4;
  const float turns = (float)(k & 3) * 1.570796327f; /* 2 pi 240 k / 960 without whole turns */
  return 240.0f * 960.0f / GAMMA * slope + turns;
}

static void integrate(t12_decoder *d, const float *before, float *phase) {
  find_ways(d);
  const float *p = d->priorities[1], *below = d->below, *above = d->above, *per = d->per_bin;
  for (unsigned k = 0; k < T12_BINS; k++) {
    if (!d->loud[k]) continue;
    if (p[k] >= greater(below[k], above[k]))
      phase[k] = before[k] + advance(d, k);
    else if (k > 0 && below[k] >= above[k])
      phase[k] = phase[k - 1] + (per[k - 1] + per[k]) / 2;
  }
  for (unsigned k = T12_BINS - 1; k-- > 0;)
    if (d->loud[k] && above[k] > greater(below[k], p[k]))
      phase[k] = phase[k + 1] - (per[k + 1] + per[k]) / 2;
}

void t12_next_phases(t12_decoder *d, const float *bands, const float *priority, float *magnitude) {
  float *oldest = d->logs[2], *swap = d->priorities[1], *next = d->phase[1];
  d->logs[2] = d->logs[1], d->logs[1] = d->logs[0], d->logs[0] = oldest;
  d->priorities[1] = d->priorities[0], d->priorities[0] = swap;
  to_bins(d->model, bands, magnitude);
  to_bins(d->model, priority, swap);
  const float floor = d->model->shape.floor;
  for (unsigned k = 0; k < T12_BINS; k++)
    magnitude[k] = greater(t12_exp(magnitude[k]) - floor, 1e-4f);
  for (unsigned k = 0; k < T12_BINS; k++) oldest[k] = t12_log(magnitude[k] + 1e-10f);
  random_phases(d->step_number, next);
  if (d->step_number > 0) integrate(d, d->phase[0], next);
  d->step_number++;
  d->phase[1] = d->phase[0], d->phase[0] = next;
}
