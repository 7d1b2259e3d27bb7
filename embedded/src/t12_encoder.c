/* From samples to codes: log bands of the short-time spectrum, the network, the search. */
#include "../third_party/pffft/pffft.h"
#include "t12_encoder.h"
#include "t12_math.h"
#include "t12_windows.h"

typedef char t12_encoder_fits[sizeof(struct t12_encoder) <= T12_ENCODER_BYTES_ ? 1 : -1];

size_t t12_encoder_arena_bytes(const t12_encoder_model *m, unsigned batch) {
  const t12_shape *s = &m->shape;
  return T12_ENCODER_ARENA_BYTES_OF(batch, s->layers, s->codebook_dim, s->bands, s->fine_dim,
                                    s->dim, s->fine_hidden, s->hidden, m->frame_blocks,
                                    m->fine_blocks, m->beam);
}

static void carve_search(t12_encoder *e, float *at) {
  const size_t code = e->model->shape.codebook_dim, beam = 4u * T12_BEAM_GROUPS_(e->model->beam);
  const size_t together = T12_TOGETHER_(e->batch);
  e->residual = t12_take(&at, together * beam * code);
  e->next_residual = t12_take(&at, together * beam * code);
  e->quantized = (int16_t *)(void *)t12_take(&at, beam * code / 2);
  e->trace = (uint32_t *)(void *)t12_take(&at, together * e->model->shape.layers * e->model->beam);
}

void t12_encoder_carve(t12_encoder *e) {
  const t12_encoder_model *m = e->model;
  const t12_shape *s = &m->shape;
  const size_t b = e->batch, frame_history = 6u * (size_t)m->frame_blocks * s->dim;
  const size_t wide =
      T12_ACTIVATIONS_(b, 8u * s->fine_dim, s->fine_dim, s->dim, s->fine_hidden, s->hidden);
  float *at = (float *)(void *)((uint8_t *)e + T12_ENCODER_BYTES_);
  e->frame_history = t12_take(&at, frame_history + 6u * (size_t)m->fine_blocks * s->fine_dim);
  e->fine_history = e->frame_history + frame_history;
  e->signal = t12_take(&at, T12_LEAD + b * T12_FRAME_SAMPLES);
  e->bands = t12_take(&at, 8u * b * s->bands);
  e->fine_x = t12_take(&at, 8u * b * s->fine_dim);
  e->frame_x = t12_take(&at, b * s->dim);
  e->latent = t12_take(&at, b * s->codebook_dim);
  e->work.mid = t12_take(&at, wide);
  e->work.norm = t12_take(&at, T12_MAX_(b * s->dim, 8u * s->fine_dim));
  e->work.quantized = (uint32_t *)(void *)t12_take(&at, T12_INTEGERS_(wide));
  e->work.rows = (uint32_t *)(void *)t12_take(
      &at, T12_ROWS_(T12_MAX_(T12_MAX_(s->hidden, s->dim), 8u * s->fine_dim)));
  e->work.gelu = t12_take(&at, T12_GELU_ + 1u);
  e->time = t12_take_lanes(&at, T12_WINDOW);
  e->spectrum = t12_take_lanes(&at, T12_WINDOW);
  e->spare = t12_take_lanes(&at, T12_WINDOW);
  e->transform = t12_take(&at, 960 + 64);
  carve_search(e, at);
}

t12_status t12_encoder_init(t12_encoder **out, const t12_encoder_model *m, void *arena,
                            size_t bytes, unsigned batch) {
  if (!out || !m || !arena || batch < 1 || batch > 8) return T12_E_ARGUMENT;
  if ((uintptr_t)arena % T12_ALIGNMENT) return T12_E_ALIGNMENT;
  if (bytes < t12_encoder_arena_bytes(m, batch)) return T12_E_ROOM;
  memset(arena, 0, t12_encoder_arena_bytes(m, batch));
  t12_encoder *e = arena;
  e->model = m;
  e->batch = batch;
  t12_encoder_carve(e);
  t12_work_init(&e->work);
  t12_pffft_setup((t12_pffft *)(void *)e->transform, T12_WINDOW);
  *out = e;
  return T12_OK;
}

void t12_encoder_set_fetch(t12_encoder *e, t12_fetch fetch, void *user) {
  e->work.fetch = fetch;
  e->work.fetch_user = user;
}

void t12_encoder_reset(t12_encoder *e) {
  const t12_encoder_model *m = e->model;
  const t12_shape *s = &m->shape;
  memset(e->frame_history, 0, (size_t)m->frame_blocks * 6 * s->dim * sizeof(float));
  memset(e->fine_history, 0, (size_t)m->fine_blocks * 6 * s->fine_dim * sizeof(float));
  memset(e->signal, 0, T12_LEAD * sizeof(float));
  e->filled = 0;
}

/* Magnitudes of T12_LANES steps, taken from the transform -> logs, in e->time [481]. */
static void logs_of(t12_encoder *e) {
  const t12_lanes *s = e->spectrum;
  t12_lanes *logs = e->time;
  const float floor = e->model->shape.floor;
  logs[0] = t12_root(s[0] * s[0]);
  logs[T12_BINS - 1] = t12_root(s[1] * s[1]);
  for (unsigned k = 1; k < T12_BINS - 1; k++)
    logs[k] = t12_root(s[2 * k] * s[2 * k] + s[2 * k + 1] * s[2 * k + 1]);
  float *each = (float *)(void *)logs;
  for (unsigned i = 0; i < T12_LANES * T12_BINS; i++) each[i] = t12_log(each[i] + floor);
}

