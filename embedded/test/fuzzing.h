/* What the programs that fuzz share: numbers by chance, files, and a blob with changed bytes. */
#ifndef T12_FUZZING_H
#define T12_FUZZING_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 96, RECORD = 32, RECORDS_AT = 32, MOST_CHANGES = 6, CHECKED_EVERY = 64 };

static uint32_t chance;
static uint32_t below(uint32_t n) { /* xorshift, Marsaglia 2003 */
  chance ^= chance << 13, chance ^= chance >> 17, chance ^= chance << 5;
  return chance % n;
}

static void seed(const char *number) { chance = (uint32_t)atoi(number) * 2654435761u + 1u; }

static void *room_for(size_t bytes) {
  void *room = aligned_alloc(32, (bytes + 31) / 32 * 32);
  if (!room) exit(93);
  return room;
}

static uint8_t *load(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) exit(99);
  *bytes = (size_t)ftell(file);
  rewind(file);
  uint8_t *data = room_for(*bytes);
  if (fread(data, 1, *bytes, file) != *bytes) exit(98);
  fclose(file);
  return data;
}

/* Bytes of a blob that were changed, and what they were. */
typedef struct {
  size_t at[MOST_CHANGES];
  uint8_t before[MOST_CHANGES];
  unsigned count;
} changes;

/* One byte of header or records, or some of the data. */
static changes change(uint8_t *blob, size_t bytes) {
  const uint32_t front = HEADER + RECORD * (blob[RECORDS_AT] | (uint32_t)blob[RECORDS_AT + 1] << 8);
  const int in_front = (int)below(2);
  changes c = {.count = in_front ? 1 : 1 + below(MOST_CHANGES)};
  for (unsigned i = 0; i < c.count; i++) {
    c.at[i] = in_front ? 4 + below(front - 4) : front + below((uint32_t)bytes - front);
    c.before[i] = blob[c.at[i]];
    blob[c.at[i]] ^= (uint8_t)(1 + below(255));
  }
  return c;
}

static void undo(uint8_t *blob, const changes *c) {
  for (unsigned i = c->count; i-- > 0;) blob[c->at[i]] = c->before[i];
}
#endif
