import { CodecError } from "../errors.ts";
import type { CodecModule } from "./codec-module.ts";
import type { Backend } from "./session.ts";

/** Parts of a {@link wasmBackend}. */
export interface WasmBackendOptions {
  /** Gets the module of the code in C, once. */
  readonly codecModule: () => Promise<CodecModule>;
  /** Opens the backend of models that the code in C does not take. Default: they are refused. */
  readonly fallback?: (() => Promise<Backend>) | undefined;
}

/** A backend that encodes and decodes in the code in C as WebAssembly. */
export function wasmBackend({ codecModule, fallback }: WasmBackendOptions): Backend {
  return {
    name: "wasm",
    codecModule,
    ...(fallback && { fallback }),
    load: () => Promise.reject(new CodecError("unsupported", "Cannot load a graph with the backend wasm: leave the backend out")),
  };
}
