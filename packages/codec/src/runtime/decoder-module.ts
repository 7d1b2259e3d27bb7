/** The decoder in C, compiled. */
export type DecoderModule = WebAssembly.Module;

/** The built files of the decoder in C, in packages/codec/wasm. */
export interface DecoderFiles {
  simd(): Promise<Uint8Array<ArrayBuffer>>;
  plain(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Compiles the decoder, with SIMD where this machine has it; the bits are the same without. */
export async function compileDecoder(files: DecoderFiles): Promise<DecoderModule> {
  const simd = await files.simd();
  return WebAssembly.compile(WebAssembly.validate(simd) ? simd : await files.plain());
}
