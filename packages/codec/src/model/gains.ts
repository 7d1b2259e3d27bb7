import type { Tensor } from "../runtime/session.ts";

/** Factor of each layer's contribution as a decoder takes it, `[1, layers]`. A view, not a copy. */
export function gainTensor(gains: Float32Array): Tensor {
  return { type: "float32", dims: [1, gains.length], data: gains };
}

/** The same with every layer in use. */
export function allLayers(layers: number): Tensor {
  return gainTensor(new Float32Array(layers).fill(1));
}
