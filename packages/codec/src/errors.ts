import { assertKind } from "./misuse.ts";

/** Every reason for which the library can fail in a way that a caller may want to catch. */
export type CodecErrorCode =
  | "usage"
  | "not-found"
  | "no-permission"
  | "io"
  | "bad-format"
  | "unsupported"
  | "too-large"
  | "bad-audio"
  | "bad-codes"
  | "bad-model"
  | "model-mismatch"
  | "runtime"
  | "closed"
  | "aborted";

/** How one {@link CodecErrorCode} is told to a shell, an HTTP client and a WebSocket peer. */
export interface ErrorMapping {
  /** Exit status of the command, 1 to 130. */
  readonly exitStatus: number;
  /** HTTP status, 400 to 599. */
  readonly httpStatus: number;
  /** WebSocket close code (RFC 6455 section 7.4; 4000 to 4999 are private use). */
  readonly closeCode: number;
  /** One line for the documentation. */
  readonly meaning: string;
}

/**
 * The one table from error codes to exit status, HTTP status and WebSocket close code. Exit
 * statuses follow sysexits.h where it has a match.
 */
export const ERROR_TABLE: Readonly<Record<CodecErrorCode, ErrorMapping>> = {
  usage: { exitStatus: 2, httpStatus: 400, closeCode: 4400, meaning: "the command line or the request is not of the expected form" },
  "bad-format": {
    exitStatus: 65,
    httpStatus: 400,
    closeCode: 4401,
    meaning: "a file is damaged, cut short or not of the format it claims",
  },
  "bad-audio": {
    exitStatus: 66,
    httpStatus: 422,
    closeCode: 4402,
    meaning: "the sound cannot be used: empty, not finite, or of an impossible rate",
  },
  "bad-codes": { exitStatus: 67, httpStatus: 422, closeCode: 4403, meaning: "codes out of range or of the wrong shape" },
  unsupported: { exitStatus: 68, httpStatus: 415, closeCode: 4415, meaning: "a valid file of a kind that is not read or written here" },
  "too-large": { exitStatus: 69, httpStatus: 413, closeCode: 1009, meaning: "a declared or real size is over a limit" },
  runtime: { exitStatus: 70, httpStatus: 500, closeCode: 1011, meaning: "the inference backend failed" },
  "not-found": { exitStatus: 72, httpStatus: 404, closeCode: 4404, meaning: "a file or a model is missing" },
  io: { exitStatus: 74, httpStatus: 500, closeCode: 1011, meaning: "reading or writing failed" },
  "no-permission": { exitStatus: 77, httpStatus: 403, closeCode: 4410, meaning: "a file or folder may not be read or written" },
  "bad-model": { exitStatus: 78, httpStatus: 500, closeCode: 1011, meaning: "a model folder is incomplete or not what it claims" },
  "model-mismatch": { exitStatus: 79, httpStatus: 409, closeCode: 4409, meaning: "the codes were made by another model" },
  closed: { exitStatus: 80, httpStatus: 410, closeCode: 4411, meaning: "a codec or stream was used after it was closed" },
  aborted: { exitStatus: 130, httpStatus: 499, closeCode: 4499, meaning: "the caller cancelled the work" },
};

/** Longest message. What a file says of itself is quoted in messages, and may be of any length. */
const MAX_MESSAGE = 1000;
/** Characters of the end, where the remedy stands, that a message keeps when it is cut. */
const KEPT_END = 300;
/**
 * What would move the cursor, colour the terminal, break the line or turn the direction of the
 * text.
 */
const UNPRINTABLE = /[\p{Cc}\p{Surrogate}\u2028-\u202e\u2066-\u2069]/gu;

/**
 * The one error class of the library. `message` says the action that failed, what was found, what
 * is wanted and the remedy, in one line of at most 1000 characters without control characters,
 * whatever a hostile file holds; `code` is for programs; `cause` is the error underneath, if there
 * is one.
 */
export class CodecError extends Error {
  override readonly name = "CodecError";
  /** The reason, from a closed list. */
  readonly code: CodecErrorCode;

  constructor(code: CodecErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(oneLine(message), options);
    this.code = code;
  }
}

function oneLine(message: string): string {
  const short = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - KEPT_END - 3)} … ${message.slice(-KEPT_END)}` : message;
  const line = short.replace(UNPRINTABLE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE - KEPT_END - 3)} … ${line.slice(-KEPT_END)}` : line;
}

/** A value of JSON for a message: what it is, not all that it holds. */
export function describeJson(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Throws `CodecError("aborted")` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal !== undefined) assertKind(signal, "signal", "signal");
  if (signal?.aborted) throw new CodecError("aborted", "The work was cancelled", { cause: signal.reason });
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
