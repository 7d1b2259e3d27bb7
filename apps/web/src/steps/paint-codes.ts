import type { Codes } from "@twelvehz/codec";
import type { ChosenLayers } from "./chosen-layers.ts";
import { type GridView, frameAt } from "./grid-view.ts";

/** How much of its colour a layer keeps that is off, 0 to 255. */
const MUTED_ALPHA = 46;

/**
 * Pixels of the codes in sight, one row for each layer: whoever draws them makes the rows as high
 * as they should be. Where several frames share a pixel, one of them is shown; a mean of codes
 * would be no code.
 * @param view in device pixels
 * @param chosen layers that are off are faint
 * @param colors `[n, 3]`, as {@link codeColors} gives them
 * @returns `[K, width, 4]` red, green, blue, alpha; transparent beyond the clip
 */
export function paintCodes(codes: Codes, view: GridView, chosen: ChosenLayers, colors: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const { layers, codebookSize, data } = codes;
  const scale = (colors.length / 3 - 1) / Math.max(1, codebookSize - 1);
  const pixels = new Uint8ClampedArray(layers * view.width * 4);
  for (let x = 0; x < view.width; x++) {
    const frame = frameAt(view, x + 0.5);
    if (frame === undefined) continue;
    for (let layer = 0; layer < layers; layer++) {
      const color = 3 * Math.round(data[frame * layers + layer] * scale);
      const pixel = 4 * (layer * view.width + x);
      pixels.set(colors.subarray(color, color + 3), pixel);
      pixels[pixel + 3] = chosen[layer] ? 255 : MUTED_ALPHA;
    }
  }
  return pixels;
}
