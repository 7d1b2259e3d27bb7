/* Opening a blob in place: everything that is read later is checked here to lie inside it. */
#include "t12_internal.h"
#include "t12_math.h"

enum { HEADER = 96, RECORD = 32, NAME = 24, CHECKED_FROM = 16, ID_AT = 16, VERSION = 1 };

static uint16_t read_u16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }
static uint32_t read_u32(const uint8_t *at) {
  return (uint32_t)read_u16(at) | (uint32_t)read_u16(at + 2) << 16;
}
static float read_float(const uint8_t *at) {
  const uint32_t bits = read_u32(at);
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static int within(unsigned x, unsigned low, unsigned high) { return x >= low && x <= high; }
static int is_width(unsigned x) { return within(x, 4, 8192) && x % 4 == 0; }
static int is_share(float x) { return x >= 0.0f && x <= 1.0f; } /* false for NaN */

static t12_status read_shape(t12_shape *s, const uint8_t *at) {
  uint16_t *const fields[12] = {&s->layers,      &s->codebook_size, &s->codebook_dim,
                                &s->bands,       &s->fine_dim,      &s->dim,
                                &s->fine_hidden, &s->hidden,        &s->frame_blocks,
                                &s->fine_blocks, &s->iterations,    &s->open_steps};
  for (int i = 0; i < 12; i++) *fields[i] = read_u16(at + 2 * i);
  s->floor = read_float(at + 24);
  s->momentum = read_float(at + 28);
  s->tolerance = read_float(at + 32);
  const int widths = is_width(s->codebook_dim) && is_width(s->fine_dim) && is_width(s->dim) &&
                     is_width(s->fine_hidden) && is_width(s->hidden);
  const int counts = within(s->layers, 1, T12_MAX_LAYERS) && within(s->codebook_size, 2, 32768) &&
                     within(s->bands, 8, T12_BINS) && s->bands % 4 == 0 &&
                     s->frame_blocks <= T12_MAX_BLOCKS && s->fine_blocks <= T12_MAX_BLOCKS &&
                     s->iterations <= 64 && s->open_steps <= 8;
  return widths && counts && is_share(s->floor) && is_share(s->momentum) &&
                 is_share(s->tolerance) && s->tolerance > 0.0f
             ? T12_OK
             : T12_E_FORMAT;
}

/* A name is `prefix`, then `block` unless it is negative, then `suffix`. */
static int name_is(const uint8_t *name, const char *prefix, int block, const char *suffix) {
  char wanted[NAME] = {0};
  size_t n = strlen(prefix);
  memcpy(wanted, prefix, n);
  if (block >= 0) wanted[n++] = (char)('0' + block);
  memcpy(wanted + n, suffix, strlen(suffix));
  return memcmp(name, wanted, NAME) == 0;
}

/* Bytes of a record that has this name and size, or null: `*status` then says so. */
static const void *record(const t12_model *m, const char *prefix, int block, const char *suffix,
                          uint64_t bytes, t12_status *status) {
  for (uint32_t i = 0; i < m->records; i++) {
    const uint8_t *at = m->directory + (size_t)i * RECORD;
    if (!name_is(at, prefix, block, suffix)) continue;
    const uint32_t offset = read_u32(at + NAME), length = read_u32(at + NAME + 4);
    if (length == bytes && offset % T12_ALIGNMENT == 0 && offset <= m->bytes &&
        length <= m->bytes - offset)
      return m->blob + offset;
    break;
  }
  *status = T12_E_DAMAGED;
  return NULL;
}

/* A record of floats that are all finite: what a checksum cannot promise. */
static const float *floats(const t12_model *m, const char *prefix, int block, const char *suffix,
                           uint32_t count, t12_status *status) {
  const float *x = record(m, prefix, block, suffix, 4u * (uint64_t)count, status);
  for (uint32_t i = 0; x && i < count; i++)
    if ((t12_bits(x[i]) & 0x7f800000u) == 0x7f800000u) *status = T12_E_DAMAGED;
  return x;
}

static void open_matrix(t12_matrix *x, const t12_model *m, const char *prefix, int block,
                        const char *part, uint32_t rows, uint32_t columns, t12_status *status) {
  char suffix[NAME] = {0};
  const size_t n = strlen(part);
  memcpy(suffix, part, n);
  x->rows = rows;
  x->columns = columns;
  memcpy(suffix + n, ".weight", 8);
  x->weight = record(m, prefix, block, suffix, (uint64_t)rows * columns, status);
  memcpy(suffix + n, ".scale", 7);
  x->scale = floats(m, prefix, block, suffix, rows, status);
  memcpy(suffix + n, ".bias", 6);
  x->bias = floats(m, prefix, block, suffix, rows, status);
  memcpy(suffix + n, ".limit", 7);
  const float *limit = floats(m, prefix, block, suffix, 1, status);
  x->limit = limit ? *limit : 1.0f;
  if (!(x->limit >= 1.0f && x->limit <= 32767.0f)) *status = T12_E_DAMAGED;
}

static void open_block(t12_block *b, const t12_model *m, const char *prefix, int i, uint32_t width,
                       uint32_t hidden, t12_status *status) {
  b->depthwise = floats(m, prefix, i, ".dw", T12_KERNEL * width, status);
  b->depthwise_bias = floats(m, prefix, i, ".dw.bias", width, status);
  b->norm_weight = floats(m, prefix, i, ".n.weight", width, status);
  b->norm_bias = floats(m, prefix, i, ".n.bias", width, status);
  open_matrix(&b->widen, m, prefix, i, ".a", hidden, width, status);
  open_matrix(&b->narrow, m, prefix, i, ".b", width, hidden, status);
}

static void open_ends(t12_model *m, t12_status *status) {
  const t12_shape *s = &m->shape;
  const uint32_t entries = (uint32_t)s->layers * s->codebook_size,
                 outputs = (uint32_t)T12_STEPS * s->bands;
  m->codebooks = record(m, "codebooks", -1, "", (uint64_t)entries * s->codebook_dim, status);
  m->codebook_scale = floats(m, "codebooks.scale", -1, "", entries, status);
  m->frame_norm_weight = floats(m, "pn.weight", -1, "", s->dim, status);
  m->frame_norm_bias = floats(m, "pn.bias", -1, "", s->dim, status);
  m->fine_norm_weight = floats(m, "hn.weight", -1, "", s->fine_dim, status);
  m->fine_norm_bias = floats(m, "hn.bias", -1, "", s->fine_dim, status);
  m->std = floats(m, "std", -1, "", s->bands, status);
  m->mean = floats(m, "mean", -1, "", s->bands, status);
  m->priority =
      record(m, "priority.weight", -1, "", (uint64_t)outputs * 2 * s->codebook_dim, status);
  m->priority_scale = floats(m, "priority.scale", -1, "", outputs, status);
  m->priority_bias = floats(m, "priority.bias", -1, "", outputs, status);
  m->window = floats(m, "window", -1, "", T12_WINDOW, status);
  m->share = floats(m, "bins.share", -1, "", T12_BINS, status);
  m->lower = record(m, "bins.lower", -1, "", 2u * (uint64_t)T12_BINS, status);
  for (unsigned k = 0; m->lower && k < T12_BINS; k++)
    if (m->lower[k] > s->bands - 2)
      *status = T12_E_DAMAGED; /* the bins between two bands read both */
}

t12_status t12_model_open(t12_model *m, const void *blob, size_t bytes, unsigned flags) {
  if (!m || !blob || (flags & ~T12_TRUSTED)) return T12_E_ARGUMENT;
  if ((uintptr_t)blob % T12_ALIGNMENT) return T12_E_ALIGNMENT;
  const uint8_t *at = blob;
  if (bytes < HEADER || memcmp(at, "T12D", 4) || read_u32(at + 4) != VERSION) return T12_E_FORMAT;
  memset(m, 0, sizeof *m);
  m->blob = at;
  m->bytes = read_u32(at + 8);
  m->records = read_u32(at + 32);
  m->directory = at + HEADER;
  if (m->bytes < HEADER || m->bytes > bytes || m->records > (m->bytes - HEADER) / RECORD)
    return T12_E_DAMAGED;
  if (!(flags & T12_TRUSTED) &&
      t12_crc32c(0, at + CHECKED_FROM, m->bytes - CHECKED_FROM) != read_u32(at + 12))
    return T12_E_DAMAGED;
  t12_status status = read_shape(&m->shape, at + 36);
  if (status != T12_OK) return status;
  const t12_shape *s = &m->shape;
  open_ends(m, &status);
  open_matrix(&m->out, m, "out", -1, "", s->dim, s->codebook_dim, &status);
  open_matrix(&m->up, m, "up", -1, "", (uint32_t)T12_STEPS * s->fine_dim, s->dim, &status);
  open_matrix(&m->head, m, "head", -1, "", s->bands, s->fine_dim, &status);
  for (int i = 0; i < s->frame_blocks; i++)
    open_block(&m->frame[i], m, "p1.", i, s->dim, s->hidden, &status);
  for (int i = 0; i < s->fine_blocks; i++)
    open_block(&m->fine[i], m, "p2.", i, s->fine_dim, s->fine_hidden, &status);
  return status;
}

const uint8_t *t12_model_id(const t12_model *m) { return m->blob + ID_AT; }
