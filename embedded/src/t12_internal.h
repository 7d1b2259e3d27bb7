/* What the files of the decoder share. */
#ifndef T12_INTERNAL_H
#define T12_INTERNAL_H
#include "twelvehz.h"
#include "t12_lanes.h"
#include "t12_real.h"
#include <string.h>

enum {
  T12_WINDOW = 960,
  T12_HOP = 240,
  T12_BINS = T12_BINS_,
  T12_STEPS = 8,
  T12_KERNEL = 7,
  T12_LEAD = T12_WINDOW - T12_HOP
};

/* Parts of a blob. */
enum { T12_DECODER_PART = 1, T12_ENCODER_PART = 2 };

/* What products and blocks work with. */
typedef struct {
  t12_fetch fetch;
  void *fetch_user;
  float *mid, *norm, *gelu;
  uint32_t *quantized; /* activations as integers */
  uint32_t *rows;      /* four rows of weights of 4 bits as int8 */
  float column_scale[8];
  uint32_t column_sum[8]; /* of a column's integers */
} t12_work;

/* T12_LANES open or new spectrum steps side by side: what their magnitudes must be, what they are
   now, and what the last round's projections were; [481] each. */
typedef struct {
  t12_lanes *magnitude, *re, *im, *last_re, *last_im;
} t12_group;

/* Where samples go: one of the two. */
typedef struct {
  int16_t *pcm;
  float *floats;
  size_t written;
} t12_sink;

struct t12_decoder {
  const t12_model *model;
  t12_work work;
  unsigned batch;
  /* network: factor of each layer, histories of the depthwise convolutions, latents, activations */
  float *gains, *frame_history, *fine_history, *latent, *frame_x, *fine_x, *bands;
  /* latents as whole numbers (row 0 is the frame before), which give the order of phases */
  int16_t *whole, *priority;
  /* phases; arrays of three and two rotate, `step_number` counts steps */
  t12_real *logs[3], *phase[2], *per_bin, *row;
  int32_t *priorities[2], *below, *above;
  uint8_t *loud;
  uint32_t step_number;
  int32_t log_tolerance;
  t12_group groups[16 / T12_LANES];
  unsigned open;
  float *base, *signal, *tail, *tail_weight, *transform;
  t12_lanes *time, *spectrum, *spare;
  /* output; the last frame that came, and how many were lost since */
  unsigned skip, lost, last_layers;
  uint16_t last[T12_MAX_LAYERS];
  /* of the predictor: memory of the caller's or null, and frames in it */
  float *past;
  unsigned heard;
};

/* Of whole numbers: to 1 of a latent, to a neper of a band's priority, and how many times finer that
   of a bin is (docs/decisions/phase-order.md). */
enum { T12_LATENT_UNITS = 2048, T12_PRIORITY_UNITS = 1024, T12_BIN_UNITS = 256 };

/* Frames that the predictor looks back on. */
enum { T12_PAST = 3 };

static inline uint32_t t12_smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }
static inline int t12_within(uint32_t x, uint32_t low, uint32_t high) {
  return x >= low && x <= high;
}

/* Bits of a code of a codebook of so many entries. */
static inline unsigned t12_code_bits(unsigned entries) {
  unsigned bits = 1;
  while (1u << bits < entries) bits++;
  return bits;
}

/* The next piece of an arena. */
static inline float *t12_take(float **at, size_t floats) {
  float *p = *at;
  *at += T12_PAD_(floats);
  return p;
}
static inline t12_lanes *t12_take_lanes(float **at, size_t count) {
  return (t12_lanes *)(void *)t12_take(at, count * T12_LANES);
}

/* Checks the header of a blob, which must have a part, and its checksum. */
t12_status t12_blob_open(t12_blob *b, t12_shape *shape, const void *bytes, size_t length,
                         unsigned flags, unsigned part);
const uint8_t *t12_blob_id(const t12_blob *b);
/* A number of 16 bits of the header. */
uint16_t t12_header_u16(const t12_blob *b, unsigned at);
/* Whether there is a record of this name. */
int t12_has_record(const t12_blob *b, const char *name);
/* Bytes of the record that has this name and size, or null: `*status` then says so. A name is
   `prefix`, then `block` unless it is negative, then `suffix`. */
