/**
 * twelvehz: the decoder of compact models, from codes to sound, for small devices. C99, no heap, no
 * globals, no files.
 *
 * Codes are frames of up to 64 layers at 12.5 frames/s; sound is mono at 24 kHz, 1920 samples a
 * frame. A function that can fail returns a t12_status, and then has changed nothing unless it says
 * otherwise.
 */
#ifndef TWELVEHZ_H
#define TWELVEHZ_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/** Samples of one frame. */
#define T12_FRAME_SAMPLES 1920u
/** Room for samples that t12_flush asks for: more than it ever writes. */
#define T12_FLUSH_SAMPLES 3840u
/** Most layers of a model. */
#define T12_MAX_LAYERS 64u
/** Most blocks of each of the two networks. */
#define T12_MAX_BLOCKS 8u
/** Alignment of blob and arena, bytes. */
#define T12_ALIGNMENT 32u

/** What a function answers. Zero or more is success. */
typedef enum {
  T12_OK = 0,
  T12_E_ARGUMENT = -1,  /**< a null pointer, or a number out of range */
  T12_E_ALIGNMENT = -2, /**< blob or arena does not begin at a multiple of T12_ALIGNMENT */
  T12_E_FORMAT = -3,    /**< not a blob, or a version that this code does not know */
  T12_E_DAMAGED = -4,   /**< a checksum, length or count does not agree */
  T12_E_ROOM = -5,      /**< arena, room for samples is too small */
  T12_E_CODE = -6,      /**< a code is not below the codebook size */
  T12_E_MODEL = -7      /**< the codes were made by another model */
} t12_status;

/** Sizes that a model chooses; the exported header has them as macros. */
typedef struct {
  uint16_t layers, codebook_size, codebook_dim, bands;
  uint16_t fine_dim, dim, fine_hidden,
      hidden; /* widths at 100 steps a second and at the frame rate, and inside their blocks */
  uint16_t frame_blocks, fine_blocks, iterations, open_steps;
  float floor, momentum, tolerance;
} t12_shape;

/** A matrix of weights of 8 or 4 bits, in fours of rows, with a scale and a bias for each row. */
typedef struct {
  const uint32_t *weight;
  const float *scale, *bias;
  uint32_t rows, columns, bits;
  float limit; /* largest activation after scaling whose sums stay in 32 bits */
} t12_matrix;

/** One ConvNeXt block. */
typedef struct {
  const float *depthwise, *depthwise_bias, *norm_weight, *norm_bias;
  t12_matrix widen, narrow;
} t12_block;

/** A blob whose header was checked. */
typedef struct {
  const uint8_t *bytes;
  uint32_t length, records;
  uint32_t coarse_bits; /* of the weights of the large matrices at the frame rate: 8 or 4 */
} t12_blob;

/** An open model: pointers into the blob. Fields are private. */
typedef struct {
  t12_shape shape;
  t12_blob blob;
  const int8_t *codebooks, *priority;
  const float *codebook_scale, *priority_scale, *priority_bias;
  const float *frame_norm_weight, *frame_norm_bias, *fine_norm_weight, *fine_norm_bias, *std, *mean,
      *window, *share;
  const uint16_t *lower;
  /* of the predictor of lost frames: null where the blob has none */
  const float *predict_past, *predict_past_bias, *predict_both, *predict_both_bias,
      *codebook_square;
  t12_matrix out, up, head;
  t12_block frame[T12_MAX_BLOCKS], fine[T12_MAX_BLOCKS];
} t12_model;

/** t12_model_open: leave out the checksum, which reads the whole blob; for one that the boot loader
 * has checked. */
#define T12_TRUSTED 1u

/**
 * Opens the decoder of a model in place. The blob must stay where it is, and unchanged, while the
 * model is used.
 * @param flags 0 or T12_TRUSTED
 * @return T12_E_ALIGNMENT, T12_E_FORMAT or T12_E_DAMAGED for a blob that cannot be used
 */
t12_status t12_model_open(t12_model *model, const void *blob, size_t bytes, unsigned flags);

/** The identity of the model, 16 bytes, as token files carry it. */
const uint8_t *t12_model_id(const t12_model *model);

#define T12_MAX_(a, b) ((a) > (b) ? (a) : (b))
#define T12_PAD_(floats) (((size_t)(floats) + 7) / 8 * 8)
#define T12_BINS_ 481u
#define T12_DECODER_BYTES_ 1536u
#ifdef T12_WIDE
#define T12_SIDE_BY_SIDE_ 4u
#define T12_REAL_FLOATS_ 2u
#define T12_INTEGERS_(n) (n)
#define T12_ROWS_(columns) (columns)
#define T12_GELU_ 0u
#else
#define T12_SIDE_BY_SIDE_ 1u
#define T12_REAL_FLOATS_ 1u
#define T12_INTEGERS_(n) ((n) / 2u)
#define T12_ROWS_(columns) 0u
#define T12_GELU_ 1024u
#endif
/* Floats of the working arrays: one formula for the macro of an exported header and for
   t12_arena_bytes. */
