/* Opening the decoder of a blob in place. */
#include "t12_internal.h"
#include <string.h>

static void open_ends(t12_model *m, t12_status *status) {
  const t12_shape *s = &m->shape;
  const uint32_t entries = (uint32_t)s->layers * s->codebook_size,
                 outputs = (uint32_t)T12_STEPS * s->bands;
  m->codebooks =
      t12_record(&m->blob, "codebooks", -1, "", (uint64_t)entries * s->codebook_dim, status);
  m->codebook_scale = t12_floats(&m->blob, "codebooks.scale", -1, "", entries, status);
  m->frame_norm_weight = t12_floats(&m->blob, "pn.weight", -1, "", s->dim, status);
  m->frame_norm_bias = t12_floats(&m->blob, "pn.bias", -1, "", s->dim, status);
  m->fine_norm_weight = t12_floats(&m->blob, "hn.weight", -1, "", s->fine_dim, status);
  m->fine_norm_bias = t12_floats(&m->blob, "hn.bias", -1, "", s->fine_dim, status);
  m->std = t12_floats(&m->blob, "std", -1, "", s->bands, status);
  m->mean = t12_floats(&m->blob, "mean", -1, "", s->bands, status);
  m->priority = t12_record(&m->blob, "priority.weight", -1, "",
                           (uint64_t)outputs * 2 * s->codebook_dim, status);
  m->priority_scale = t12_floats(&m->blob, "priority.scale", -1, "", outputs, status);
  m->priority_bias = t12_floats(&m->blob, "priority.bias", -1, "", outputs, status);
  m->window = t12_floats(&m->blob, "window", -1, "", T12_WINDOW, status);
  m->share = t12_floats(&m->blob, "bins.share", -1, "", T12_BINS, status);
  m->lower = t12_record(&m->blob, "bins.lower", -1, "", 2u * (uint64_t)T12_BINS, status);
  for (unsigned k = 0; m->lower && m->share && k < T12_BINS; k++)
    if (m->lower[k] > s->bands - 2 || m->share[k] < 0.0f || m->share[k] > 1.0f)
      *status = T12_E_DAMAGED; /* the bins between two bands read both */
}

/* Blobs that were exported without it have none of its records. */
static void open_predictor(t12_model *m, t12_status *status) {
  const t12_blob *b = &m->blob;
  const uint32_t width = m->shape.codebook_dim,
                 entries = (uint32_t)m->shape.layers * m->shape.codebook_size;
  if (!t12_has_record(b, "conceal.past.weight")) return;
  m->predict_past = t12_floats(b, "conceal.past", -1, ".weight", T12_PAST * width * width, status);
  m->predict_past_bias = t12_floats(b, "conceal.past", -1, ".bias", width, status);
  m->predict_both =
      t12_floats(b, "conceal.both", -1, ".weight", (T12_PAST + 1u) * width * width, status);
  m->predict_both_bias = t12_floats(b, "conceal.both", -1, ".bias", width, status);
  m->codebook_square = t12_floats(b, "codebooks.square", -1, "", entries, status);
}

t12_status t12_model_open(t12_model *m, const void *blob, size_t bytes, unsigned flags) {
  if (!m) return T12_E_ARGUMENT;
  memset(m, 0, sizeof *m);
  t12_status status = t12_blob_open(&m->blob, &m->shape, blob, bytes, flags, T12_DECODER_PART);
  if (status != T12_OK) return status;
  const t12_shape *s = &m->shape;
  open_ends(m, &status);
  open_predictor(m, &status);
  t12_open_matrix(&m->out, &m->blob, "out", -1, "", s->dim, s->codebook_dim, 8, &status);
  t12_open_matrix(&m->up, &m->blob, "up", -1, "", (uint32_t)T12_STEPS * s->fine_dim, s->dim,
                  m->blob.coarse_bits, &status);
  t12_open_matrix(&m->head, &m->blob, "head", -1, "", s->bands, s->fine_dim, 8, &status);
  for (int i = 0; i < s->frame_blocks; i++)
    t12_open_block(&m->frame[i], &m->blob, "p1.", i, s->dim, s->hidden, m->blob.coarse_bits,
                   &status);
  for (int i = 0; i < s->fine_blocks; i++)
    t12_open_block(&m->fine[i], &m->blob, "p2.", i, s->fine_dim, s->fine_hidden, 8, &status);
  return status;
}

const uint8_t *t12_model_id(const t12_model *m) { return t12_blob_id(&m->blob); }
