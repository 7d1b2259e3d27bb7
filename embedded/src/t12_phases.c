/* From log bands and priorities to samples: phases by gradient integration, then rounds of fast Griffin-Lim (docs/decisions/phase-order.md). */
#include "../third_party/pffft/pffft.h"
#include "t12_internal.h"
#include "t12_math.h"

#define GAMMA (0.25645f * 960.0f * 960.0f)
static const t12_pffft *transform(const t12_decoder *d) { return (const t12_pffft *)(const void *)d->transform; }
static float greater(float a, float b) { return a > b ? a : b; }
static float smaller(float a, float b) { return a < b ? a : b; }
static float sign(unsigned bin) { return bin & 1 ? -1.0f : 1.0f; } /* phases are seen from the window's centre */

static void to_bins(const t12_decoder *d, const float *bands, float *out) {
  const t12_model *m = d->model;
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
  return d->loud[k] ? smaller(d->priorities[0][k], greater(d->priorities[1][k], way[k])) : -INFINITY;
}

static void find_ways(t12_decoder *d) {
  const float limit = d->log_tolerance + greater(largest(d->priorities[0]), largest(d->priorities[1]));
  const float factor = -GAMMA / (240.0f * 960.0f);
  for (unsigned k = 0; k < T12_BINS; k++) {
    const float now = d->logs[0][k], before = d->logs[1][k];
    d->loud[k] = d->priorities[0][k] > limit;
    d->per_bin[k] = factor * (d->step_number > 1 ? (3 * now - 4 * before + d->logs[2][k]) / 2 : now - before);
  }
  d->below[0] = d->above[T12_BINS - 1] = -INFINITY;
  for (unsigned k = 1; k < T12_BINS; k++) d->below[k] = through(d, k - 1, d->below);
  for (int k = T12_BINS - 2; k >= 0; k--) d->above[k] = through(d, (unsigned)k + 1, d->above);
}

static void integrate(t12_decoder *d, const float *before, float *phase) {
  find_ways(d);
  const float *p = d->priorities[1], *below = d->below, *above = d->above, *per = d->per_bin;
  for (int k = 0; k < T12_BINS; k++) {
    if (!d->loud[k]) continue;
    if (p[k] >= greater(below[k], above[k])) {
      const int up = k == T12_BINS - 1 ? k - 1 : k + 1, down = k == 0 ? 1 : k - 1;
      const float slope = (d->logs[1][up] - d->logs[1][down] + d->logs[0][up] - d->logs[0][down]) / 4;
      phase[k] = before[k] + 240.0f * 960.0f / GAMMA * slope + (float)(k & 3) * 1.570796327f; /* 2 pi 240 k / 960 without whole turns */
    } else if (k > 0 && below[k] >= above[k]) {
      phase[k] = phase[k - 1] + (per[k - 1] + per[k]) / 2;
    }
  }
  for (int k = T12_BINS - 2; k >= 0; k--)
    if (d->loud[k] && above[k] > greater(below[k], p[k])) phase[k] = phase[k + 1] - (per[k + 1] + per[k]) / 2;
}

static void new_step(t12_decoder *d, t12_step *s, const float *bands, const float *priority) {
  float *oldest = d->logs[2], *swap = d->priorities[1], *next = d->phase[1];
  d->logs[2] = d->logs[1], d->logs[1] = d->logs[0], d->logs[0] = oldest;
  d->priorities[1] = d->priorities[0], d->priorities[0] = swap;
  to_bins(d, bands, s->magnitude);
  to_bins(d, priority, swap);
  for (unsigned k = 0; k < T12_BINS; k++) {
    s->magnitude[k] = greater(t12_exp(s->magnitude[k]) - d->model->shape.floor, 1e-4f);
    oldest[k] = t12_log(s->magnitude[k] + 1e-10f);
  }
  random_phases(d->step_number, next);
  if (d->step_number > 0) integrate(d, d->phase[0], next);
  d->step_number++;
  d->phase[1] = d->phase[0], d->phase[0] = next;
  for (unsigned k = 0; k < T12_BINS; k++) {
    float sine, cosine;
    t12_sincos(next[k], &sine, &cosine);
    s->last_re[k] = s->re[k] = sign(k) * s->magnitude[k] * cosine;
    s->last_im[k] = s->im[k] = sign(k) * s->magnitude[k] * sine;
  }
}

/* Signals are 960 times too large, as the transform leaves them. */
static void overlap_add(t12_decoder *d, const t12_step *s, float *signal) {
  d->spectrum[0] = s->re[0];
  d->spectrum[1] = s->re[T12_BINS - 1];
  for (unsigned k = 1; k < T12_BINS - 1; k++) d->spectrum[2 * k] = s->re[k], d->spectrum[2 * k + 1] = s->im[k];
  t12_pffft_backward(transform(d), d->spectrum, d->time, d->work);
  for (unsigned i = 0; i < T12_WINDOW; i++) signal[i] += d->time[i] * d->model->window[i];
}

