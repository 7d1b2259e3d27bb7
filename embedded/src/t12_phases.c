/*
 * From log bands and priorities to samples: first phases, then rounds of fast Griffin-Lim
 * (Perraudin, Balazs and Sondergaard 2013, algorithm 2) over the new steps and the open ones.
 * T12_LANES steps go through the transform at once.
 */
#include "../third_party/pffft/pffft.h"
#include "t12_internal.h"
#include "t12_math.h"
#include "t12_windows.h"

/* Keeps quotients of nothing finite; squares of this size vanish beside any that is heard. */
#define TINY 1e-24f

static const t12_pffft *transform(const t12_decoder *d) {
  return (const t12_pffft *)(const void *)d->transform;
}

/* Phases are seen from the window's centre. */
static float sign(unsigned bin) { return bin & 1 ? -1.0f : 1.0f; }

static t12_group *group_of(t12_decoder *d, unsigned step) { return &d->groups[step / T12_LANES]; }

static unsigned lanes_of(unsigned group, unsigned steps) {
  const unsigned rest = steps - group * T12_LANES;
  return rest < T12_LANES ? rest : T12_LANES;
}

static unsigned groups_of(unsigned steps) { return (steps + T12_LANES - 1) / T12_LANES; }

static void new_step(t12_decoder *d, unsigned step, const float *bands, const int16_t *priority) {
  t12_group *g = group_of(d, step);
  const unsigned lane = step % T12_LANES;
  t12_next_phases(d, bands, priority, d->row);
  const t12_real *row = d->row, *phase = d->phase[0];
  float *sines = t12_lane(d->time, 0, 0), *cosines = t12_lane(d->spectrum, 0, 0); /* free now */
  t12_lanes *magnitude = g->magnitude, *re = g->re, *im = g->im;
  for (unsigned k = 0; k < T12_BINS; k++)
    t12_sincos(t12_without_turns(phase[k]), &sines[k], &cosines[k]);
  for (unsigned k = 0; k < T12_BINS; k++) {
    const float size = (float)row[k], a = sign(k) * size;
    *t12_lane(magnitude, k, lane) = size;
    *t12_lane(re, k, lane) = a * cosines[k];
    *t12_lane(im, k, lane) = a * sines[k];
  }
}

/* Adds the windowed inverse transforms of a group's steps to a signal that begins with the first.
   Signals are 960 times too large, as the transform leaves them. */
static void overlap_add(t12_decoder *d, const t12_group *g, unsigned lanes, float *signal) {
  const float *window = d->model->window;
  const t12_lanes *re = g->re, *im = g->im;
  t12_lanes *spectrum = d->spectrum, *time = d->time;
  spectrum[0] = re[0];
  spectrum[1] = re[T12_BINS - 1];
  for (unsigned k = 1; k < T12_BINS - 1; k++) spectrum[2 * k] = re[k], spectrum[2 * k + 1] = im[k];
  t12_pffft_backward(transform(d), spectrum, time, d->spare);
  t12_add_windowed(time, window, lanes, signal);
}

/* One bin of the signal's spectrum, given its magnitude, pushed on, given its magnitude again. */
static inline void project_bin(const t12_group *g, unsigned k, t12_lanes re, t12_lanes im,
                               float momentum) {
  const t12_lanes magnitude = g->magnitude[k],
                  scale = magnitude / t12_root(re * re + im * im + TINY);
  re *= scale, im *= scale;
  const t12_lanes pushed_re = re + momentum * (re - g->last_re[k]);
  const t12_lanes pushed_im = im + momentum * (im - g->last_im[k]);
  g->last_re[k] = re, g->last_im[k] = im;
  const t12_lanes again =
      magnitude / t12_root(pushed_re * pushed_re + pushed_im * pushed_im + TINY);
  g->re[k] = pushed_re * again, g->im[k] = pushed_im * again;
}

static void project(t12_decoder *d, const t12_group *g, unsigned lanes, const float *signal) {
  const t12_group bins = *g; /* its pointers stay in registers */
  const float momentum = d->model->shape.momentum, *window = d->model->window;
  const t12_lanes *s = d->spectrum, none = t12_splat(0.0f);
  t12_lanes *time = d->time;
  t12_windowed(signal, window, lanes, time);
  t12_pffft_forward(transform(d), time, d->spectrum, d->spare);
  project_bin(&bins, 0, s[0], none, momentum);
  for (unsigned k = 1; k < T12_BINS - 1; k++)
    project_bin(&bins, k, s[2 * k], s[2 * k + 1], momentum);
  project_bin(&bins, T12_BINS - 1, s[1], none, momentum);
}

