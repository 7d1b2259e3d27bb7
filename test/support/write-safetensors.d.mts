/** Types of write-safetensors.mjs. */

/**
 * One tensor: its element type as the format names it, its shape, its elements. F16 and BF16 come
 * as bit patterns.
 */
export interface TensorToWrite {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView & { readonly length: number };
}
export declare function writeSafetensors(
  tensors: Readonly<Record<string, TensorToWrite>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array;
