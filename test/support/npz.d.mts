/** Types of npz.mjs. */
export interface NpyArray {
  readonly data: Float32Array | Int16Array | Int32Array | BigInt64Array | Uint8Array;
  readonly shape: readonly number[];
}
export declare function readNpz(bytes: Uint8Array): Record<string, NpyArray>;
export declare function readNpy(bytes: Uint8Array): NpyArray;
export declare function writeNpy(array: NpyArray): Buffer;
