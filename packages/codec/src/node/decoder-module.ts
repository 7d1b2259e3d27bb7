import { readFile } from "node:fs/promises";
import { compileDecoder, type DecoderModule } from "../runtime/decoder-module.ts";

/** The decoder in C as a module, from the package's own files. */
export function decoderModule(): Promise<DecoderModule> {
  const read = (name: string) => async () => new Uint8Array(await readFile(new URL(`../../wasm/${name}`, import.meta.url)));
  return compileDecoder({ simd: read("decoder-simd.wasm"), plain: read("decoder.wasm") });
}
