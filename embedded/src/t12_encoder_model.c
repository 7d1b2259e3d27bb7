/* Opening the encoder of a blob in place. */
#include "t12_encoder.h"
#include <string.h>

enum { FINE_BLOCKS_AT = 72, FRAME_BLOCKS_AT = 74, BEAM_AT = 76 };

static void open_codebooks(t12_encoder_model *m, t12_status *status) {
  const t12_shape *s = &m->shape;
  const t12_blob *b = &m->blob;
  const uint32_t entries = (uint32_t)s->layers * s->codebook_size;
  m->codebooks = t12_record(b, "codebooks", -1, "", (uint64_t)entries * s->codebook_dim, status);
  m->codebook_scale = t12_floats(b, "codebooks.scale", -1, "", entries, status);
  m->codebook_square = t12_floats(b, "codebooks.square", -1, "", entries, status);
  m->codebook_reach = t12_floats(b, "codebooks.reach", -1, "", s->layers, status);
  const float *limit = t12_floats(b, "codebooks.limit", -1, "", 1, status);
  m->codebook_limit = limit ? *limit : 1.0f;
  if (!(m->codebook_limit >= 1.0f && m->codebook_limit <= 32767.0f)) *status = T12_E_DAMAGED;
}

static void open_bands(t12_encoder_model *m, t12_status *status) {
  const uint32_t bands = m->shape.bands;
  uint32_t total = 0;
  m->first = t12_record(&m->blob, "triangle.first", -1, "", 2u * (uint64_t)bands, status);
  m->count = t12_record(&m->blob, "triangle.count", -1, "", 2u * (uint64_t)bands, status);
  for (uint32_t i = 0; m->first && m->count && i < bands; i++) {
    if ((uint32_t)m->first[i] + m->count[i] > T12_BINS) *status = T12_E_DAMAGED;
    total += m->count[i];
  }
  m->share = t12_floats(&m->blob, "triangle.share", -1, "", total, status);
  m->window = t12_floats(&m->blob, "window", -1, "", T12_WINDOW, status);
  m->std = t12_floats(&m->blob, "std", -1, "", bands, status);
  m->mean = t12_floats(&m->blob, "mean", -1, "", bands, status);
  for (uint32_t i = 0; m->std && i < bands; i++)
    if (!(m->std[i] > 0.0f)) *status = T12_E_DAMAGED;
}

t12_status t12_encoder_open(t12_encoder_model *m, const void *blob, size_t bytes, unsigned flags) {
  if (!m) return T12_E_ARGUMENT;
  memset(m, 0, sizeof *m);
  t12_status status = t12_blob_open(&m->blob, &m->shape, blob, bytes, flags, T12_ENCODER_PART);
  if (status != T12_OK) return status;
  const t12_shape *s = &m->shape;
  const t12_blob *b = &m->blob;
  m->fine_blocks = t12_header_u16(b, FINE_BLOCKS_AT);
  m->frame_blocks = t12_header_u16(b, FRAME_BLOCKS_AT);
  m->beam = t12_header_u16(b, BEAM_AT);
  if (!t12_within(m->beam, 1, T12_MAX_BEAM) || m->beam > s->codebook_size ||
      m->fine_blocks > T12_MAX_BLOCKS || m->frame_blocks > T12_MAX_BLOCKS || s->fine_dim > 1024 ||
      s->codebook_dim % 8 || s->codebook_size % 2)
    return T12_E_FORMAT;
  open_codebooks(m, &status);
  open_bands(m, &status);
  t12_open_matrix(&m->in, b, "ein", -1, "", s->fine_dim, s->bands, 8, &status);
  t12_open_matrix(&m->down, b, "down", -1, "", s->dim, (uint32_t)T12_STEPS * s->fine_dim,
                  b->coarse_bits, &status);
  t12_open_matrix(&m->out, b, "inp", -1, "", s->codebook_dim, s->dim, 8, &status);
  m->norm_weight = t12_floats(b, "en.weight", -1, "", s->dim, &status);
  m->norm_bias = t12_floats(b, "en.bias", -1, "", s->dim, &status);
  for (int i = 0; i < m->fine_blocks; i++)
    t12_open_block(&m->fine[i], b, "e1.", i, s->fine_dim, s->fine_hidden, 8, &status);
  for (int i = 0; i < m->frame_blocks; i++)
    t12_open_block(&m->frame[i], b, "e2.", i, s->dim, s->hidden, b->coarse_bits,
                   &status);
  return status;
}

const uint8_t *t12_encoder_id(const t12_encoder_model *m) { return t12_blob_id(&m->blob); }