static void project(t12_decoder *d, const t12_step *s, const float *signal) {
  const float momentum = d->model->shape.momentum;
  for (unsigned i = 0; i < T12_WINDOW; i++) d->time[i] = signal[i] * d->model->window[i];
  t12_pffft_forward(transform(d), d->time, d->spectrum, d->work);
  for (unsigned k = 0; k < T12_BINS; k++) {
    float re = k == T12_BINS - 1 ? d->spectrum[1] : d->spectrum[2 * k], im = k == 0 || k == T12_BINS - 1 ? 0.0f : d->spectrum[2 * k + 1];
    float scale = s->magnitude[k] / greater(sqrtf(re * re + im * im), 1e-12f);
    re *= scale, im *= scale;
    const float pushed_re = re + momentum * (re - s->last_re[k]), pushed_im = im + momentum * (im - s->last_im[k]);
    s->last_re[k] = re, s->last_im[k] = im;
    scale = s->magnitude[k] / greater(sqrtf(pushed_re * pushed_re + pushed_im * pushed_im), 1e-12f);
    s->re[k] = pushed_re * scale, s->im[k] = pushed_im * scale;
  }
}

static void refine(t12_decoder *d, unsigned count) {
  const unsigned body = count * T12_HOP, length = body + T12_LEAD;
  for (unsigned i = 0; i < d->open; i++) {
    memcpy(d->steps[i].last_re, d->steps[i].re, T12_BINS * sizeof(float));
    memcpy(d->steps[i].last_im, d->steps[i].im, T12_BINS * sizeof(float));
  }
  for (unsigned round = 0; round < d->model->shape.iterations; round++) {
    memcpy(d->signal, d->base, length * sizeof(float));
    for (unsigned i = 0; i < count; i++) overlap_add(d, &d->steps[i], d->signal + i * T12_HOP);
    for (unsigned i = 0; i < length; i++) d->signal[i] *= i < body ? 1 / 1.5f : d->tail_weight[i - body];
    for (unsigned i = 0; i < count; i++) project(d, &d->steps[i], d->signal + i * T12_HOP);
  }
}

void t12_phases_push(t12_decoder *d, unsigned frame, t12_sink *sink) {
  const unsigned width = d->model->shape.bands, open = d->model->shape.open_steps, count = d->open + T12_STEPS, final = count - open;
  for (unsigned t = 0; t < T12_STEPS; t++) {
    const size_t at = (size_t)(frame * T12_STEPS + t) * width;
    new_step(d, &d->steps[d->open + t], d->bands + at, d->priority + at);
  }
  memset(d->base, 0, (count * T12_HOP + T12_LEAD) * sizeof(float));
  memcpy(d->base, d->tail, (d->open * T12_HOP + T12_LEAD) * sizeof(float));
  refine(d, count);
  for (unsigned i = 0; i < final; i++) overlap_add(d, &d->steps[i], d->base + i * T12_HOP);
  const t12_step *last = &d->steps[count - 1];
  for (unsigned k = 0; k < T12_BINS; k++) d->phase[0][k] = atan2f(last->im[k] * sign(k), last->re[k] * sign(k));
  for (unsigned i = 0; i < open; i++) {
    const t12_step swap = d->steps[i];
    d->steps[i] = d->steps[final + i], d->steps[final + i] = swap;
  }
  d->open = open;
  memcpy(d->tail, d->base + final * T12_HOP, (open * T12_HOP + T12_LEAD) * sizeof(float));
  t12_emit(d, d->base, final * T12_HOP, sink);
}

void t12_phases_flush(t12_decoder *d, t12_sink *sink) {
  const unsigned length = d->open * T12_HOP + T12_LEAD;
  for (unsigned i = 0; i < d->open; i++) overlap_add(d, &d->steps[i], d->tail + i * T12_HOP);
  t12_emit(d, d->tail, length, sink);
}

void t12_phases_reset(t12_decoder *d) {
  d->open = 0;
  d->step_number = 0;
  memset(d->tail, 0, (d->model->shape.open_steps * T12_HOP + T12_WINDOW) * sizeof(float));
  for (int i = 0; i < 2; i++) memset(d->priorities[i], 0, T12_BINS * sizeof(float));
  for (int i = 0; i < 3; i++) memset(d->logs[i], 0, T12_BINS * sizeof(float));
}

void t12_phases_init(t12_decoder *d) {
  const float *w = d->model->window;
  t12_pffft_setup((t12_pffft *)(void *)d->transform, T12_WINDOW);
  d->log_tolerance = logf(d->model->shape.tolerance);
  for (unsigned i = 0; i < T12_LEAD; i++) {
    float sum = 0;
    for (unsigned j = i + T12_HOP; j < T12_WINDOW; j += T12_HOP) sum += w[j] * w[j];
    d->tail_weight[i] = 1.0f / greater(sum, 0.1f);
  }
}
