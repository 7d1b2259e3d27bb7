/** Types of harness.mjs. */
export declare const READER_NAMES: readonly string[];
export declare const MAX_GROWTH: number;
export interface Attempt {
  readonly outcome: string;
  readonly problem: string | undefined;
  readonly ms: number;
}
export declare function makeInput(reader: string, seed: number, index: number): Uint8Array;
export declare function tryInput(reader: string, input: Uint8Array): Promise<Attempt>;
export declare function tryInTime(reader: string, input: Uint8Array): Promise<Attempt>;
export declare const REGRESSIONS: readonly {
  readonly name: string;
  readonly reader: string;
  readonly outcome: string;
  bytes(): Uint8Array;
}[];
