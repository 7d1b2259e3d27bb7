import { assertOneOf } from "../misuse.ts";

/**
 * How the networks can be run. `onnx`: on ONNX Runtime. `wasm`: encoder and decoder of compact
 * models in C, as WebAssembly, which opens in milliseconds and gives the same bits on every
 * machine.
 */
export const BACKENDS = ["onnx", "wasm"] as const;

/** One of {@link BACKENDS}. */
export type BackendName = (typeof BACKENDS)[number];

/**
 * Checks the name of a backend. Without one, `wasm` runs the models that it can, `onnx` all others.
 * @throws RangeError for what is none
 */
export function backendNamed(name: BackendName | undefined): BackendName | undefined {
  if (name !== undefined) assertOneOf(name, BACKENDS, "backend");
  return name;
}
