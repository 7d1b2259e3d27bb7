/*
 * Residual vector quantization by beam search: of all sums of one entry from each layer so far, the
 * best are kept (LeBlanc et al. 1993, section III). What an entry e adds to the squared error of a
 * residual r is |e|^2 - 2 r e, with |e|^2 from a table. Most products r e are of integers of 16 and
 * 8 bits; only where such a sum, less all that its rounding can amount to, would be among the best,
 * is it worked out in floats. So the codes are those of a search in floats.
 */
#include "t12_encoder.h"
#include "t12_math.h"
#ifdef __wasm_simd128__
#include <float.h>
#include <wasm_simd128.h>
#define APART __attribute__((noinline)) /* for want of registers */
#else
#define APART
#endif

/* One of the best sums so far: its error less |x|^2, the sum before it, its entry. */
typedef struct {
  float error;
  uint32_t parent, code;
} t12_sum_kept;

/* The sums of a layer: those that are kept, and the best that were found to follow them. */
typedef struct {
  t12_sum_kept kept[T12_MAX_BEAM], best[T12_MAX_BEAM];
  unsigned count, found;
  float *residual, *next_residual; /* of the kept and of those that follow, [beam, code] */
  float step[T12_MAX_BEAM];        /* of the residuals as integers */
  float slack[T12_MAX_BEAM];
} t12_beam;

/* All that concerns one layer. */
typedef struct {
  unsigned layer;
  const int8_t *entries;
  const float *scale, *square;
} t12_book;

#ifdef __wasm_simd128__
/* Where numbers i and i + 1 of an entry are, as t12_search_layout lays them; i is even. */
static const int8_t *pair_of(const t12_book *book, unsigned n, uint32_t code, unsigned i) {
  return book->entries + (size_t)(code / 4) * 4 * n + i * 4 + code % 4 * 2;
}

static v128_t four_numbers(const t12_book *book, unsigned n, uint32_t code, unsigned i) {
  const v128_t two = wasm_v128_load16_splat(pair_of(book, n, code, i));
  const v128_t four = wasm_v128_load16_lane(pair_of(book, n, code, i + 2), two, 1);
  return wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(four)));
}
#endif

/* The sum's residual times an entry, in floats. */
static APART float error_of(const t12_encoder *e, const t12_beam *beam, const t12_book *book,
                            unsigned parent, uint32_t code) {
  const unsigned n = e->model->shape.codebook_dim;
  const float *r = beam->residual + parent * n, scale = book->scale[code];
  float sums[4] = {0};
#ifdef __wasm_simd128__
  v128_t all = wasm_f32x4_splat(0.0f);
  for (unsigned i = 0; i < n; i += 4) {
    const v128_t entry = wasm_f32x4_mul(four_numbers(book, n, code, i), wasm_f32x4_splat(scale));
    all = wasm_f32x4_add(all, wasm_f32x4_mul(wasm_v128_load(r + i), entry));
  }
  wasm_v128_store(sums, all);
#else
  const int8_t *q = book->entries + (size_t)code * n;
  for (unsigned i = 0; i < n; i += 4)
    for (unsigned k = 0; k < 4; k++) sums[k] += r[i + k] * ((float)q[i + k] * scale);
#endif
  const float product = (sums[0] + sums[2]) + (sums[1] + sums[3]);
  return book->square[code] - 2.0f * product + beam->kept[parent].error;
}

/* Whether a comes before b: the lower place on a tie. */
static int comes_before(const t12_sum_kept *a, const t12_sum_kept *b) {
  if (a->error != b->error) return a->error < b->error;
  return a->parent != b->parent ? a->parent < b->parent : a->code < b->code;
}

static void offer(t12_beam *beam, unsigned width, t12_sum_kept sum) {
  unsigned at = beam->found;
  if (at == width) {
    if (!comes_before(&sum, &beam->best[width - 1])) return;
    at--;
  } else {
    beam->found++;
  }
  for (; at > 0 && comes_before(&sum, &beam->best[at - 1]); at--) beam->best[at] = beam->best[at - 1];
  beam->best[at] = sum;
}

/* What a sum's approximate error must not exceed. */
static float worst_of(const t12_beam *beam, unsigned width) {
  return beam->found < width ? INFINITY : beam->best[width - 1].error;
}

/* Where number i of a residual lies as an integer, among those of four side by side: in pairs, or
   in fours whose numbers are in the order 0 2 1 3, as t12_add_fours takes them. */
