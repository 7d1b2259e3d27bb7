import { assertOneOf } from "../misuse.ts";

/**
 * How the networks can be run. `onnx`: all on ONNX Runtime. `wasm`: decoders of compact models in
 * the decoder in C as WebAssembly, which opens in milliseconds and gives the same bits on every
 * machine; ONNX Runtime is loaded only for encoders.
 */
export const BACKENDS = ["onnx", "wasm"] as const;

/** One of {@link BACKENDS}. */
export type BackendName = (typeof BACKENDS)[number];

/**
 * The backend that is meant; `onnx` for undefined.
 * @throws RangeError for what is none
 */
export function backendNamed(name: BackendName | undefined): BackendName {
  if (name === undefined) return "onnx";
  assertOneOf(name, BACKENDS, "backend");
  return name;
}
