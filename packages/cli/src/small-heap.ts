import { setFlagsFromString } from "node:v8";

/**
 * Keeps the heap close to what is alive: the space for young objects at the size it has, 1 MB, and
 * the space for old ones at most a quarter above what the last collection left. V8 lets them grow
 * to 48 MB and to several times as much, which in a command that runs for days looks like a leak.
 * Sound and codes live outside the heap.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=25");
}
