/*
 * t12play BLOB < FILE.t12 > FILE.wav: a token file as sound, read byte by byte as it would come
 * over a link: missing frames are concealed, damage is told about. The blob is what `twelvehz
 * export-c` writes. Play it with: t12play t12d.bin < talk.t12 | aplay
 */
#include "host.h"

#define MOST_MISSING 250u /* 20 s: more than that is no loss but another clip */

static t12_status play_frame(t12_decoder *decoder, const t12_reader *reader) {
  size_t written = 0;
  if (reader->missing > MOST_MISSING)
    t12_reset(decoder);
  else
    conceal(decoder, reader->missing, reader->codes, reader->layers);
  const t12_status status =
      t12_decode(decoder, reader->codes, 1, reader->layers, pcm, T12_FRAME_SAMPLES, &written);
  if (status == T12_OK) write_samples(written);
  return status;
}

/* What was read, and whether all of it was good: 0, or the last status. */
static t12_status play(t12_decoder *decoder, const t12_model *model) {
  t12_reader reader;
  int byte, worst = 0, result = T12_READ_MORE;
  t12_reader_init(&reader, model);
  while ((byte = getchar()) != EOF && result != T12_READ_END) {
    result = t12_reader_push(&reader, (uint8_t)byte);
    if (result == T12_READ_FRAME) {
      result = play_frame(decoder, &reader);
      reader.missing = 0;
    }
    if (result < 0) worst = result;
    if (result == T12_E_FORMAT || result == T12_E_MODEL) break;
  }
  flush(decoder);
  return (t12_status)worst;
}

int main(int count, char **args) {
  if (count == 2) return run("t12play", args[1], play);
  fputs("Usage: t12play BLOB < FILE.t12 > FILE.wav\n", stderr);
  return 2;
}
