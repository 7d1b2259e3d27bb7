/** Encoder and decoder in C, compiled. */
export type CodecModule = WebAssembly.Module;

/** The built files of the code in C, in packages/codec/wasm. */
export interface CodecFiles {
  simd(): Promise<Uint8Array<ArrayBuffer>>;
  plain(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Compiles the code, with SIMD where this machine has it; the bits are the same without. */
export async function compileCodec(files: CodecFiles): Promise<CodecModule> {
  const simd = await files.simd();
  return WebAssembly.compile(WebAssembly.validate(simd) ? simd : await files.plain());
}
