/*
 * readme BLOB WHAT: runs the lines of C of a README, which the test writes into lines.h. WHAT is
 * "link", "packet" (bytes on the standard input to samples on the standard output), or "encode"
 * (samples to codes). Exit status: minus the t12_status.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int next_byte(void) { return getchar(); }
static void play(const int16_t *samples, size_t count) {
  fwrite(samples, sizeof *samples, count, stdout);
}
void send_codes(const uint16_t *codes);
#include "lines.h"

static unsigned char blob[24000000] __attribute__((aligned(32)));

#ifdef TWELVEHZ_ENCODER_H /* the lines include it */
enum { PIECE = 1919, LONGEST = 65535 };

void send_codes(const uint16_t *frame) { fwrite(frame, sizeof *frame, T12D_LAYERS, stdout); }

static int encode_all(size_t bytes) {
  static int16_t samples[PIECE];
  size_t count;
  int status = start_encoder(blob, bytes);
  while (status == T12_OK && (count = fread(samples, sizeof *samples, PIECE, stdin)) > 0)
    status = encode_some(samples, count);
  if (status == T12_OK) end_encoder();
  return status;
}

static int run(const char *what, size_t bytes) {
  static uint8_t packet[LONGEST];
  if (strcmp(what, "encode") == 0) return encode_all(bytes);
  int status = start(blob, bytes);
  if (status != T12_OK) return status;
  if (strcmp(what, "link") == 0) return play_link();
  status = play_packet(packet, fread(packet, 1, sizeof packet, stdin));
  end();
  return status;
}
#else
static int run(const char *what, size_t bytes) {
  return strcmp(what, "link") == 0 ? speak(blob, bytes) : 99;
}
#endif

int main(int count, char **args) {
  FILE *file = count == 3 ? fopen(args[1], "rb") : NULL;
  if (!file) return 98;
  const size_t bytes = fread(blob, 1, sizeof blob, file);
  fclose(file);
  return -run(args[2], bytes);
}
