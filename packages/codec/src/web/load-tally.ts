import type { LoadProgress } from "./engine-start.ts";

/** Adds up how much of several files has come; the total is known when that of each is. */
export class LoadTally {
  readonly #parts: LoadProgress[];
  readonly #tell: (progress: LoadProgress) => void;

  /**
   * @param count of the files
   * @param tell called whenever one of them tells something
   */
  constructor(count: number, tell: (progress: LoadProgress) => void) {
    this.#parts = Array.from({ length: count }, () => ({ loadedBytes: 0, totalBytes: undefined }));
    this.#tell = tell;
  }

  /** Whom a file tells of its progress. @param index of the file, from 0 */
  part(index: number): (progress: LoadProgress) => void {
    return (progress) => {
      this.#parts[index] = progress;
      const totals = this.#parts.map(({ totalBytes }) => totalBytes ?? Number.NaN);
      const total = sum(totals);
      this.#tell({
        loadedBytes: sum(this.#parts.map(({ loadedBytes }) => loadedBytes)),
        totalBytes: Number.isNaN(total) ? undefined : total,
      });
    };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
