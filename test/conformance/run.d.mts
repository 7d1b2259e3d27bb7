/** Types of run.mjs. */
export interface Vector {
  readonly kind: "encode" | "decode";
  readonly trap: string;
  readonly input: string;
  readonly expected: string;
  readonly attention?: "reference" | "windowed";
  readonly chunking?: "exact" | "reference" | "any";
  readonly fromFrame?: number;
}
export interface ConformanceOptions {
  readonly encode: string;
  readonly decode: string;
  readonly encodeBatch?: string;
  readonly decodeBatch?: string;
  readonly decodeExtension?: string;
  readonly vectors?: string;
  readonly model?: string;
  readonly jobs?: number;
  readonly only?: (vector: Vector) => boolean;
}
export interface ConformanceResult {
  readonly name: string;
  readonly status: "ok" | "FAIL" | "skipped";
  readonly found: string;
}
export declare function runConformance(options: ConformanceOptions): Promise<ConformanceResult[]>;
