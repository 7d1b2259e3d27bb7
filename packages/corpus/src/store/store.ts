/**
 * Where a corpus and its work in progress live: a folder, or a prefix of a bucket. All that workers
 * know of each other's work is in it.
 */
export interface Store {
  /** For messages and for other processes: a path, or `s3://bucket/prefix`. */
  readonly address: string;
  /** The bytes of a file, or undefined where there is none. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** A part of a file that is there: `length` bytes from `start`. */
  readRange(key: string, start: number, length: number): Promise<Uint8Array>;
  /** Bytes of a file, or undefined where there is none. */
  size(key: string): Promise<number | undefined>;
  /**
   * Writes a file that must not be there: it appears whole, and has reached the disk.
   * @returns false when there is one already, which stays
   */
  create(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Writes a file anew: it changes at once, and has reached the disk. */
  write(key: string, bytes: Uint8Array): Promise<void>;
  /** Gives a local file of {@link Store.scratch} its place. */
  publish(path: string, key: string): Promise<void>;
  /** A new local folder for files that will be published. */
  scratch(): Promise<string>;
  /** Removes a folder of {@link Store.scratch}, and those that were made for it and are empty. */
  removeScratch(folder: string): Promise<void>;
  /** Names directly below a folder such as `.twelvehz/units/`, sorted. */
  list(folder: string): Promise<string[]>;
  /** Removes a file, or a folder that ends in `/` with all below it; harmless when it is not there. */
  remove(key: string): Promise<void>;
  /** Adds to the end of a file at once and cheaply, where that is possible. */
  readonly append?: (key: string, text: string) => Promise<void>;
}

/** Names of the files of a corpus. */
export const KEYS = {
  info: "twelvehz.json",
  state: "state.json",
  datasetInfo: "dataset_info.json",
  rejects: "rejects.jsonl",
  work: ".twelvehz/",
  plan: ".twelvehz/plan.json",
  entries: ".twelvehz/entries/",
  units: ".twelvehz/units/",
  flight: ".twelvehz/flight/",
} as const;

/** Six digits or more. */
export function unitName(unit: number): string {
  return String(unit).padStart(6, "0");
}

/** Where the entries of a unit are. */
export function entriesKey(unit: number): string {
  return `${KEYS.entries}${unitName(unit)}.jsonl`;
}

/** Where the result of a unit is. */
export function unitKey(unit: number): string {
  return `${KEYS.units}${unitName(unit)}.unit`;
}

/** Where a unit notes what it is at. */
export function flightKey(unit: number): string {
  return `${KEYS.flight}${unitName(unit)}.jsonl`;
}