#define T12_ACTIVATIONS_(b, code, fine, dim, fine_hidden, hidden)                                  \
  T12_MAX_((b)*T12_MAX_(T12_MAX_(hidden, dim), code), 8u * T12_MAX_(fine_hidden, fine))
#define T12_NETWORK_FLOATS_(b, layers, code, bands, fine, dim, fine_hidden, hidden, frame_blocks,  \
                            fine_blocks)                                                           \
  (T12_PAD_(layers) + T12_PAD_(6u * ((frame_blocks) * (dim) + (fine_blocks) * (fine))) +           \
   T12_PAD_((b) * (code)) + T12_PAD_(((b) + 1u) * (code) / 2u) + T12_PAD_((b) * (dim)) +           \
   T12_PAD_(8u * (b) * (fine)) +                                                                   \
   T12_PAD_(T12_ACTIVATIONS_(b, code, fine, dim, fine_hidden, hidden)) +                           \
   T12_PAD_(T12_MAX_((b) * (dim), 8u * (fine))) +                                                  \
   T12_PAD_(T12_INTEGERS_(T12_ACTIVATIONS_(b, code, fine, dim, fine_hidden, hidden))) +            \
   T12_PAD_(T12_ROWS_(T12_MAX_(hidden, dim))) + T12_PAD_(T12_GELU_ + 1u) +                         \
   T12_PAD_(8u * (b) * (bands)) + T12_PAD_(4u * (b) * (bands)))
#define T12_GROUPS_(open) ((8u + (open) + T12_SIDE_BY_SIDE_ - 1u) / T12_SIDE_BY_SIDE_)
#define T12_PHASE_FLOATS_(open)                                                                    \
  (7u * T12_PAD_(T12_REAL_FLOATS_ * T12_BINS_) + 4u * T12_PAD_(T12_BINS_) +                        \
   T12_PAD_(T12_BINS_ / 4u + 1u) +                                                                 \
   5u * T12_GROUPS_(open) * T12_PAD_(T12_SIDE_BY_SIDE_ * T12_BINS_) +                              \
   2u * T12_PAD_((7u + (open)) * 240u + 960u) + T12_PAD_((open)*240u + 960u) + T12_PAD_(720u) +    \
   3u * T12_PAD_(T12_SIDE_BY_SIDE_ * 960u) + T12_PAD_(960u + 64u))
/**
 * Bytes of an arena, as a constant expression, from the sizes of a model (t12_shape) and the most
 * frames that one step computes, 1, 4 or 8. The header that `twelvehz export-c` writes beside a
 * blob defines T12_ARENA_BYTES(batch), which fills in the sizes. T12_WIDE must be set here as it
 * was when the library was compiled.
 */
#define T12_ARENA_BYTES_OF(b, layers, code, bands, fine, dim, fine_hidden, hidden, frame_blocks,   \
                           fine_blocks, open)                                                      \
  (T12_DECODER_BYTES_ + 4u * (T12_NETWORK_FLOATS_(b, layers, code, bands, fine, dim, fine_hidden,  \
                                                  hidden, frame_blocks, fine_blocks) +             \
                              T12_PHASE_FLOATS_(open)))

/**
 * Bytes of an arena for a model.
 * @param batch most frames that one step computes: 1, 4 or 8; more frames read the weights less
 * often
 */
size_t t12_arena_bytes(const t12_model *model, unsigned batch);

/** A decoder; it lies in its arena. */
typedef struct t12_decoder t12_decoder;

/**
 * Makes a decoder in an arena.
 * @param batch 1, 4 or 8
 * @return T12_E_ROOM where the arena is smaller than t12_arena_bytes says
 */
t12_status t12_decoder_init(t12_decoder **decoder, const t12_model *model, void *arena,
                            size_t bytes, unsigned batch);

/**
 * Where weights are to be read, for those who copy them from slow flash by DMA. Called before each
 * piece of a matrix, of at most T12_PIECE_BYTES or four rows, with rising addresses through a
 * frame.
 * @param weights bytes that are needed now
 * @param next bytes that are needed after these, null at the end of a matrix: a copy of them can
 * start
 * @return where the bytes needed now lie, at a multiple of 8: `weights` itself or a copy
 */
typedef const void *(*t12_fetch)(void *user, const void *weights, size_t bytes, const void *next,
                                 size_t next_bytes);
#define T12_PIECE_BYTES 24576u

/** Sets the hook, or null for none. */
void t12_set_fetch(t12_decoder *decoder, t12_fetch fetch, void *user);

/**
 * Decodes frames. The sound comes out 960 samples (40 ms) late at the default of one open step: the
 * first call writes less, t12_flush the rest.
 * @param codes [frames, stride] where stride is the number of layers given; in the order of the
 * layers
 * @param layers how many layers there are in `codes`, 1 to those of the model; less sounds rougher
 * @param room samples that fit, at least frames * T12_FRAME_SAMPLES
 * @param written receives the number of samples
 * @return T12_E_CODE for a code out of range; nothing is decoded then
 */
