/* The few functions of the C library that the decoder uses. Blocks are moved by the instructions
   of the bulk memory extension, to which the compiler turns the builtins. */
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t bytes) {
  __builtin_memcpy(to, from, bytes);
  return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
  __builtin_memmove(to, from, bytes);
  return to;
}

void *memset(void *to, int value, size_t bytes) {
  __builtin_memset(to, value, bytes);
  return to;
}

int memcmp(const void *a, const void *b, size_t bytes) {
  const unsigned char *x = a, *y = b;
  for (size_t i = 0; i < bytes; i++)
    if (x[i] != y[i]) return x[i] - y[i];
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}
