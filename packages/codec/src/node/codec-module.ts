import { readFile } from "node:fs/promises";
import { compileCodec, type CodecModule } from "../runtime/codec-module.ts";

/** Encoder and decoder in C as a module, from the package's own files. */
export function codecModule(): Promise<CodecModule> {
  const read = (name: string) => async () => new Uint8Array(await readFile(new URL(`../../wasm/${name}`, import.meta.url)));
  return compileCodec({ simd: read("codec-simd.wasm"), plain: read("codec.wasm") });
}