t12_status t12_decode(t12_decoder *decoder, const uint16_t *codes, unsigned frames, unsigned layers,
                      int16_t *pcm, size_t room, size_t *written);

/** t12_decode with samples as floats, -1 to 1, not clipped. */
t12_status t12_decode_float(t12_decoder *decoder, const uint16_t *codes, unsigned frames,
                            unsigned layers, float *pcm, size_t room, size_t *written);

/** The samples still inside; the decoder is then as new. @param room at least T12_FLUSH_SAMPLES */
t12_status t12_flush(t12_decoder *decoder, int16_t *pcm, size_t room, size_t *written);

/** t12_flush with samples as floats. */
t12_status t12_flush_float(t12_decoder *decoder, float *pcm, size_t room, size_t *written);

/** Bytes of memory for t12_set_predictor, from the width of a codebook: T12D_CODEBOOK_DIM of the
 * exported header. */
#define T12_PREDICTOR_BYTES(codebook_dim) (5u * 4u * (size_t)(codebook_dim))

/**
 * From now on lost frames are predicted from those around them, instead of the last one being held:
 * as the decoder in TypeScript does. A prediction costs about half as much as a frame, and comes on
 * top of it.
 * @param memory T12_PREDICTOR_BYTES at a multiple of T12_ALIGNMENT, used as long as the decoder is;
 * null for holding again
 * @return T12_E_FORMAT where the blob has no predictor: export it with `--predictor`
 */
t12_status t12_set_predictor(t12_decoder *decoder, void *memory, size_t bytes);

/**
 * One frame is lost: writes samples in its place, as many as t12_decode would. It is predicted
 * after t12_set_predictor and three frames; else the last frame that came is decoded again. The
 * sound fades out over five frames; the next that comes fades in.
 * @param room at least T12_FRAME_SAMPLES
 */
t12_status t12_conceal(t12_decoder *decoder, int16_t *pcm, size_t room, size_t *written);

/** t12_conceal with samples as floats. */
t12_status t12_conceal_float(t12_decoder *decoder, float *pcm, size_t room, size_t *written);

/**
 * t12_conceal where the frame after the lost one has come already, which is decoded afterwards as
 * always: a better prediction.
 * @param next [layers] codes of the frame after
 * @return T12_E_CODE for a code out of range; nothing is written then
 */
t12_status t12_conceal_before(t12_decoder *decoder, const uint16_t *next, unsigned layers,
                              int16_t *pcm, size_t room, size_t *written);

/** t12_conceal_before with samples as floats. */
t12_status t12_conceal_before_float(t12_decoder *decoder, const uint16_t *next, unsigned layers,
                                    float *pcm, size_t room, size_t *written);

/** As before the first frame; every layer counts again. */
void t12_reset(t12_decoder *decoder);

/**
 * From the next frame on: how much each layer counts, 1 = all, 0 = left out.
 * @param gains one for each layer of the model, -8 to 8; t12_reset and t12_flush set all to 1
 */
t12_status t12_set_gains(t12_decoder *decoder, const float *gains);

/** What t12_reader_push answers beside a t12_status below zero. */
enum {
  T12_READ_MORE = 0,  /**< go on */
  T12_READ_FRAME = 1, /**< `codes` holds a frame of `layers` codes, until the next byte is pushed */
  T12_READ_END = 2    /**< the file is finished and whole */
};

/** Reads token files and bare packets. Fields are private but for `codes`, `layers`, `missing`. */
typedef struct {
  const t12_model *model;
  uint16_t codes[T12_MAX_LAYERS];
  /** Frames that are lost before this one, by the number of the block: see t12_conceal. It is for
   * the caller to set to 0 then, and any number in a damaged file. */
  uint32_t missing;
  uint32_t frames, left, codes_left, crc, seed, word, pending;
  uint16_t block_frames;
  uint8_t layers, bits, filled, code, at, state, part, bare;
  int8_t failed;
  uint8_t buffer[48];
} t12_reader;

/** Begins to read a token file (.t12) of a model, or of an unknown one. */
t12_status t12_reader_init(t12_reader *reader, const t12_model *model);

/**
 * Begins to read packets of packed codes without anything around them: frame after frame, the
 * lowest bit first, as in the blocks of token files.
 * @param layers of each frame
 */
t12_status t12_reader_init_bare(t12_reader *reader, const t12_model *model, unsigned layers);

/** A new packet of bare codes begins: bits that were left over are dropped. */
void t12_reader_next_packet(t12_reader *reader);

/**
 * Takes one byte. A frame is given as soon as it is whole, before the checksum of its block has
 * come; a wrong one is T12_E_DAMAGED then, and reading goes on with the next block. After a wrong
 * header every call answers with the same status.
 * @return T12_READ_MORE, T12_READ_FRAME, T12_READ_END, or a status below zero
 */
int t12_reader_push(t12_reader *reader, uint8_t byte);

/** CRC-32C (RFC 3720) of some bytes. @param crc result of the bytes before, or 0 */
uint32_t t12_crc32c(uint32_t crc, const void *bytes, size_t count);

#ifdef __cplusplus
}
#endif
#endif
