/* The decoder in its arena. */
#include "t12_internal.h"
#include "t12_math.h"

typedef char t12_decoder_fits[sizeof(struct t12_decoder) <= T12_DECODER_BYTES_ ? 1 : -1];

size_t t12_arena_bytes(const t12_model *m, unsigned batch) {
  const t12_shape *s = &m->shape;
  return T12_ARENA_BYTES_OF(batch, s->layers, s->codebook_dim, s->bands, s->fine_dim, s->dim,
                            s->fine_hidden, s->hidden, s->frame_blocks, s->fine_blocks,
                            s->open_steps);
}

static float *carve_network(t12_decoder *d, size_t batch, float *at) {
  const t12_shape *s = &d->model->shape;
  const size_t frame_history = 6u * (size_t)s->frame_blocks * s->dim;
  const size_t wide =
      T12_ACTIVATIONS_(batch, s->codebook_dim, s->fine_dim, s->dim, s->fine_hidden, s->hidden);
  d->gains = t12_take(&at, s->layers);
  d->frame_history = t12_take(&at, frame_history + 6u * (size_t)s->fine_blocks * s->fine_dim);
  d->fine_history = d->frame_history + frame_history;
  d->latent = t12_take(&at, batch * s->codebook_dim);
  d->whole = (int16_t *)(void *)t12_take(&at, (batch + 1u) * s->codebook_dim / 2u);
  d->frame_x = t12_take(&at, batch * s->dim);
  d->fine_x = t12_take(&at, 8u * batch * s->fine_dim);
  d->work.mid = t12_take(&at, wide);
  d->work.norm = t12_take(&at, T12_MAX_(batch * s->dim, 8u * s->fine_dim));
  d->work.quantized = (uint32_t *)(void *)t12_take(&at, T12_INTEGERS_(wide));
  d->work.rows = (uint32_t *)(void *)t12_take(&at, T12_ROWS_(T12_MAX_(s->hidden, s->dim)));
  d->work.gelu = t12_take(&at, T12_GELU_ + 1u);
  d->bands = t12_take(&at, 8u * batch * s->bands);
  d->priority = (int16_t *)(void *)t12_take(&at, 4u * batch * s->bands);
  return at;
}

/* Arrays that rotate lie where `step_number` steps have left them. */
static void carve_phases(t12_decoder *d, float *at) {
  const unsigned open = d->model->shape.open_steps, n = d->step_number;
  t12_real **const reals[] = {&d->logs[n % 3],  &d->logs[(n + 1) % 3],  &d->logs[(n + 2) % 3],
                              &d->phase[n % 2], &d->phase[(n + 1) % 2], &d->per_bin,
                              &d->row};
  int32_t **const rows[] = {&d->priorities[n % 2], &d->priorities[(n + 1) % 2], &d->below,
                            &d->above};
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
    *reals[i] = (t12_real *)(void *)t12_take(&at, T12_REAL_FLOATS_ * T12_BINS);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    *rows[i] = (int32_t *)(void *)t12_take(&at, T12_BINS);
  d->loud = (uint8_t *)t12_take(&at, T12_BINS / 4u + 1u);
  for (unsigned i = 0; i < T12_GROUPS_(open); i++) {
    t12_group *g = &d->groups[i];
    t12_lanes **const parts[] = {&g->magnitude, &g->re, &g->im, &g->last_re, &g->last_im};
    for (int k = 0; k < 5; k++) *parts[k] = t12_take_lanes(&at, T12_BINS);
  }
  d->base = t12_take(&at, (7u + open) * 240u + 960u);
  d->signal = t12_take(&at, (7u + open) * 240u + 960u);
  d->tail = t12_take(&at, open * 240u + 960u);
  d->tail_weight = t12_take(&at, 720);
  d->time = t12_take_lanes(&at, 960);
  d->spectrum = t12_take_lanes(&at, 960);
  d->spare = t12_take_lanes(&at, 960);
  d->transform = t12_take(&at, 960 + 64);
}

void t12_decoder_carve(t12_decoder *d) {
  carve_phases(d, carve_network(d, d->batch, (float *)(void *)((uint8_t *)d + T12_DECODER_BYTES_)));
}

