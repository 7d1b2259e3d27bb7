/*
 * First phases of a step from the slopes of its magnitudes and of those of two steps before:
 * phase gradient integration without a heap (Prusa and Sondergaard 2016, algorithm 2;
 * docs/decisions/phase-order.md).
 */
#include "t12_internal.h"
#include "t12_math.h"

/* Time-frequency ratio of the Gaussian nearest to a Hann window of 960 samples. */
#define GAMMA ((t12_real)0.25645 * 960 * 960)
/* Below every priority. */
#define NO_WAY INT32_MIN
static int32_t greater(int32_t a, int32_t b) { return a > b ? a : b; }
static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

static t12_real at_bin(const t12_model *m, const float *bands, unsigned k) {
  const float *b = bands + m->lower[k];
  const t12_real share = m->share[k];
  return (1 - share) * (t12_real)b[0] + share * (t12_real)b[1];
}

/* Whole numbers without rounding, so that the order is the same everywhere. */
static int32_t priority_at(const t12_model *m, const int16_t *bands, unsigned k) {
  const int16_t *b = bands + m->lower[k];
  const int32_t share = (int32_t)(m->share[k] * (float)T12_BIN_UNITS);
  return (T12_BIN_UNITS - share) * b[0] + share * b[1];
}

static void random_phases(uint32_t step, t12_real *out) {
  for (uint32_t k = 0; k < T12_BINS; k++) {
    uint32_t h = (step * T12_BINS + k) * 0x9e3779b1u;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    out[k] = (t12_real)(h ^ h >> 16) * ((t12_real)6.283185307179586 / 4294967296);
  }
}

static int32_t largest(const int32_t *x) {
  int32_t m = x[0];
  for (unsigned k = 1; k < T12_BINS; k++) m = greater(x[k], m);
  return m;
}

static int32_t through(const t12_decoder *d, unsigned k, const int32_t *way) {
  if (!d->loud[k]) return NO_WAY;
  return smaller(d->priorities[0][k], greater(d->priorities[1][k], way[k]));
}

/* The lowest priority on the best way to each bin through its neighbour below and above. */
static void find_ways(t12_decoder *d) {
  const int32_t limit =
      d->log_tolerance + greater(largest(d->priorities[0]), largest(d->priorities[1]));
  const t12_real factor = -GAMMA / (240 * 960);
  for (unsigned k = 0; k < T12_BINS; k++) {
    const t12_real now = d->logs[0][k], before = d->logs[1][k];
    const t12_real second = (3 * now - 4 * before + d->logs[2][k]) / 2;
    d->loud[k] = d->priorities[0][k] > limit;
    d->per_bin[k] = factor * (d->step_number > 1 ? second : now - before);
  }
  d->below[0] = NO_WAY;
  d->above[T12_BINS - 1] = NO_WAY;
  for (unsigned k = 1; k < T12_BINS; k++) d->below[k] = through(d, k - 1, d->below);
  for (unsigned k = T12_BINS - 1; k-- > 0;) d->above[k] = through(d, k + 1, d->above);
}

/* Advance of the phase of bin k from the step before to this one. */
static t12_real advance(const t12_decoder *d, unsigned k) {
  const unsigned up = k == T12_BINS - 1 ? k - 1 : k + 1, down = k == 0 ? 1 : k - 1;
  const t12_real slope =
      (d->logs[1][up] - d->logs[1][down] + d->logs[0][up] - d->logs[0][down]) / 4;
  const t12_real turns =
      (t12_real)(k & 3) * (t12_real)1.5707963267948966; /* 2 pi 240 k / 960 without whole turns */
  return 240 * 960 / GAMMA * slope + turns;
}

static void integrate(t12_decoder *d, const t12_real *before, t12_real *phase) {
  find_ways(d);
  const int32_t *p = d->priorities[1], *below = d->below, *above = d->above;
  const t12_real *per = d->per_bin;
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

void t12_next_phases(t12_decoder *d, const float *bands, const int16_t *priority,
                     t12_real *magnitude) {
  int32_t *swap = d->priorities[1];
  t12_real *oldest = d->logs[2], *next = d->phase[1];
  const t12_real floor = d->model->shape.floor, least = (t12_real)1e-4;
  d->logs[2] = d->logs[1], d->logs[1] = d->logs[0], d->logs[0] = oldest;
  d->priorities[1] = d->priorities[0], d->priorities[0] = swap;
  for (unsigned k = 0; k < T12_BINS; k++) magnitude[k] = at_bin(d->model, bands, k);
  for (unsigned k = 0; k < T12_BINS; k++) swap[k] = priority_at(d->model, priority, k);
  for (unsigned k = 0; k < T12_BINS; k++) {
    const t12_real x = t12_real_exp(magnitude[k]) - floor;
    magnitude[k] = x > least ? x : least;
  }
  for (unsigned k = 0; k < T12_BINS; k++) oldest[k] = t12_real_log(magnitude[k] + (t12_real)1e-10);
  random_phases(d->step_number, next);
  if (d->step_number > 0) integrate(d, d->phase[0], next);
  d->step_number++;
  d->phase[1] = d->phase[0], d->phase[0] = next;
}
