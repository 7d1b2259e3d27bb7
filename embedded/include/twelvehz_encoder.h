/**
 * twelvehz: the encoder of compact models, from sound to codes, for small devices. C99, no heap, no
 * globals, no files. Statuses, alignment and the fetch hook are those of twelvehz.h.
 *
 * A blob that `twelvehz export-c --parts both` writes holds both directions; they share its codebooks.
 */
#ifndef TWELVEHZ_ENCODER_H
#define TWELVEHZ_ENCODER_H
#include "twelvehz.h"
#ifdef __cplusplus
extern "C" {
#endif

/** Widest beam of the search for codes. */
#define T12_MAX_BEAM 8u

/** An open encoder: pointers into the blob. Fields are private. */
typedef struct {
  t12_shape shape;
  t12_blob blob;
  uint16_t fine_blocks, frame_blocks, beam;
  const int8_t *codebooks;
  const float *codebook_scale, *codebook_square, *codebook_reach;
  float codebook_limit; /* largest residual after scaling whose sums stay in 32 bits */
  const float *norm_weight, *norm_bias, *std, *mean, *window, *share;
  const uint16_t *first, *count; /* of each band: its first bin, and how many */
  t12_matrix in, down, out;
  t12_block fine[T12_MAX_BLOCKS], frame[T12_MAX_BLOCKS];
} t12_encoder_model;

/**
 * Opens the encoder of a blob in place. The blob must stay where it is, and unchanged, while the
 * encoder is used.
 * @param flags 0 or T12_TRUSTED
 * @return T12_E_ALIGNMENT, T12_E_FORMAT (also for a blob of a decoder alone) or T12_E_DAMAGED
 */
t12_status t12_encoder_open(t12_encoder_model *model, const void *blob, size_t bytes,
                            unsigned flags);

/** The identity of the model, 16 bytes, as token files carry it. */
const uint8_t *t12_encoder_id(const t12_encoder_model *model);

#define T12_ENCODER_BYTES_ 512u
#define T12_BEAM_GROUPS_(beam) (((beam) + 3u) / 4u)
/* Frames whose codes are searched together. */
#ifdef T12_WIDE
#define T12_TOGETHER_(b) (b)
#else
#define T12_TOGETHER_(b) 1u
#endif
#define T12_ENCODER_FLOATS_(b, layers, code, bands, fine, dim, fine_hidden, hidden, frame_blocks,  \
                            fine_blocks, beam)                                                     \
  (T12_PAD_(6u * ((frame_blocks) * (dim) + (fine_blocks) * (fine))) + T12_PAD_(720u + (b)*1920u) + \
   T12_PAD_(8u * (b) * (bands)) + T12_PAD_(8u * (b) * (fine)) + T12_PAD_((b) * (dim)) +            \
   T12_PAD_((b) * (code)) +                                                                        \
   T12_PAD_(T12_ACTIVATIONS_(b, 8u * (fine), fine, dim, fine_hidden, hidden)) +                    \
   T12_PAD_(T12_MAX_((b) * (dim), 8u * (fine))) +                                                  \
   T12_PAD_(T12_INTEGERS_(T12_ACTIVATIONS_(b, 8u * (fine), fine, dim, fine_hidden, hidden))) +    \
   T12_PAD_(T12_ROWS_(T12_MAX_(T12_MAX_(hidden, dim), 8u * (fine)))) + T12_PAD_(T12_GELU_ + 1u) +  \
   3u * T12_PAD_(T12_SIDE_BY_SIDE_ * 960u) + T12_PAD_(960u + 64u) +                                \
   2u * T12_PAD_(T12_TOGETHER_(b) * 4u * T12_BEAM_GROUPS_(beam) * (code)) +                        \
   T12_PAD_(2u * T12_BEAM_GROUPS_(beam) * (code)) +                                                \
   T12_PAD_(T12_TOGETHER_(b) * (layers) * (beam)))
/**
 * Bytes of an encoder's arena as a constant expression. The header beside a blob defines
 * T12_ENCODER_ARENA_BYTES(batch), which fills in the sizes.
 */
#define T12_ENCODER_ARENA_BYTES_OF(b, layers, code, bands, fine, dim, fine_hidden, hidden,         \
                                   frame_blocks, fine_blocks, beam)                                \
  (T12_ENCODER_BYTES_ + 4u * T12_ENCODER_FLOATS_(b, layers, code, bands, fine, dim, fine_hidden,   \
                                                 hidden, frame_blocks, fine_blocks, beam))

/**
 * Bytes of an arena.
 * @param batch most frames that one step computes, 1 to 8; more frames read the weights less often
 */
size_t t12_encoder_arena_bytes(const t12_encoder_model *model, unsigned batch);

/** An encoder; it lies in its arena. */
typedef struct t12_encoder t12_encoder;

/**
 * Makes an encoder in an arena.
 * @return T12_E_ROOM where the arena is smaller than t12_encoder_arena_bytes says
 */
t12_status t12_encoder_init(t12_encoder **encoder, const t12_encoder_model *model, void *arena,
                            size_t bytes, unsigned batch);

/** Sets the hook that brings weights, or null for none. */
void t12_encoder_set_fetch(t12_encoder *encoder, t12_fetch fetch, void *user);

/**
 * Encodes samples; a frame's codes come as soon as its last sample is there.
 * @param pcm 24 kHz mono
 * @param count any number of samples; what does not fill a frame waits inside
 * @param codes receives [frames, layers], in the order of the layers
 * @param room frames that fit: at least count / T12_FRAME_SAMPLES + 1
 * @param frames receives the number of frames
 */
t12_status t12_encode(t12_encoder *encoder, const int16_t *pcm, size_t count, uint16_t *codes,
                      size_t room, size_t *frames);

/** t12_encode with samples as floats, -1 to 1. */
t12_status t12_encode_float(t12_encoder *encoder, const float *pcm, size_t count, uint16_t *codes,
                            size_t room, size_t *frames);

/**
 * Ends the sound: what waits inside is filled up with silence to a whole frame, of which there is
 * one or none. The encoder is then as new.
 * @param codes room for one frame
 */
t12_status t12_encode_flush(t12_encoder *encoder, uint16_t *codes, size_t *frames);

/** As before the first sample. */
void t12_encoder_reset(t12_encoder *encoder);

#ifdef __cplusplus
}
#endif
#endif