static unsigned place_of(unsigned n, unsigned b, unsigned i) {
#ifdef __wasm_simd128__
  return b / 4 * 4 * n + i / 2 * 8 + b % 4 * 2 + i % 2;
#else
  static const uint8_t place[4] = {0, 2, 1, 3};
  return b / 4 * 4 * n + i / 4 * 16 + b % 4 * 4 + place[i % 4];
#endif
}

/* Residuals as integers, and what an approximate error may be wrong by. */
static void quantize(t12_encoder *e, t12_beam *beam, float reach) {
  const unsigned n = e->model->shape.codebook_dim;
  const float limit = e->model->codebook_limit;
  for (unsigned b = 0; b < beam->count; b++) {
    const float *r = beam->residual + b * n;
    float largest = 1e-20f;
    for (unsigned i = 0; i < n; i++) largest = fabsf(r[i]) > largest ? fabsf(r[i]) : largest;
    const float up = limit / largest;
    for (unsigned i = 0; i < n; i++)
      e->quantized[place_of(n, b, i)] =
          (int16_t)t12_nearest(t12_clamp(r[i] * up, -limit, limit));
    beam->step[b] = largest / limit;
    beam->slack[b] = 1.05f * beam->step[b] * reach + 2e-6f * fabsf(beam->kept[b].error);
  }
}

#ifdef __wasm_simd128__
enum { MAYBE = 64 };

/* Entries that could be among the best, and an error that as many as are kept do not exceed. */
typedef struct {
  float limit, most[T12_MAX_BEAM];
  unsigned count;
  t12_sum_kept each[MAYBE]; /* with the least that its error can be */
} t12_maybe;

/* Offers what was found, with errors in floats. */
static APART void settle(const t12_encoder *e, t12_beam *beam, const t12_book *book,
                         t12_maybe *maybe) {
  for (unsigned i = 0; i < maybe->count; i++) {
    t12_sum_kept sum = maybe->each[i];
    if (!(sum.error <= maybe->limit)) continue;
    sum.error = error_of(e, beam, book, sum.parent, sum.code);
    offer(beam, e->model->beam, sum);
  }
  maybe->count = 0;
}

/* Notes those of four entries from `code` on whose bits are set. @param least of their errors */
static APART void note(const t12_encoder *e, t12_beam *beam, const t12_book *book,
                       t12_maybe *maybe, unsigned parent, uint32_t code, v128_t least) {
  const unsigned width = e->model->beam;
  const v128_t good = wasm_f32x4_le(least, wasm_f32x4_splat(maybe->limit));
  float errors[4];
  wasm_v128_store(errors, least);
  for (unsigned bits = wasm_i32x4_bitmask(good); bits; bits &= bits - 1) {
    const unsigned lane = (unsigned)__builtin_ctz(bits);
    const float most = errors[lane] + 2.1f * beam->slack[parent];
    if (maybe->count == MAYBE) settle(e, beam, book, maybe);
    maybe->each[maybe->count++] = (t12_sum_kept){errors[lane], parent, code + lane};
    unsigned at = width - 1;
    if (!(most < maybe->most[at])) continue;
    for (; at > 0 && most < maybe->most[at - 1]; at--) maybe->most[at] = maybe->most[at - 1];
    maybe->most[at] = most;
    maybe->limit = maybe->most[width - 1];
  }
}

/* Eight entries times four residuals, whose pairs lie [n / 2, 4, 2]: [4 residuals, 2 fours]. */
static inline void products(const int8_t *entries, const int16_t *r, unsigned n, v128_t out[8]) {
  const int8_t *others = entries + (size_t)4 * n;
  v128_t a = wasm_i32x4_splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (unsigned k = 0; k < 4 * n; k += 8, r += 8) {
    const v128_t p = wasm_i16x8_load8x8(entries + k), q = wasm_i16x8_load8x8(others + k);
    const v128_t s = wasm_v128_load32_splat(r), t = wasm_v128_load32_splat(r + 2);
    a = wasm_i32x4_add(a, wasm_i32x4_dot_i16x8(p, s));
    b = wasm_i32x4_add(b, wasm_i32x4_dot_i16x8(q, s));
    c = wasm_i32x4_add(c, wasm_i32x4_dot_i16x8(p, t));
    d = wasm_i32x4_add(d, wasm_i32x4_dot_i16x8(q, t));
    const v128_t u = wasm_v128_load32_splat(r + 4), v = wasm_v128_load32_splat(r + 6);
    e = wasm_i32x4_add(e, wasm_i32x4_dot_i16x8(p, u));
    f = wasm_i32x4_add(f, wasm_i32x4_dot_i16x8(q, u));
    g = wasm_i32x4_add(g, wasm_i32x4_dot_i16x8(p, v));
    h = wasm_i32x4_add(h, wasm_i32x4_dot_i16x8(q, v));
  }
  out[0] = a, out[1] = b, out[2] = c, out[3] = d, out[4] = e, out[5] = f, out[6] = g, out[7] = h;
}

