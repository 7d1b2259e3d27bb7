/*
 * opus-link KBPS MODE IN.wav OUT.wav SENT FATES: speech through libopus over a link that loses
 * packets, as an external codec of `twelvehz eval` (docs/transport.md, "Beside Opus with DRED").
 *
 * MODE is plc, deep, fec or dred. plc conceals as the decoder of old does, deep by its network; fec
 * takes the copy in the next packet where the encoder has spent bits on one, else as plc; dred
 * takes deep redundancy, up to a second of it, from the next packet that comes, however late, as
 * opus_demo does, else as deep. FATES has a character for each packet, 1 = lost. SENT is written
 * with as many bytes as were sent, those of RTP, UDP and IPv4 included; of how many packets had
 * redundancy is said on the standard error. IN.wav is 16 bit, mono, at a rate that Opus has.
 */
#include <opus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_PACKET = 4000,
  HEADER = 40, /* RTP 12, UDP 8, IPv4 20 */
  LOSS_PERCENT = 20,
  REDUNDANCY_10_MS = 100, /* a second */
  COMPLEXITY = 10,
  WAV_HEADER = 44,
  MOST_LOST = 50 /* packets in a row that redundancy of a second reaches back over */
};
enum mode { PLC, DEEP, FEC, DRED };

typedef struct {
  int16_t *samples;
  uint32_t count, rate;
} clip;

static void give_up(const char *why) {
  fprintf(stderr, "opus-link: %s\n", why);
  exit(1);
}

static uint32_t u32(const uint8_t *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint8_t *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) give_up("Cannot read a file that was named");
  *length = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(*length + 1);
  if (!bytes || fread(bytes, 1, *length, file) != *length) give_up("Cannot read a whole file");
  fclose(file);
  bytes[*length] = 0;
  return bytes;
}

/* The chunk of a name, or null. */
static const uint8_t *chunk(const uint8_t *wav, size_t length, const char *name, uint32_t *bytes) {
  for (size_t at = 12; at + 8 <= length; at += 8 + (size_t)*bytes + (*bytes & 1u)) {
    *bytes = u32(wav + at + 4);
    if (*bytes > length - at - 8) *bytes = (uint32_t)(length - at - 8);
    if (!memcmp(wav + at, name, 4)) return wav + at + 8;
  }
  return NULL;
}

static clip read_wav(const char *path) {
  size_t length;
  uint32_t format_bytes = 0, bytes = 0;
  uint8_t *wav = read_file(path, &length);
  const uint8_t *format = chunk(wav, length, "fmt ", &format_bytes);
  const uint8_t *data = chunk(wav, length, "data", &bytes);
  if (!format || format_bytes < 16 || !data || format[2] != 1 || format[14] != 16)
    give_up("Cannot use the sound: a WAV file of 16 bits, mono, is wanted");
  clip out = {calloc(bytes / 2 + 1, 2), bytes / 2, u32(format + 4)};
  if (!out.samples) give_up("There is too little memory");
  for (uint32_t i = 0; i < out.count; i++)
    out.samples[i] = (int16_t)((uint16_t)data[2 * i] | (uint16_t)data[2 * i + 1] << 8);
  free(wav);
  return out;
}

static void write_wav(const char *path, const int16_t *samples, uint32_t count, uint32_t rate) {
  uint8_t head[WAV_HEADER] = "RIFF....WAVEfmt \20\0\0\0\1\0\1\0........\2\0\20\0data....";
  const uint32_t at[4] = {4, 24, 28, 40}, value[4] = {36 + 2 * count, rate, 2 * rate, 2 * count};
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 4; k++) head[at[i] + (unsigned)k] = (uint8_t)(value[i] >> 8 * k);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(head, 1, sizeof head, file) != sizeof head) give_up("Cannot write the sound");
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t two[2] = {(uint8_t)samples[i], (uint8_t)((uint16_t)samples[i] >> 8)};
    if (fwrite(two, 1, 2, file) != 2) give_up("Cannot write the sound");
  }
  if (fclose(file)) give_up("Cannot write the sound");
}

static OpusEncoder *open_encoder(uint32_t rate, int bits_per_second, enum mode mode) {
  int error;
  OpusEncoder *encoder = opus_encoder_create((opus_int32)rate, 1, OPUS_APPLICATION_VOIP, &error);
  if (error) give_up("Cannot open an encoder: 8, 12, 16, 24 and 48 kHz are possible");
  error |= opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bits_per_second));
  error |= opus_encoder_ctl(encoder, OPUS_SET_VBR(0));
  error |= opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(COMPLEXITY));
  error |= opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
  if (mode >= FEC) error |= opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(LOSS_PERCENT));
  if (mode == FEC) error |= opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(1));
  if (mode == DRED) error |= opus_encoder_ctl(encoder, OPUS_SET_DRED_DURATION(REDUNDANCY_10_MS));
  if (error) give_up("Cannot set the encoder up: for dred, libopus has to be built with it");
  return encoder;
}