/* T12_LANES steps whose first window begins at `signal` -> standardized log bands [T12_LANES,
   bands]. */
static void spectra(t12_encoder *e, const float *signal, float *bands) {
  const t12_encoder_model *m = e->model;
  const unsigned width = m->shape.bands;
  const float *share = m->share;
  t12_windowed(signal, m->window, T12_LANES, e->time);
  t12_pffft_forward((const t12_pffft *)(const void *)e->transform, e->time, e->spectrum, e->spare);
  logs_of(e);
  for (unsigned b = 0; b < width; b++) {
    const t12_lanes *at = e->time + m->first[b];
    t12_lanes sum = t12_splat(0.0f);
    for (unsigned i = 0; i < m->count[b]; i++) sum += *share++ * at[i];
    for (unsigned lane = 0; lane < T12_LANES; lane++)
      bands[lane * width + b] = (*t12_lane(&sum, 0, lane) - m->mean[b]) / m->std[b];
  }
}

/* Log bands -> fine activations, one frame. */
static void fine(t12_encoder *e, const float *bands, float *x) {
  const t12_encoder_model *m = e->model;
  const unsigned n = m->shape.fine_dim;
  t12_linear(&e->work, &m->in, bands, T12_STEPS, x);
  for (unsigned i = 0; i < m->fine_blocks; i++)
    t12_run_block(&e->work, &m->fine[i], e->fine_history + i * 6 * n, x, T12_STEPS, n);
}

/* The first `frames` frames of the signal, at most e->batch -> codes; the signal moves on. */
static void encode_frames(t12_encoder *e, unsigned frames, uint16_t *codes) {
  const t12_encoder_model *m = e->model;
  const t12_shape *s = &m->shape;
  const unsigned n = s->dim, D = s->codebook_dim, used = frames * T12_FRAME_SAMPLES;
  for (unsigned t = 0; t < frames * T12_STEPS; t += T12_LANES)
    spectra(e, e->signal + t * T12_HOP, e->bands + t * s->bands);
  for (unsigned f = 0; f < frames; f++)
    fine(e, e->bands + f * T12_STEPS * s->bands, e->fine_x + f * T12_STEPS * s->fine_dim);
  t12_linear(&e->work, &m->down, e->fine_x, frames, e->frame_x);
  for (unsigned i = 0; i < m->frame_blocks; i++)
    t12_run_block(&e->work, &m->frame[i], e->frame_history + i * 6 * n, e->frame_x, frames, n);
  for (unsigned f = 0; f < frames; f++)
    t12_layer_norm(e->frame_x + f * n, n, m->norm_weight, m->norm_bias, e->work.norm + f * n);
  t12_linear(&e->work, &m->out, e->work.norm, frames, e->latent);
  for (unsigned f = 0; f < frames; f++)
    t12_layer_norm(e->latent + f * D, D, NULL, NULL, e->latent + f * D);
  t12_search(e, e->latent, frames, codes);
  e->filled -= used;
  memmove(e->signal, e->signal + used, (T12_LEAD + e->filled) * sizeof(float));
}

/* Where samples come from: one of the two, or silence. */
typedef struct {
  const int16_t *pcm;
  const float *floats;
} t12_source;

/* What is no number is silence; no sound is louder than 120 dB above full scale. */
static float sound_of(float x) { return x - x == 0.0f ? t12_clamp(x, -1e6f, 1e6f) : 0.0f; }

static void append(t12_encoder *e, t12_source from, size_t first, size_t count) {
  float *to = e->signal + T12_LEAD + e->filled;
  for (size_t i = 0; i < count; i++)
    to[i] = from.floats ? sound_of(from.floats[first + i])
            : from.pcm  ? (float)from.pcm[first + i] * (1.0f / 32768.0f)
                        : 0.0f;
  e->filled += (unsigned)count;
}

static t12_status encode(t12_encoder *e, t12_source from, size_t count, uint16_t *codes,
                         size_t room, size_t *frames) {
  if (!e || !frames || (count && !(from.pcm || from.floats))) return T12_E_ARGUMENT;
  const size_t most = (size_t)e->batch * T12_FRAME_SAMPLES,
               wanted = (e->filled + count) / T12_FRAME_SAMPLES;
  if (wanted && !codes) return T12_E_ARGUMENT;
  if (wanted > room) return T12_E_ROOM;
  *frames = 0;
  for (size_t done = 0; done < count;) {
    const size_t n = count - done < most - e->filled ? count - done : most - e->filled;
    append(e, from, done, n);
    done += n;
    const unsigned whole = e->filled / T12_FRAME_SAMPLES;
    if (whole) encode_frames(e, whole, codes + *frames * e->model->shape.layers);
    *frames += whole;
  }
  return T12_OK;
}

t12_status t12_encode(t12_encoder *e, const int16_t *pcm, size_t count, uint16_t *codes,
                      size_t room, size_t *frames) {
  return encode(e, (t12_source){pcm, NULL}, count, codes, room, frames);
}

t12_status t12_encode_float(t12_encoder *e, const float *pcm, size_t count, uint16_t *codes,
                            size_t room, size_t *frames) {
  return encode(e, (t12_source){NULL, pcm}, count, codes, room, frames);
}

t12_status t12_encode_flush(t12_encoder *e, uint16_t *codes, size_t *frames) {
  if (!e || !codes || !frames) return T12_E_ARGUMENT;
  *frames = e->filled ? 1 : 0;
  if (e->filled) {
    append(e, (t12_source){NULL, NULL}, 0, T12_FRAME_SAMPLES - e->filled);
    encode_frames(e, 1, codes);
  }
  t12_encoder_reset(e);
  return T12_OK;
}
