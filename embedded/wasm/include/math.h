/* What the decoder needs of the C library's header; each is one instruction of WebAssembly. */
#ifndef T12_WASM_MATH_H
#define T12_WASM_MATH_H
#define INFINITY __builtin_inff()
#define sqrtf __builtin_sqrtf
#define fabsf __builtin_fabsf
#endif
