/* What the programs that decode and encode once share. */
#ifndef T12_INPUTS_H
#define T12_INPUTS_H
#include <stdio.h>

/* Bytes of a file, at most `room`; 0 where it cannot be read. */
static size_t load(const char *name, void *to, size_t room) {
  FILE *file = fopen(name, "rb");
  size_t bytes = file ? fread(to, 1, room, file) : 0;
  if (file) fclose(file);
  return bytes;
}
#endif
