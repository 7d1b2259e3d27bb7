/** What a process that computes units is told, and what it tells. */
import type { CodecErrorCode } from "@twelvehz/codec/node";
import type { RejectCode } from "../rows/reject.ts";
import type { UnitSummary } from "../unit/unit-result.ts";

/** What such a process is started with, as JSON in its first argument. */
export interface ProcessSetup {
  /** Of the store. */
  readonly address: string;
  /** Threads inside one operation of the networks. */
  readonly threads?: number | undefined;
}

/** The unit that it is to do. */
export interface ToProcess {
  readonly unit: number;
}

/** What it tells. */
export type FromProcess =
  | { readonly type: "ready" }
  | { readonly type: "begin"; readonly entry: number }
  | { readonly type: "clip"; readonly seconds: number; readonly reject: RejectCode | undefined }
  | { readonly type: "done"; readonly summary: UnitSummary }
  | { readonly type: "failed"; readonly message: string; readonly code: CodecErrorCode | undefined; readonly mayPass: boolean };