/* Notes what four sums from `first` on can become with the entries of a book. */
static APART void try_four(const t12_encoder *e, t12_beam *beam, const t12_book *book,
                           t12_maybe *maybe, unsigned first) {
  const unsigned n = e->model->shape.codebook_dim, size = e->model->shape.codebook_size;
  const unsigned sums = beam->count - first < 4 ? beam->count - first : 4;
  v128_t start[4], step[4];
  for (unsigned b = 0; b < 4; b++) {
    const int there = b < sums;
    start[b] = wasm_f32x4_splat(there ? beam->kept[first + b].error - beam->slack[first + b] : INFINITY);
    step[b] = wasm_f32x4_splat(there ? -2.0f * beam->step[first + b] : 0.0f);
  }
  const int16_t *r = e->quantized + first * n;
  for (uint32_t code = 0; code < size; code += 8) {
    v128_t product[8], good = wasm_i32x4_splat(0);
    products(book->entries + (size_t)code * n, r, n, product);
    const v128_t limit = wasm_f32x4_splat(maybe->limit);
    for (unsigned i = 0; i < 2; i++) {
      const v128_t scale = wasm_v128_load(book->scale + code + 4 * i),
                   square = wasm_v128_load(book->square + code + 4 * i);
      for (unsigned b = 0; b < 4; b++) {
        v128_t *at = &product[2 * b + i];
        *at = wasm_f32x4_add(wasm_f32x4_add(start[b], square),
                             wasm_f32x4_mul(wasm_f32x4_mul(step[b], scale), wasm_f32x4_convert_i32x4(*at)));
        good = wasm_v128_or(good, wasm_f32x4_le(*at, limit));
      }
    }
    if (!wasm_v128_any_true(good)) continue;
    for (unsigned b = 0; b < sums; b++) {
      note(e, beam, book, maybe, first + b, code, product[2 * b]);
      note(e, beam, book, maybe, first + b, code + 4, product[2 * b + 1]);
    }
  }
}

static void try_all(const t12_encoder *e, t12_beam *beam, const t12_book *book) {
  t12_maybe maybe = {.limit = FLT_MAX};
  for (unsigned i = 0; i < T12_MAX_BEAM; i++) maybe.most[i] = FLT_MAX;
  for (unsigned b = 0; b < beam->count; b += 4) try_four(e, beam, book, &maybe, b);
  settle(e, beam, book, &maybe);
}

void t12_search_layout(int8_t *entries, uint32_t count, unsigned n, int8_t *copy) {
  for (uint32_t code = 0; code < count; code += 4, entries += (size_t)4 * n) {
    memcpy(copy, entries, (size_t)4 * n);
    for (unsigned i = 0; i < 4 * n; i++) entries[i % n / 2 * 8 + i / n * 2 + i % 2] = copy[i];
  }
}
#else
/* Offers a sum where its approximate error could be good enough; answers what the next must not
   exceed. */
static inline float try_sum(const t12_encoder *e, t12_beam *beam, const t12_book *book, unsigned parent,
                            uint32_t code, float error, float worst) {
  if (!(error <= worst) || parent >= beam->count) return worst;
  const t12_sum_kept sum = {error_of(e, beam, book, parent, code), parent, code};
  offer(beam, e->model->beam, sum);
  return worst_of(beam, e->model->beam);
}

