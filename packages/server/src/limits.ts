/** What one request and all requests together may take. */
export interface ServerLimits {
  /** Bytes of a request's body. Default 100 MB: 5 minutes of stereo WAV fit. */
  readonly maxBytes: number;
  /** Seconds of sound in a request. Default 300. */
  readonly maxSeconds: number;
  /** Requests that the networks work for at once, 1 or more. Default 2. */
  readonly concurrentJobs: number;
  /** Requests that may wait for their turn, 0 or more; what comes beyond them is refused with 503. Default 8. */
  readonly waitingJobs: number;
  /** Bytes a second below which a body stands still. Default 200: codes of all layers at the pace at which they are spoken are 275. */
  readonly floorBytesPerSecond: number;
  /** Seconds at the floor rate that have to come before a request takes a place, and that a body may be silent after that without losing it. Default 1. */
  readonly steadySeconds: number;
  /** Seconds of standing still after which a request is given up with 408. Default 30. */
  readonly patienceSeconds: number;
  /** Seconds from the first byte of a request to its answer. Default 300: a sound of 5 minutes at the pace at which it is spoken. */
  readonly requestSeconds: number;
  /** Seconds that requests in progress have to end when the server closes. Default 10. */
  readonly closeSeconds: number;
}

/** What holds where nothing else is said. */
export const DEFAULT_LIMITS: ServerLimits = {
  maxBytes: 100_000_000,
  maxSeconds: 300,
  concurrentJobs: 2,
  waitingJobs: 8,
  floorBytesPerSecond: 200,
  steadySeconds: 1,
  patienceSeconds: 30,
  requestSeconds: 300,
  closeSeconds: 10,
};

/** Bytes that the wordiest format takes for one code: JSON with a line of its own for each, indented. */
const BYTES_PER_CODE = 16;
/** Bytes of a file of codes beside the codes. */
const OTHER_BYTES = 65_536;

/** Bytes that a file of codes for `maxSeconds` of sound may have, in any format. */
export function maxCodesBytes(limits: ServerLimits, codesPerSecond: number): number {
  return Math.min(limits.maxBytes, OTHER_BYTES + Math.ceil(limits.maxSeconds * codesPerSecond) * BYTES_PER_CODE);
}
