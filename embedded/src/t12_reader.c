/* Token files (docs/token-file.md) and bare packets, byte by byte: a frame as soon as it is whole.
 */
#include "t12_internal.h"

enum {
  HEADER = 48,
  LAYERS_AT = 12,
  NAME_AT = 13,
  SIZE_AT = 14,
  FRAMES_AT = 16,
  ID_AT = 32,
  ID = 16
};
enum { BLOCK_HEAD = 6, TRAILER = 12, CHECKSUM = 4 };
enum {
  IN_HEADER,
  IN_NAME,
  IN_MARKER,
  IN_SEARCH,
  IN_BLOCK,
  IN_CODES,
  IN_TRAILER,
  IN_CHECKSUM,
  ENDED
};
#define BLOCK_MARKER 0x314b4c42u   /* BLK1 */
#define TRAILER_MARKER 0x31444e45u /* END1 */

static unsigned read_u16(const uint8_t *at) { return (unsigned)(at[0] | at[1] << 8); }
static uint32_t read_u32(const uint8_t *at) {
  return (uint32_t)read_u16(at) | (uint32_t)read_u16(at + 2) << 16;
}

static void begin(t12_reader *r, int state) {
  r->state = (uint8_t)state;
  r->at = 0;
}

static t12_status start(t12_reader *r, const t12_model *model, int state) {
  if (!r || !model) return T12_E_ARGUMENT;
  memset(r, 0, sizeof *r);
  r->model = model;
  r->bits = (uint8_t)t12_code_bits(model->shape.codebook_size);
  begin(r, state);
  return T12_OK;
}

t12_status t12_reader_init(t12_reader *r, const t12_model *model) {
  return start(r, model, IN_HEADER);
}

t12_status t12_reader_init_bare(t12_reader *r, const t12_model *model, unsigned layers) {
  if (!model || layers < 1 || layers > model->shape.layers) return T12_E_ARGUMENT;
  const t12_status status = start(r, model, IN_CODES);
  if (status < 0) return status;
  r->layers = (uint8_t)layers;
  r->bare = 1;
  return layers * r->bits < 8 ? T12_E_ARGUMENT : T12_OK;
}

void t12_reader_next_packet(t12_reader *r) {
  if (!r->bare) return;
  r->pending = 0;
  r->filled = 0;
  r->code = 0;
}

/* What is left of the file is searched for the next block. */
static t12_status damaged(t12_reader *r) {
  begin(r, IN_SEARCH);
  r->word = 0;
  return T12_E_DAMAGED;
}

static t12_status check_header(t12_reader *r) {
  static const uint8_t magic[8] = {0x89, 'T', '1', '2', '\r', '\n', 0x1a, '\n'};
  static const uint8_t unknown[ID] = {0};
  const uint8_t *h = r->buffer, *id = h + ID_AT;
  r->layers = h[LAYERS_AT];
  r->block_frames = (uint16_t)read_u16(h + FRAMES_AT);
  r->left = h[NAME_AT];
  begin(r, r->left ? IN_NAME : IN_CHECKSUM);
  r->part = IN_HEADER;
  if (memcmp(h, magic, sizeof magic) != 0 || read_u16(h + 8) != 1) return T12_E_FORMAT;
  if (read_u16(h + 10) > 1 || read_u16(h + 18) != 0 || r->left > 64) return T12_E_FORMAT;
  if (r->layers < 1 || r->layers > T12_MAX_LAYERS || r->block_frames < 1) return T12_E_FORMAT;
  if (read_u16(h + SIZE_AT) != r->model->shape.codebook_size) return T12_E_MODEL;
  if (r->layers > r->model->shape.layers || r->layers * r->bits < 8) return T12_E_MODEL;
  if (memcmp(id, unknown, ID) != 0 && memcmp(id, t12_model_id(r->model), ID) != 0)
    return T12_E_MODEL;
  return T12_OK;
}

static t12_status check_block(t12_reader *r) {
  const uint32_t first = read_u32(r->buffer), frames = read_u16(r->buffer + 4);
  if (frames < 1 || frames > r->block_frames || first < r->frames) return damaged(r);
  r->missing = first - r->frames;
  r->frames = first;
  r->left = (frames * r->layers * r->bits + 7) / 8;
  r->codes_left = frames * r->layers;
  r->pending = 0;
  r->filled = 0;
  r->code = 0;
  begin(r, IN_CODES);
  return T12_OK;
}

