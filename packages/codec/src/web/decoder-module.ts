import { CodecError } from "../errors.ts";
import { compileDecoder, type DecoderModule } from "../runtime/decoder-module.ts";

/**
 * The decoder in C as a module. Bundlers find both files by these URLs.
 * @throws CodecError `not-found` where a file is not beside the worker's code
 */
export function decoderModule(): Promise<DecoderModule> {
  return compileDecoder({
    simd: () => bytesAt(new URL("../../wasm/decoder-simd.wasm", import.meta.url)),
    plain: () => bytesAt(new URL("../../wasm/decoder.wasm", import.meta.url)),
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
