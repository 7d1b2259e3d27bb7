/* The container of a model (docs/c-blob.md): its header, and records by name. Everything that is
   read later is checked here to lie inside it. */
#include "t12_internal.h"
#include "t12_math.h"

enum {
  HEADER = 96,
  RECORD = 32,
  NAME = 24,
  CHECKED_FROM = 16,
  ID_AT = 16,
  PARTS_AT = 78,
  BITS_AT = 80
};
enum { VERSION = 1, VERSION_OF_4_BITS = 2 };
/* Codebook width up to which 2 x width products of 8 and 16 bits add up to 32 bits. */
enum { WIDEST_CODE = 256 };

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

static int is_width(unsigned x) { return t12_within(x, 4, 8192) && x % 4 == 0; }
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
  const int widths = is_width(s->codebook_dim) && s->codebook_dim <= WIDEST_CODE &&
                     is_width(s->fine_dim) && is_width(s->dim) &&
                     is_width(s->fine_hidden) && is_width(s->hidden);
  const int counts = t12_within(s->layers, 1, T12_MAX_LAYERS) &&
                     t12_within(s->codebook_size, 2, 32768) && t12_within(s->bands, 8, T12_BINS) &&
                     s->bands % 4 == 0 && s->frame_blocks <= T12_MAX_BLOCKS &&
                     s->fine_blocks <= T12_MAX_BLOCKS && s->iterations <= 64 && s->open_steps <= 8;
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

int t12_has_record(const t12_blob *b, const char *name) {
  for (uint32_t i = 0; i < b->records; i++)
    if (name_is(b->bytes + HEADER + (size_t)i * RECORD, name, -1, "")) return 1;
  return 0;
}

const void *t12_record(const t12_blob *b, const char *prefix, int block, const char *suffix,
                       uint64_t bytes, t12_status *status) {
  for (uint32_t i = 0; i < b->records; i++) {
    const uint8_t *at = b->bytes + HEADER + (size_t)i * RECORD;
    if (!name_is(at, prefix, block, suffix)) continue;
    const uint32_t offset = read_u32(at + NAME), length = read_u32(at + NAME + 4);
    if (length == bytes && offset % T12_ALIGNMENT == 0 && offset <= b->length &&
        length <= b->length - offset)
      return b->bytes + offset;
    break;
  }
  *status = T12_E_DAMAGED;
  return NULL;
}

const float *t12_floats(const t12_blob *b, const char *prefix, int block, const char *suffix,
                        uint32_t count, t12_status *status) {
  const float *x = t12_record(b, prefix, block, suffix, 4u * (uint64_t)count, status);
  for (uint32_t i = 0; x && i < count; i++)
    if ((t12_bits(x[i]) & 0x7f800000u) == 0x7f800000u) *status = T12_E_DAMAGED;
  return x;
}

void t12_open_matrix(t12_matrix *x, const t12_blob *blob, const char *prefix, int block,
                     const char *part, uint32_t rows, uint32_t columns, uint32_t bits,
                     t12_status *status) {
  char suffix[NAME] = {0};
  const size_t n = strlen(part);
  memcpy(suffix, part, n);
  x->rows = rows;
  x->columns = columns;
  x->bits = bits;
  if (columns * bits % 32 != 0) *status = T12_E_FORMAT; /* rows are whole words */
  memcpy(suffix + n, ".weight", 8);
  x->weight = t12_record(blob, prefix, block, suffix, (uint64_t)rows * columns * bits / 8, status);
  memcpy(suffix + n, ".scale", 7);
  x->scale = t12_floats(blob, prefix, block, suffix, rows, status);
  memcpy(suffix + n, ".bias", 6);
  x->bias = t12_floats(blob, prefix, block, suffix, rows, status);
  memcpy(suffix + n, ".limit", 7);
  const float *limit = t12_floats(blob, prefix, block, suffix, 1, status);
  x->limit = limit ? *limit : 1.0f;
  if (!(x->limit >= 1.0f && x->limit <= 32767.0f)) *status = T12_E_DAMAGED;
}

void t12_open_block(t12_block *b, const t12_blob *blob, const char *prefix, int i, uint32_t width,
                    uint32_t hidden, uint32_t bits, t12_status *status) {
  b->depthwise = t12_floats(blob, prefix, i, ".dw", T12_KERNEL * width, status);
  b->depthwise_bias = t12_floats(blob, prefix, i, ".dw.bias", width, status);
  b->norm_weight = t12_floats(blob, prefix, i, ".n.weight", width, status);
  b->norm_bias = t12_floats(blob, prefix, i, ".n.bias", width, status);
  t12_open_matrix(&b->widen, blob, prefix, i, ".a", hidden, width, bits, status);
  t12_open_matrix(&b->narrow, blob, prefix, i, ".b", width, hidden, bits, status);
}

t12_status t12_blob_open(t12_blob *b, t12_shape *shape, const void *bytes, size_t length,
                         unsigned flags, unsigned part) {
  static const uint8_t magic[4] = {'T', '1', '2', 'D'};
  if (!bytes || (flags & ~T12_TRUSTED)) return T12_E_ARGUMENT;
  if ((uintptr_t)bytes % T12_ALIGNMENT) return T12_E_ALIGNMENT;
  const uint8_t *at = bytes;
  if (length < HEADER || memcmp(at, magic, sizeof magic) != 0) return T12_E_FORMAT;
  const uint32_t version = read_u32(at + 4), bits = read_u16(at + BITS_AT);
  if (version != VERSION && (version != VERSION_OF_4_BITS || bits != 4u)) return T12_E_FORMAT;
  b->coarse_bits = 8;
  if (version == VERSION_OF_4_BITS) b->coarse_bits = bits;
  b->bytes = at;
  b->length = read_u32(at + 8);
  b->records = read_u32(at + 32);
  if (b->length < HEADER || b->length > length || b->records > (b->length - HEADER) / RECORD)
    return T12_E_DAMAGED;
  if (!(flags & T12_TRUSTED) &&
      t12_crc32c(0, at + CHECKED_FROM, b->length - CHECKED_FROM) != read_u32(at + 12))
    return T12_E_DAMAGED;
  const unsigned parts = read_u16(at + PARTS_AT);
  if (!((parts ? parts : T12_DECODER_PART) & part)) return T12_E_FORMAT;
  return read_shape(shape, at + 36);
}

const uint8_t *t12_blob_id(const t12_blob *b) { return b->bytes + ID_AT; }
uint16_t t12_header_u16(const t12_blob *b, unsigned at) { return read_u16(b->bytes + at); }