t12_status t12_decoder_init(t12_decoder **out, const t12_model *m, void *arena, size_t bytes,
                            unsigned batch) {
  if (!out || !m || !arena || (batch != 1 && batch != 4 && batch != 8)) return T12_E_ARGUMENT;
  if ((uintptr_t)arena % T12_ALIGNMENT) return T12_E_ALIGNMENT;
  if (bytes < t12_arena_bytes(m, batch)) return T12_E_ROOM;
  memset(arena, 0, t12_arena_bytes(m, batch));
  t12_decoder *d = arena;
  d->model = m;
  d->batch = batch;
  t12_decoder_carve(d);
  t12_work_init(&d->work);
  t12_phases_init(d);
  t12_reset(d);
  *out = d;
  return T12_OK;
}

void t12_set_fetch(t12_decoder *d, t12_fetch fetch, void *user) {
  d->work.fetch = fetch;
  d->work.fetch_user = user;
}

t12_status t12_set_gains(t12_decoder *d, const float *gains) {
  if (!d || !gains) return T12_E_ARGUMENT;
  for (unsigned l = 0; l < d->model->shape.layers; l++)
    if (!(fabsf(gains[l]) <= 8.0f)) return T12_E_ARGUMENT;
  memcpy(d->gains, gains, d->model->shape.layers * sizeof(float));
  return T12_OK;
}

void t12_reset(t12_decoder *d) {
  for (unsigned l = 0; l < d->model->shape.layers; l++) d->gains[l] = 1.0f;
  t12_network_reset(d);
  t12_phases_reset(d);
  d->skip = T12_LEAD;
  d->lost = 0;
  d->heard = 0;
  d->last_layers = 0;
}

static int16_t to_int16(float x) {
  return (int16_t)t12_nearest(t12_clamp(x, -32768.0f, 32767.0f));
}

void t12_emit(t12_decoder *d, const float *sum, unsigned count, t12_sink *to) {
  for (unsigned i = 0; i < count; i++) {
    if (d->skip) {
      d->skip--;
      continue;
    }
    const float x = sum[i] * (1.0f / (1.5f * 960.0f));
    if (to->floats)
      to->floats[to->written++] = x;
    else
      to->pcm[to->written++] = to_int16(x * 32768.0f);
  }
}

/* Loudness after so many lost frames in a row. A held sound turns into a drone after some 0.3 s. */
static float gain_after(unsigned lost) {
  static const float gains[5] = {1.0f, 1.0f, 0.7f, 0.4f, 0.2f};
  return lost < 5 ? gains[lost] : 0.0f;
}

/* Samples from `first` on, from one loudness to the other. */
static void fade(t12_sink *to, size_t first, float from, float until) {
  const size_t count = to->written - first;
  if (from == 1.0f && until == 1.0f) return;
  for (size_t i = 0; i < count; i++) {
    const float gain = from + (until - from) * (float)(i + 1) / (float)count;
    if (to->floats)
      to->floats[first + i] *= gain;
    else
      to->pcm[first + i] = to_int16((float)to->pcm[first + i] * gain);
  }
}

/* Up to d->batch frames: 1, 4 or 8. */
static void step(t12_decoder *d, const uint16_t *codes, unsigned frames, unsigned layers,
                 t12_sink *to) {
  t12_network(d, codes, frames, layers);
  t12_remember(d, frames);
  for (unsigned f = 0; f < frames; f++) t12_phases_push(d, f, to);
}

static void keep_last(t12_decoder *d, const uint16_t *codes, unsigned layers) {
  memcpy(d->last, codes, layers * sizeof *codes);
  d->last_layers = layers;
}

static t12_status decode(t12_decoder *d, const uint16_t *codes, unsigned frames, unsigned layers,
                         t12_sink to, size_t room, size_t *written) {
  if (!d || !codes || !written || !(to.pcm || to.floats)) return T12_E_ARGUMENT;
  if (layers < 1 || layers > d->model->shape.layers) return T12_E_ARGUMENT;
  if (room / T12_FRAME_SAMPLES < frames) return T12_E_ROOM;
  for (size_t i = 0; i < (size_t)frames * layers; i++)
    if (codes[i] >= d->model->shape.codebook_size) return T12_E_CODE;
  if (frames) keep_last(d, codes + (size_t)(frames - 1) * layers, layers);
  if (frames && d->lost) {
    step(d, codes, 1, layers, &to);
    fade(&to, 0, gain_after(d->lost), 1.0f);
    d->lost = 0;
    codes += layers;
    frames--;
  }
  while (frames) {
    const unsigned n = frames >= d->batch ? d->batch : frames >= 4 && d->batch > 4 ? 4 : 1;
    step(d, codes, n, layers, &to);
    codes += (size_t)n * layers;
    frames -= n;
  }
  *written = to.written;
  return T12_OK;
}