const void *t12_record(const t12_blob *b, const char *prefix, int block, const char *suffix,
                       uint64_t bytes, t12_status *status);
/* A record of floats that are all finite: what a checksum cannot promise. */
const float *t12_floats(const t12_blob *b, const char *prefix, int block, const char *suffix,
                        uint32_t count, t12_status *status);
/* @param bits of a weight: 8 or 4 */
void t12_open_matrix(t12_matrix *x, const t12_blob *blob, const char *prefix, int block,
                     const char *part, uint32_t rows, uint32_t columns, uint32_t bits,
                     t12_status *status);
void t12_open_block(t12_block *b, const t12_blob *blob, const char *prefix, int i, uint32_t width,
                    uint32_t hidden, uint32_t bits, t12_status *status);

/* x [columns, m->columns] -> y [columns, m->rows] */
void t12_linear(t12_work *work, const t12_matrix *m, const float *x, unsigned columns, float *y);
/* Four rows of weights of 4 bits as the products take them. */
const uint32_t *t12_four_bit_rows(t12_work *work, const uint32_t *w, uint32_t columns);
#ifndef T12_WIDE
/* Sums of four rows of weights of 4 bits and `count` columns, 1 or 2, whose activations lie
   `eights` eights apart: [4] of each. @param column_sum of each column's activations */
void t12_four_bit_sums(const uint32_t *w, uint32_t eights, const uint32_t *x, unsigned count,
                       const uint32_t *column_sum, uint32_t sum[2][4]);
#endif
/* Fills the table of GELU, once. */
void t12_work_init(t12_work *work);
#ifndef T12_WIDE
/* Splits x [width] into integers, of which t12_split_product takes the sum with weights in their
   own order; answers what the sum is to be multiplied by. */
float t12_split(t12_work *work, const float *x, unsigned width);
int64_t t12_split_product(const t12_work *work, const int8_t *weights, unsigned width);
/* The larger of its two parts alone, in units of t12_split_radix: at most half a unit for each unit
   of weight from the whole. */
int32_t t12_coarse_product(const t12_work *work, const int8_t *weights, unsigned width);
uint32_t t12_split_radix(unsigned width);
#endif
/* x [n] -> y [n]; weights and biases may be null: 1 and 0 */
void t12_layer_norm(const float *x, unsigned n, const float *w, const float *b, float *y);
/* x [steps, n] in place; history [6, n] moves on */
void t12_run_block(t12_work *work, const t12_block *b, float *history, float *x, unsigned steps,
                   unsigned n);

/* All addresses anew, for an arena that was copied. */
void t12_decoder_carve(t12_decoder *d);

/* Codes [layers] -> latent: the chosen entries, each times the gain of its layer, added up. */
void t12_embed(const t12_decoder *d, const uint16_t *codes, unsigned layers, float *latent);

/* Keeps the latents of the frames that t12_network has just taken, for predictions. */
void t12_remember(t12_decoder *d, unsigned frames);
int t12_can_predict(const t12_decoder *d);
/* Codes of all layers of a lost frame. @param next [next_layers] the frame after it, or null */
void t12_predict(t12_decoder *d, const uint16_t *next, unsigned next_layers, uint16_t *codes);

/* Clears what the network remembers. */
void t12_network_reset(t12_decoder *d);
/* Codes [frames, layers] -> d->bands and d->priority, [8 frames, bands]; frames is 1, 4 or 8. */
void t12_network(t12_decoder *d, const uint16_t *codes, unsigned frames, unsigned layers);

/* Prepares the transform and its tables, once. */
void t12_phases_init(t12_decoder *d);
/* Forgets all steps. */
void t12_phases_reset(t12_decoder *d);
/* Frame `frame` of the last t12_network -> the samples that are now final. */
void t12_phases_push(t12_decoder *d, unsigned frame, t12_sink *sink);
/* The samples that were still open. */
void t12_phases_flush(t12_decoder *d, t12_sink *sink);
/* Log bands and priorities of the next step -> its magnitudes and its phases d->phase[0]; [481]. */
void t12_next_phases(t12_decoder *d, const float *bands, const int16_t *priority,
                     t12_real *magnitude);
/* Writes samples, without the lead. */
void t12_emit(t12_decoder *d, const float *sum, unsigned count, t12_sink *sink);
#endif
