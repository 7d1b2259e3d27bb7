import { assertOneOf } from "../misuse.ts";

/**
 * Where networks run. `cpu`: on the processor. `webgpu`: on a graphics card, or opening fails.
 * `auto`: on a graphics card where there is one that passes the check, and the model has kernels for
 * one; else on the processor.
 */
export const DEVICES = ["cpu", "webgpu", "auto"] as const;

/** One of {@link DEVICES}. */
export type DeviceName = (typeof DEVICES)[number];

/**
 * The device that is meant; `cpu` for undefined.
 * @throws RangeError for what is none
 */
export function deviceNamed(name: DeviceName | undefined): DeviceName {
  if (name === undefined) return "cpu";
  assertOneOf(name, DEVICES, "device");
  return name;
}
