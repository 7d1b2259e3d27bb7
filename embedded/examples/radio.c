/*
 * radio BLOB < PACKETS > FILE.wav: what a device with a radio does with command packets of 8 bytes
 * and codes (docs/packets.md): each is decoded as it comes, lost ones are concealed. PACKETS is
 * what examples/thin-link.mjs writes: before each packet its number, which a radio's own header
 * carries (FCntDown of LoRaWAN), and its bytes, both u16, little-endian. A lost packet is taken to
 * have had as many frames as the next that comes.
 */
#include "host.h"
#include "twelvehz_packet.h"

enum {
  LONGEST = 2048,
  MOST_LOST = 8 /* packets that are concealed; after more the sound is silent */
};

static int read_u16(void) {
  const int low = getchar(), high = getchar();
  return high == EOF ? EOF : low | high << 8;
}

static t12_status play_packet(t12_decoder *decoder, const t12_packet *packet) {
  uint16_t codes[T12_MAX_LAYERS];
  size_t written = 0;
  t12_status status = T12_OK;
  for (unsigned i = 0; status == T12_OK && i < packet->frames; i++) {
    t12_packet_frame(packet, i, codes);
    status = t12_decode(decoder, codes, 1, packet->layers, pcm, T12_FRAME_SAMPLES, &written);
    if (status == T12_OK) write_samples(written);
  }
  return status;
}

static t12_status play(t12_decoder *decoder, const t12_model *model) {
  static uint8_t bytes[LONGEST];
  uint16_t next[T12_MAX_LAYERS] = {0};
  t12_packet packet = {0};
  int number, expected = 0;
  t12_status worst = T12_OK;
  while ((number = read_u16()) != EOF) {
    const int count = read_u16();
    if (count < 0 || count > LONGEST || fread(bytes, 1, (size_t)count, stdin) != (size_t)count)
      return T12_E_DAMAGED;
    const t12_status status = t12_packet_open(&packet, model, bytes, (size_t)count);
    if (status < 0) {
      worst = status; /* as if it had been lost */
      continue;
    }
    const int lost = number > expected ? number - expected : 0;
    if (packet.frames > 0) t12_packet_frame(&packet, 0, next);
    conceal(decoder, (uint32_t)(lost < MOST_LOST ? lost : MOST_LOST) * packet.frames, next,
            packet.layers);
    if (play_packet(decoder, &packet) < 0) worst = T12_E_CODE;
    expected = number + 1;
  }
  flush(decoder);
  return worst;
}

int main(int count, char **args) {
  if (count == 2) return run("radio", args[1], play);
  fputs("Usage: radio BLOB < PACKETS > FILE.wav\n", stderr);
  return 2;
}
