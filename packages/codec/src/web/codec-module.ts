import { CodecError } from "../errors.ts";
import { compileCodec, type CodecModule } from "../runtime/codec-module.ts";

/**
 * Encoder and decoder in C as a module. Bundlers find both files by these URLs.
 * @throws CodecError `not-found` where a file is not beside the worker's code
 */
export function codecModule(): Promise<CodecModule> {
  return compileCodec({
    simd: () => bytesAt(new URL("../../wasm/codec-simd.wasm", import.meta.url)),
    plain: () => bytesAt(new URL("../../wasm/codec.wasm", import.meta.url)),
  });
}

async function bytesAt(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok)
    throw new CodecError(
      "not-found",
      `Cannot get "${url.href}": the server says ${response.status}; serve the file that the bundler has put there`,
    );
  return new Uint8Array(await response.arrayBuffer());
}
