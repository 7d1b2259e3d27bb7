import type { DecoderModule } from "./decoder-module.ts";
import type { Backend } from "./session.ts";

/** Parts of a {@link wasmBackend}. */
export interface WasmBackendOptions {
  /** Gets the decoder's module, once. */
  readonly decoderModule: () => Promise<DecoderModule>;
  /** Opens the backend that runs encoders, at the first encoder. */
  readonly encoders: () => Promise<Backend>;
  /** Name of that backend, for reports. */
  readonly encodersName: string;
}

/**
 * A backend that decodes in the decoder in C as WebAssembly, and loads what encoders need only when
 * one is opened.
 */
export function wasmBackend({ decoderModule, encoders, encodersName }: WasmBackendOptions): Backend {
  let opened: Promise<Backend> | undefined;
  return {
    name: `wasm, ${encodersName} for encoders`,
    decoderModule,
    async load(graph, options) {
      opened ??= encoders();
      return (await opened).load(graph, options);
    },
  };
}