/* A byte of packed codes: at most one frame ends in it. */
static int take_codes(t12_reader *r, uint8_t byte) {
  int result = T12_READ_MORE;
  r->pending |= (uint32_t)byte << r->filled;
  r->filled = (uint8_t)(r->filled + 8);
  while (r->filled >= r->bits && (r->bare || r->codes_left > 0)) {
    r->codes[r->code] = (uint16_t)(r->pending & ((1u << r->bits) - 1));
    r->pending >>= r->bits;
    r->filled = (uint8_t)(r->filled - r->bits);
    r->codes_left--;
    if (r->codes[r->code] >= r->model->shape.codebook_size)
      return r->bare ? T12_E_CODE : damaged(r);
    if (++r->code == r->layers) {
      r->code = 0;
      r->frames++;
      result = T12_READ_FRAME;
    }
  }
  if (r->bare || --r->left > 0) return result;
  begin(r, IN_CHECKSUM);
  r->part = IN_BLOCK;
  return result;
}

static int check_sum(t12_reader *r) {
  const int right = read_u32(r->buffer) == r->crc;
  if (r->part == IN_HEADER) {
    if (!right) return T12_E_DAMAGED;
    r->seed = r->crc;
  }
  begin(r, r->part == IN_TRAILER ? ENDED : IN_MARKER);
  r->word = 0;
  r->crc = r->seed;
  if (!right) return T12_E_DAMAGED;
  return r->part == IN_TRAILER ? T12_READ_END : T12_READ_MORE;
}

/* Four bytes that begin a block or the trailer; in a search, whichever four come first. */
static int take_marker(t12_reader *r, uint8_t byte) {
  static const uint8_t bytes[2][4] = {{'B', 'L', 'K', '1'}, {'E', 'N', 'D', '1'}};
  r->word = r->word >> 8 | (uint32_t)byte << 24;
  const int block = r->word == BLOCK_MARKER, trailer = r->word == TRAILER_MARKER;
  if (r->state == IN_MARKER && ++r->at == 4 && !block && !trailer) return damaged(r);
  if (!block && !trailer) return T12_READ_MORE;
  if (r->state == IN_MARKER && r->at < 4) return T12_READ_MORE;
  r->crc = t12_crc32c(r->seed, bytes[trailer], 4);
  begin(r, block ? IN_BLOCK : IN_TRAILER);
  return T12_READ_MORE;
}

/* Bytes of a part of fixed length; answers whether it is whole. */
static int is_whole(t12_reader *r, uint8_t byte, unsigned length) {
  r->buffer[r->at++] = byte;
  return r->at == length;
}

static int take_trailer(t12_reader *r) {
  if (read_u32(r->buffer) < r->frames) return damaged(r);
  r->missing = read_u32(r->buffer) - r->frames;
  begin(r, IN_CHECKSUM);
  r->part = IN_TRAILER;
  return T12_READ_MORE;
}

int t12_reader_push(t12_reader *r, uint8_t byte) {
  if (r->failed) return r->failed;
  const int state = r->state;
  if (state == IN_MARKER || state == IN_SEARCH) return take_marker(r, byte);
  if (state != IN_CHECKSUM && !r->bare) r->crc = t12_crc32c(r->crc, &byte, 1);
  const int in_header = state <= IN_NAME || (state == IN_CHECKSUM && r->part == IN_HEADER);
  int result = T12_READ_MORE;
  if (state == IN_HEADER && is_whole(r, byte, HEADER))
    result = check_header(r);
  else if (state == IN_NAME && --r->left == 0)
    begin(r, IN_CHECKSUM);
  else if (state == IN_BLOCK && is_whole(r, byte, BLOCK_HEAD))
    result = check_block(r);
  else if (state == IN_TRAILER && is_whole(r, byte, TRAILER))
    result = take_trailer(r);
  else if (state == IN_CODES)
    result = take_codes(r, byte);
  else if (state == IN_CHECKSUM && is_whole(r, byte, CHECKSUM))
    result = check_sum(r);
  else if (state == ENDED)
    result = T12_E_DAMAGED; /* bytes after the trailer */
  if (result < 0 && in_header) r->failed = (int8_t)result;
  return result;
}