/* What decodes; `lost` counts packets since the last that came. */
typedef struct {
  OpusDecoder *decoder;
  OpusDREDDecoder *dred_decoder;
  OpusDRED *dred;
  enum mode mode;
  int frame, rate, lost, redundant;
} receiver;

static receiver open_receiver(uint32_t rate, enum mode mode) {
  int error = 0, more = 0, last = 0;
  receiver r = {opus_decoder_create((opus_int32)rate, 1, &error),
                NULL,
                NULL,
                mode,
                (int)rate / 50,
                (int)rate,
                0,
                0};
  if (mode == DRED) {
    r.dred_decoder = opus_dred_decoder_create(&more);
    r.dred = opus_dred_alloc(&last);
  }
  const int deep = mode == DEEP || mode == DRED; /* from complexity 5 on the network conceals */
  error |= more | last | opus_decoder_ctl(r.decoder, OPUS_SET_COMPLEXITY(deep ? COMPLEXITY : 0));
  if (error) give_up("Cannot open a decoder: for dred, libopus has to be built with it");
  return r;
}

/* Frames that are missing before a packet that came. */
static int16_t *repair(receiver *r, const uint8_t *packet, int length, int16_t *to) {
  int reach = 0, end = 0, done = 0;
  const int has_copy = r->mode == FEC && opus_packet_has_lbrr(packet, length);
  if (r->mode == DRED && r->lost <= MOST_LOST)
    reach = opus_dred_parse(r->dred_decoder, r->dred, packet, length, r->lost * r->frame, r->rate,
                            &end, 0);
  if (r->lost && (reach > 0 || has_copy)) r->redundant++;
  for (; r->lost; r->lost--, to += r->frame)
    if (has_copy && r->lost == 1)
      done |= opus_decode(r->decoder, packet, length, to, r->frame, 1);
    else if (reach > 0)
      done |= opus_decoder_dred_decode(r->decoder, r->dred, r->lost * r->frame, to, r->frame);
    else
      done |= opus_decode(r->decoder, NULL, 0, to, r->frame, 0);
  if (done < 0) give_up("Cannot make up what was lost");
  return to;
}

static enum mode mode_of(const char *name) {
  static const char *const names[4] = {"plc", "deep", "fec", "dred"};
  for (int i = 0; i < 4; i++)
    if (!strcmp(name, names[i])) return (enum mode)i;
  give_up("Cannot use the mode: write plc, deep, fec or dred");
  return PLC;
}

int main(int count, char **args) {
  if (count != 7) give_up("usage: opus-link KBPS plc|deep|fec|dred IN.wav OUT.wav SENT FATES");
  const enum mode mode = mode_of(args[2]);
  const clip in = read_wav(args[3]);
  size_t fates_count;
  const uint8_t *fates = read_file(args[6], &fates_count);
  OpusEncoder *encoder = open_encoder(in.rate, (int)(1000.0 * atof(args[1])), mode);
  receiver r = open_receiver(in.rate, mode);
  opus_int32 lookahead = 0;
  opus_encoder_ctl(encoder, OPUS_GET_LOOKAHEAD(&lookahead));
  const uint32_t frame = (uint32_t)r.frame, wanted = in.count + (uint32_t)lookahead,
                 packets = (wanted + frame - 1) / frame;
  int16_t *padded = calloc((size_t)packets * frame, 2), *out = calloc((size_t)packets * frame, 2);
  FILE *sent = fopen(args[5], "wb");
  if (!padded || !out || !sent || fates_count < packets)
    give_up("Cannot begin: memory, or fates for too few packets");
  memcpy(padded, in.samples, (size_t)in.count * 2);
  int16_t *to = out;
  int gaps = 0;
  for (uint32_t i = 0; i < packets; i++) {
    uint8_t packet[MOST_PACKET + HEADER] = {0};
    const int length =
        opus_encode(encoder, padded + (size_t)i * frame, r.frame, packet, MOST_PACKET);
    if (length < 0) give_up("Cannot encode");
    if (fwrite(packet, 1, (size_t)length + HEADER, sent) != (size_t)length + HEADER)
      give_up("Cannot write what is sent");
    if (fates[i] == '1') {
      r.lost++;
      continue;
    }
    gaps += r.lost > 0;
    to = repair(&r, packet, length, to);
    if (opus_decode(r.decoder, packet, length, to, r.frame, 0) < 0) give_up("Cannot decode");
    to += frame;
  }
  for (; r.lost; r.lost--, to += frame)
    if (opus_decode(r.decoder, NULL, 0, to, r.frame, 0) < 0) give_up("Cannot conceal the end");
  write_wav(args[4], out + lookahead, in.count, in.rate);
  fprintf(stderr, "%d of %d gaps were filled from redundancy\n", r.redundant, gaps);
  return fclose(sent) ? 1 : 0;
}
