import type { CodecErrorCode } from "@twelvehz/codec/node";

/** Why a clip is not in a corpus. */
export type RejectCode =
  | CodecErrorCode
  | "empty"
  | "too-short"
  | "too-long"
  | "silent"
  | "beyond-end"
  | "duplicate-id"
  | "bad-line"
  | "changed"
  | "crashed";

/** A line of `rejects.jsonl`. */
export interface Reject {
  readonly id: string;
  readonly source: string;
  readonly offset?: number | undefined;
  /** Line of the manifest. */
  readonly line?: number | undefined;
  readonly code: RejectCode;
  /** One line: what was found, what is wanted. */
  readonly reason: string;
}

/** A clip that cannot be taken, for a reason of its own: the others go on. */
export class RejectedClip extends Error {
  override readonly name = "RejectedClip";
  readonly code: RejectCode;

  constructor(code: RejectCode, message: string) {
    super(message);
    this.code = code;
  }
}
