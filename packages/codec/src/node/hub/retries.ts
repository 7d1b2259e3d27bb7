import { setTimeout as delay } from "node:timers/promises";
import { CodecError, throwIfAborted } from "../../errors.ts";

/** Attempts in a row that may bring nothing before the work is given up. */
const ATTEMPTS = 5;
/** Longest pause between attempts, ms; a hub that asks for more is told to the user. */
const LONGEST_PAUSE_MS = 120_000;

/** How an attempt failed. */
export interface InterruptedOptions {
  /** Pause that the server asked for, ms. */
  readonly retryAfterMs?: number | undefined;
  /** What the user can do when it stays so. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An attempt that failed for a reason that may pass. The message is a reason, to follow "Cannot
 * ...: ".
 */
export class Interrupted extends Error {
  readonly retryAfterMs: number;
  readonly remedy: string;
  /** The attempt brought a good part of the work, so that it does not count against the limit. */
  progressed = false;

  constructor(reason: string, { retryAfterMs = 0, remedy = "try again later", cause }: InterruptedOptions = {}) {
    super(reason, { cause });
    this.retryAfterMs = retryAfterMs;
    this.remedy = remedy;
  }
}

/** How attempts are repeated. */
export interface RetryOptions {
  /** First pause, ms; each further one is twice as long, and a little random. Default 500. */
  readonly retryMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Repeats an attempt as long as it throws {@link Interrupted}, with longer and longer pauses.
 * @param action what is tried, such as `download "x"`
 * @throws CodecError `io` after five attempts in a row without progress, or `aborted`
 */
export async function withRetries<T>(action: string, attempt: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  for (let failures = 0; ; ) {
    throwIfAborted(options.signal);
    try {
      return await attempt();
    } catch (error) {
      throwIfAborted(options.signal);
      if (!(error instanceof Interrupted)) throw error;
      failures = error.progressed ? 1 : failures + 1;
      if (failures >= ATTEMPTS || error.retryAfterMs > LONGEST_PAUSE_MS)
        throw new CodecError("io", `Cannot ${action}: ${error.message}; ${error.remedy}`, { cause: error });
      await pause(Math.max(error.retryAfterMs, pauseMs(failures, options)), options.signal);
    }
  }
}

function pauseMs(failures: number, { retryMs = 500 }: RetryOptions): number {
  return Math.min(LONGEST_PAUSE_MS, retryMs * 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
}

/**
 * Waits.
 * @throws CodecError `aborted`
 */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
  throwIfAborted(signal);
}

/** The pause that a `Retry-After` header asks for, ms: seconds or a date. */
export function retryAfterMs(header: string | null, now: number = Date.now()): number {
  if (header === null) return 0;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