/* The last frame again: it stays what it is to the predictor. */
static void hold(t12_decoder *d, t12_sink *to) {
  static const uint16_t nothing[1] = {0};
  const unsigned layers = d->last_layers;
  t12_network(d, layers ? d->last : nothing, 1, layers ? layers : 1);
  t12_phases_push(d, 0, to);
}

/* A predicted frame has all layers, and each counts whole. */
static void make_up(t12_decoder *d, const uint16_t *next, unsigned next_layers, t12_sink *to) {
  const unsigned layers = d->model->shape.layers;
  float gains[T12_MAX_LAYERS];
  memcpy(gains, d->gains, layers * sizeof *gains);
  for (unsigned l = 0; l < layers; l++) d->gains[l] = 1.0f;
  t12_predict(d, next, next_layers, d->last);
  d->last_layers = layers;
  step(d, d->last, 1, layers, to);
  memcpy(d->gains, gains, layers * sizeof *gains);
}

static t12_status conceal(t12_decoder *d, const uint16_t *next, unsigned next_layers, t12_sink to,
                          size_t room, size_t *written) {
  if (!d || !written || !(to.pcm || to.floats)) return T12_E_ARGUMENT;
  if (next && (next_layers < 1 || next_layers > d->model->shape.layers)) return T12_E_ARGUMENT;
  if (room < T12_FRAME_SAMPLES) return T12_E_ROOM;
  for (unsigned l = 0; next && l < next_layers; l++)
    if (next[l] >= d->model->shape.codebook_size) return T12_E_CODE;
  const int is_silent = d->last_layers == 0;
  const float from = is_silent ? 0.0f : gain_after(d->lost);
  d->lost++;
  if (t12_can_predict(d))
    make_up(d, next, next_layers, &to);
  else
    hold(d, &to);
  fade(&to, 0, from, is_silent ? 0.0f : gain_after(d->lost));
  *written = to.written;
  return T12_OK;
}

static t12_status flush(t12_decoder *d, t12_sink to, size_t room, size_t *written) {
  if (!d || !written || !(to.pcm || to.floats)) return T12_E_ARGUMENT;
  if (room < T12_FLUSH_SAMPLES) return T12_E_ROOM;
  if (d->step_number) t12_phases_flush(d, &to);
  fade(&to, 0, gain_after(d->lost), gain_after(d->lost));
  t12_reset(d);
  *written = to.written;
  return T12_OK;
}

static t12_sink into_pcm(int16_t *pcm) { return (t12_sink){pcm, NULL, 0}; }
static t12_sink into_floats(float *floats) { return (t12_sink){NULL, floats, 0}; }

t12_status t12_decode(t12_decoder *d, const uint16_t *codes, unsigned frames, unsigned layers,
                      int16_t *pcm, size_t room, size_t *written) {
  return decode(d, codes, frames, layers, into_pcm(pcm), room, written);
}

t12_status t12_decode_float(t12_decoder *d, const uint16_t *codes, unsigned frames, unsigned layers,
                            float *pcm, size_t room, size_t *written) {
  return decode(d, codes, frames, layers, into_floats(pcm), room, written);
}

t12_status t12_conceal(t12_decoder *d, int16_t *pcm, size_t room, size_t *written) {
  return conceal(d, NULL, 0, into_pcm(pcm), room, written);
}

t12_status t12_conceal_float(t12_decoder *d, float *pcm, size_t room, size_t *written) {
  return conceal(d, NULL, 0, into_floats(pcm), room, written);
}

t12_status t12_conceal_before(t12_decoder *d, const uint16_t *next, unsigned layers, int16_t *pcm,
                              size_t room, size_t *written) {
  return next ? conceal(d, next, layers, into_pcm(pcm), room, written) : T12_E_ARGUMENT;
}

t12_status t12_conceal_before_float(t12_decoder *d, const uint16_t *next, unsigned layers,
                                    float *pcm, size_t room, size_t *written) {
  return next ? conceal(d, next, layers, into_floats(pcm), room, written) : T12_E_ARGUMENT;
}

t12_status t12_flush(t12_decoder *d, int16_t *pcm, size_t room, size_t *written) {
  return flush(d, into_pcm(pcm), room, written);
}

t12_status t12_flush_float(t12_decoder *d, float *pcm, size_t room, size_t *written) {
  return flush(d, into_floats(pcm), room, written);
}
