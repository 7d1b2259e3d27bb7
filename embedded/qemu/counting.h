/* Instructions by SysTick, which counts 40 at a time on mps2-an500 with -icount shift=0, and the
   stack by paint. */
#ifndef T12_COUNTING_H
#define T12_COUNTING_H
#include <stdint.h>

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
enum { INSTRUCTIONS_A_TICK = 40, TICKS = 0xFFFFFF, BLOB_ROOM = 15 << 20, STACK_PAINT = 8192 };

/* Paints the stack below this function, and tells how much of the paint is gone. */
__attribute__((noinline)) static unsigned stack_used(int paint) {
  volatile uint8_t *here = (volatile uint8_t *)__builtin_frame_address(0) - STACK_PAINT - 64;
  unsigned untouched = 0;
  if (paint)
    for (unsigned i = 0; i < STACK_PAINT; i++) here[i] = 0xA5;
  while (untouched < STACK_PAINT && here[untouched] == 0xA5) untouched++;
  return STACK_PAINT - untouched;
}

static void start_counting(void) {
  SYST_RVR = TICKS;
  SYST_CVR = 0;
  SYST_CSR = 5;
}
#endif
