/* What the decoder needs of the C library's header. The compiler knows the builtins, and calls the
   functions of freestanding.c where it does not put instructions in their place. */
#ifndef T12_WASM_STRING_H
#define T12_WASM_STRING_H
#include <stddef.h>
#define memcpy __builtin_memcpy
#define memmove __builtin_memmove
#define memset __builtin_memset
#define memcmp __builtin_memcmp
#define strlen __builtin_strlen
#endif