/* Offers what up to four sums from `first` on can become with the entries of a book. */
static void try_four(const t12_encoder *e, t12_beam *beam, const t12_book *book, unsigned first) {
  const unsigned n = e->model->shape.codebook_dim;
  const unsigned sums = beam->count - first < 4 ? beam->count - first : 4;
  const uint32_t *r = (const uint32_t *)(const void *)(e->quantized + first * n);
  float start[4] = {0}, step[4] = {0}, worst = worst_of(beam, e->model->beam);
  for (unsigned b = 0; b < sums; b++) {
    start[b] = beam->kept[first + b].error - beam->slack[first + b];
    step[b] = -2.0f * beam->step[first + b];
  }
  const float start_a = start[0], start_b = start[1], start_c = start[2], start_d = start[3];
  const float step_a = step[0], step_b = step[1], step_c = step[2], step_d = step[3];
  for (uint32_t code = 0; code < e->model->shape.codebook_size; code++) {
    const float scale = book->scale[code], square = book->square[code];
    uint32_t q[4] = {0};
    t12_add_fours(book->entries + (size_t)code * n, n, r, sums, q);
    const float a = start_a + square + step_a * scale * (float)(int32_t)q[0];
    worst = try_sum(e, beam, book, first, code, a, worst);
    if (sums == 1) continue;
    const float b = start_b + square + step_b * scale * (float)(int32_t)q[1];
    const float c = start_c + square + step_c * scale * (float)(int32_t)q[2];
    const float d = start_d + square + step_d * scale * (float)(int32_t)q[3];
    worst = try_sum(e, beam, book, first + 1, code, b, worst);
    worst = try_sum(e, beam, book, first + 2, code, c, worst);
    worst = try_sum(e, beam, book, first + 3, code, d, worst);
  }
}

static void try_all(const t12_encoder *e, t12_beam *beam, const t12_book *book) {
  for (unsigned b = 0; b < beam->count; b += 4) try_four(e, beam, book, b);
}
#endif

/* The best sums are kept: what they leave over becomes the residuals. */
static void go_on(const t12_encoder *e, t12_beam *beam, const t12_book *book) {
  const unsigned n = e->model->shape.codebook_dim;
  float *swap = beam->residual;
  for (unsigned b = 0; b < beam->found; b++) {
    const t12_sum_kept *sum = &beam->best[b];
    const float *from = beam->residual + sum->parent * n, scale = book->scale[sum->code];
    float *to = beam->next_residual + b * n;
#ifdef __wasm_simd128__
    for (unsigned i = 0; i < n; i += 4) {
      const v128_t entry = wasm_f32x4_mul(four_numbers(book, n, sum->code, i), wasm_f32x4_splat(scale));
      wasm_v128_store(to + i, wasm_f32x4_sub(wasm_v128_load(from + i), entry));
    }
#else
    const int8_t *q = book->entries + (size_t)sum->code * n;
    for (unsigned i = 0; i < n; i++) to[i] = from[i] - (float)q[i] * scale;
#endif
    beam->kept[b] = *sum;
  }
  beam->residual = beam->next_residual;
  beam->next_residual = swap;
  beam->count = beam->found;
  beam->found = 0;
}

/* Layer by layer, so that an entry that several frames need is near. */
static void search_together(t12_encoder *e, const float *latent, unsigned frames, uint16_t *codes) {
  const t12_encoder_model *m = e->model;
  const unsigned layers = m->shape.layers, n = m->shape.codebook_dim, width = m->beam;
  const size_t sums = 4u * T12_BEAM_GROUPS_(width), room = sums * n;
  t12_beam beams[T12_TOGETHER_(8)];
  for (unsigned f = 0; f < frames; f++) {
    t12_beam *beam = &beams[f];
    memset(beam, 0, sizeof *beam);
    beam->count = 1;
    beam->residual = e->residual + f * room;
    beam->next_residual = e->next_residual + f * room;
    memcpy(beam->residual, latent + f * n, n * sizeof(float));
  }
  for (unsigned l = 0; l < layers; l++) {
    const size_t first = (size_t)l * m->shape.codebook_size;
    const t12_book book = {l, m->codebooks + first * n, m->codebook_scale + first,
                           m->codebook_square + first};
    for (unsigned f = 0; f < frames; f++) {
      t12_beam *beam = &beams[f];
      quantize(e, beam, m->codebook_reach[l]);
      try_all(e, beam, &book);
      go_on(e, beam, &book);
      for (unsigned b = 0; b < beam->count; b++)
        e->trace[(f * layers + l) * width + b] = beam->kept[b].parent << 16 | beam->kept[b].code;
    }
  }
  for (unsigned f = 0; f < frames; f++) {
    const uint32_t *trace = e->trace + (size_t)f * layers * width;
    for (unsigned l = layers, at = 0; l-- > 0; at = trace[l * width + at] >> 16)
      codes[f * layers + l] = (uint16_t)(trace[l * width + at] & 0xffffu);
  }
}

void t12_search(t12_encoder *e, const float *latent, unsigned frames, uint16_t *codes) {
  const t12_shape *s = &e->model->shape;
  for (unsigned f = 0; f < frames;) {
    const unsigned most = T12_TOGETHER_(e->batch), left = frames - f,
                   count = left < most ? left : most;
    search_together(e, latent + f * s->codebook_dim, count, codes + f * s->layers);
    f += count;
  }
}