static void refine(t12_decoder *d, unsigned count) {
  const unsigned body = count * T12_HOP, length = body + T12_LEAD, groups = groups_of(count);
  const size_t row = T12_BINS * sizeof(t12_lanes), stride = T12_LANES * T12_HOP;
  for (unsigned i = 0; i < groups; i++) {
    memcpy(d->groups[i].last_re, d->groups[i].re, row);
    memcpy(d->groups[i].last_im, d->groups[i].im, row);
  }
  for (unsigned round = 0; round < d->model->shape.iterations; round++) {
    memcpy(d->signal, d->base, length * sizeof(float));
    for (unsigned i = 0; i < groups; i++)
      overlap_add(d, &d->groups[i], lanes_of(i, count), d->signal + i * stride);
    for (unsigned i = 0; i < body; i++) d->signal[i] *= 1 / 1.5f;
    for (unsigned i = 0; i < T12_LEAD; i++) d->signal[body + i] *= d->tail_weight[i];
    for (unsigned i = 0; i < groups; i++)
      project(d, &d->groups[i], lanes_of(i, count), d->signal + i * stride);
  }
}

/* What the next step starts from: the phases of the last one. */
static void keep_phases(t12_decoder *d, unsigned step) {
  const t12_group *g = group_of(d, step);
  const unsigned lane = step % T12_LANES;
  t12_real *phase = d->phase[0];
  for (unsigned k = 0; k < T12_BINS; k++)
    phase[k] = t12_angle(*t12_lane(g->im, k, lane) * sign(k), *t12_lane(g->re, k, lane) * sign(k));
}

static void move_step(t12_decoder *d, unsigned from, unsigned to) {
  const t12_group *a = group_of(d, from), *b = group_of(d, to);
  for (unsigned k = 0; k < T12_BINS; k++) {
    *t12_lane(b->magnitude, k, to % T12_LANES) = *t12_lane(a->magnitude, k, from % T12_LANES);
    *t12_lane(b->re, k, to % T12_LANES) = *t12_lane(a->re, k, from % T12_LANES);
    *t12_lane(b->im, k, to % T12_LANES) = *t12_lane(a->im, k, from % T12_LANES);
  }
}

void t12_phases_push(t12_decoder *d, unsigned frame, t12_sink *sink) {
  const unsigned width = d->model->shape.bands, open = d->model->shape.open_steps;
  const unsigned count = d->open + T12_STEPS, final = count - open;
  for (unsigned t = 0; t < T12_STEPS; t++) {
    const size_t at = (size_t)(frame * T12_STEPS + t) * width;
    new_step(d, d->open + t, d->bands + at, d->priority + at);
  }
  memset(d->base, 0, (count * T12_HOP + T12_LEAD) * sizeof(float));
  memcpy(d->base, d->tail, (d->open * T12_HOP + T12_LEAD) * sizeof(float));
  refine(d, count);
  for (unsigned i = 0; i < groups_of(final); i++)
    overlap_add(d, &d->groups[i], lanes_of(i, final), d->base + i * T12_LANES * T12_HOP);
  keep_phases(d, count - 1);
  for (unsigned i = 0; i < open; i++) move_step(d, final + i, i);
  d->open = open;
  memcpy(d->tail, d->base + final * T12_HOP, (open * T12_HOP + T12_LEAD) * sizeof(float));
  t12_emit(d, d->base, final * T12_HOP, sink);
}

void t12_phases_flush(t12_decoder *d, t12_sink *sink) {
  const unsigned length = d->open * T12_HOP + T12_LEAD;
  for (unsigned i = 0; i < groups_of(d->open); i++)
    overlap_add(d, &d->groups[i], lanes_of(i, d->open), d->tail + i * T12_LANES * T12_HOP);
  t12_emit(d, d->tail, length, sink);
}

void t12_phases_reset(t12_decoder *d) {
  d->open = 0;
  d->step_number = 0;
  t12_decoder_carve(d);
  memset(d->tail, 0, (d->model->shape.open_steps * T12_HOP + T12_WINDOW) * sizeof(float));
  for (int i = 0; i < 2; i++) memset(d->priorities[i], 0, T12_BINS * sizeof(int32_t));
  for (int i = 0; i < 3; i++) memset(d->logs[i], 0, T12_BINS * sizeof(t12_real));
}

void t12_phases_init(t12_decoder *d) {
  const float *w = d->model->window;
  t12_pffft_setup((t12_pffft *)(void *)d->transform, T12_WINDOW);
  d->log_tolerance =
      (int32_t)(t12_log(d->model->shape.tolerance) * (float)T12_PRIORITY_UNITS) * T12_BIN_UNITS;
  for (unsigned i = 0; i < T12_LEAD; i++) {
    float sum = 0;
    for (unsigned j = i + T12_HOP; j < T12_WINDOW; j += T12_HOP) sum += w[j] * w[j];
    d->tail_weight[i] = 1.0f / (sum > 0.1f ? sum : 0.1f);
  }
}
