/** What a plan knows of one clip. */
import type { RejectCode } from "../rows/reject.ts";

/** Where the bytes of a sound are. */
export interface SoundPlace {
  /** Index into the roots of the plan. */
  readonly root: number;
  /** Path below the root, or an absolute one, or an address. */
  readonly path: string;
  /** Inside of the file, a member of a tar: first byte and number of bytes. */
  readonly range?: readonly [start: number, bytes: number] | undefined;
  /** Inside of the file, a row of Parquet: column, row, and the rows of its group. */
  readonly cell?: { readonly column: string; readonly row: number; readonly group: readonly [first: number, end: number] } | undefined;
  /** One of several channels; default: their mean. */
  readonly channel?: number | undefined;
}

/** A line of the entries of a unit: a clip to be encoded, or one that is rejected already. */
export interface Entry {
  readonly id: string;
  /** As rows and rejects call the sound. */
  readonly source: string;
  readonly place?: SoundPlace | undefined;
  /** Bytes of the file, where they are known. */
  readonly bytes?: number | undefined;
  /** Seconds into the sound; default: the whole sound. */
  readonly offset?: number | undefined;
  /** Seconds from the offset. */
  readonly duration?: number | undefined;
  readonly text?: string | undefined;
  readonly speaker?: string | undefined;
  readonly language?: string | undefined;
  /** Other fields, a JSON object. */
  readonly extra?: string | undefined;
  /** Line of the manifest. */
  readonly line?: number | undefined;
  readonly reject?: { readonly code: RejectCode; readonly reason: string } | undefined;
}

/** An entry with how long it may be, which units are cut by. */
export interface FoundEntry {
  readonly entry: Entry;
  /** Declared, or guessed from the size of the file. */
  readonly seconds: number;
  /** The line is broken: fatal, unless it was asked to skip such. */
  readonly isBadLine?: boolean | undefined;
}
