import { assertNumber, assertOptions } from "../misuse.ts";
import { CodecError } from "../errors.ts";

/**
 * Which layers a decoder uses. Default: all. At most one of `layers` and `onlyLayer` may be given.
 */
export interface LayerSelection {
  /** Use the first N layers, 1 to K. */
  readonly layers?: number | undefined;
  /** Use this layer alone, 0 to K - 1. */
  readonly onlyLayer?: number | undefined;
  /** Leave these layers out, each 0 to K - 1. */
  readonly muteLayers?: readonly number[] | undefined;
}

/**
 * Factor of each layer's contribution.
 * @param available how many layers the codes have; the rest is left out
 * @param total K of the model
 * @returns `[total]`, 1 = use, 0 = leave out
 * @throws CodecError `usage` when a number is out of range or the wishes contradict each other;
 * TypeError for what is no number
 */
export function layerGains(selection: LayerSelection, available: number, total: number): Float32Array {
  assertOptions(selection, { layers: "number", onlyLayer: "number", muteLayers: "numbers" }, "selection");
  assertNumber(total, "total", 1, 64);
  assertNumber(available, "available", 1, 64);
  const { layers = available, onlyLayer, muteLayers = [] } = selection;
  if (selection.layers !== undefined && onlyLayer !== undefined)
    throw new CodecError("usage", "Cannot use the first layers and one layer alone at once: give one of the two");
  if (!Number.isInteger(layers) || layers < 1 || layers > available)
    throw new CodecError("usage", `Cannot use the first ${layers} layers: these codes have ${available}; choose 1 to ${available}`);
  for (const layer of onlyLayer === undefined ? muteLayers : [onlyLayer, ...muteLayers]) {
    if (!Number.isInteger(layer) || layer < 0 || layer >= available)
      throw new CodecError("usage", `Cannot choose layer ${layer}: these codes have layers 0 to ${available - 1}`);
  }
  const muted = new Set(muteLayers);
  return Float32Array.from({ length: total }, (_, k) =>
    k < layers && (onlyLayer === undefined || k === onlyLayer) && !muted.has(k) ? 1 : 0,
  );
}
