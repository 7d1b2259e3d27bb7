import { assertOneOf } from "../misuse.ts";

/**
 * Where networks run. `cpu`: on the processor. `webgpu`: on a graphics card, or opening fails.
 * `auto`: on a graphics card where there is one that passes the check, and the model has kernels for
 * one; else on the processor.
 */
export const DEVICES = ["cpu", "webgpu", "auto"] as const;

/** One of {@link DEVICES}. */
export type DeviceName = (typeof DEVICES)[number];

/** How a graphics card can keep the weights of a decoder. It computes with 32 bits always. */
export const DECODER_WEIGHTS = ["float32", "float16"] as const;

/** One of {@link DECODER_WEIGHTS}. */
export type DecoderWeights = (typeof DECODER_WEIGHTS)[number];

/** Where networks run, and how. */
export interface DeviceOptions {
  /**
   * Where networks run. Default `cpu`; `webgpu` and `auto` are for the published model, and want the
   * package `webgpu` in Node: docs/performance.md says when.
   */
  readonly device?: DeviceName | undefined;
  /**
   * How a graphics card keeps the weights of the decoder. Default `float32`; `float16` takes half of
   * its memory, and rounds them: docs/performance.md says what is heard of it.
   */
  readonly decoderWeights?: DecoderWeights | undefined;
}

/** {@link DeviceOptions} without gaps. */
export type DeviceChoice = { readonly [Name in keyof DeviceOptions]-?: NonNullable<DeviceOptions[Name]> };

/**
 * What is meant, without gaps.
 * @throws RangeError for what is no such name
 */
export function deviceChoice({ device = "cpu", decoderWeights = "float32" }: DeviceOptions): DeviceChoice {
  assertOneOf(device, DEVICES, "device");
  assertOneOf(decoderWeights, DECODER_WEIGHTS, "decoderWeights");
  return { device, decoderWeights };
}
