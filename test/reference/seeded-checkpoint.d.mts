/** Types of seeded-checkpoint.mjs. */
export type Size = "full" | "tiny";
export type ConfigSection = Readonly<Record<string, unknown>>;
export interface ConfigJson {
  readonly [field: string]: unknown;
  readonly encoder_valid_num_quantizers: number;
  readonly encoder_config: ConfigSection;
  readonly decoder_config: ConfigSection;
}
export interface ConfigChanges {
  readonly encoder?: ConfigSection;
  readonly decoder?: ConfigSection;
  readonly [field: string]: unknown;
}
export declare function seededConfig(size: Size, changes?: ConfigChanges): ConfigJson;
export declare function tensorShapes(config: ConfigJson): Map<string, readonly number[]>;
export declare function uniform(name: string, count: number, lo: number, hi: number, seed: number): Float32Array;
export declare function seededTensor(name: string, shape: readonly number[], seed: number): Float32Array;
export declare function writeSeededCheckpoint(folder: string, config: ConfigJson, seed: number): void;
