import { readFileSync } from "node:fs";

/** Where Linux tells what a control group (a container) uses: version 2, then version 1. */
const CGROUP_STATISTICS = ["/sys/fs/cgroup/memory.stat", "/sys/fs/cgroup/memory/memory.stat"];

/** What the system tells about memory; given by tests. */
export interface MemorySources {
  /**
   * Bytes that are free to this process, page cache of its control group not among them. Default
   * `process.availableMemory()`.
   */
  readonly free?: number;
  /** Default `process.platform`. */
  readonly platform?: NodeJS.Platform;
  /** Text of a file, or undefined where it cannot be read. */
  readonly read?: (path: string) => string | undefined;
}

/**
 * Bytes of memory that this process may still take: what is free, and the page cache of its control
 * group, which the kernel gives back when memory is asked for. Infinity where the system does not
 * tell: 0 bytes, as without /proc, and on macOS, where only pages without any use count as free.
 * Then nothing can be refused.
 */
export function reachableMemory(sources: MemorySources = {}): number {
  const { free = process.availableMemory(), platform = process.platform, read = readText } = sources;
  if (platform === "darwin") return Number.POSITIVE_INFINITY;
  const statistics = CGROUP_STATISTICS.map(read).find((text) => text !== undefined) ?? "";
  const cached = ["inactive_file", "active_file"].map((name) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(statistics)?.[1] ?? 0));
  const reachable = free + cached.reduce((sum, bytes) => sum + bytes, 0);
  return reachable > 0 ? reachable : Number.POSITIVE_INFINITY;
}

/** Smaller models are opened without a word: they fit wherever Node does. */
const LARGE_MODEL_BYTES = 200e6;

/**
 * What is to be said before a large model is opened where nobody knows whether there is room for it.
 * @param bytes of the model's files
 * @param reachable as {@link reachableMemory} tells it
 * @returns undefined where nothing is to be said
 */
export function memoryNote(bytes: number, reachable: number = reachableMemory()): string | undefined {
  if (reachable !== Number.POSITIVE_INFINITY || bytes < LARGE_MODEL_BYTES) return undefined;
  return `this system does not tell how much memory is free, and the model has ${Math.round(bytes / 1e6)} MB: close other programs if it does not open`;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // another system, or no control groups
  }
}
