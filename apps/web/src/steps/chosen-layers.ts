import type { LayerSelection } from "@twelvehz/codec";

/** Which layers are heard, `[K]`: true = on. */
export type ChosenLayers = readonly boolean[];

/**
 * The first layers on, the others off.
 * @param total K, layers of the codes
 * @param count how many are on, 0 to K
 */
export function firstLayersOf(total: number, count: number): ChosenLayers {
  return Array.from({ length: total }, (_, k) => k < count);
}

/** One layer on, the others off. */
export function layerAlone(total: number, layer: number): ChosenLayers {
  return Array.from({ length: total }, (_, k) => k === layer);
}

/** The same choice with one layer the other way round. */
export function withLayerToggled(chosen: ChosenLayers, layer: number): ChosenLayers {
  return chosen.map((on, k) => (k === layer ? !on : on));
}

/** The one layer that is on, or undefined where none or several are. */
export function aloneIn(chosen: ChosenLayers): number | undefined {
  const first = chosen.indexOf(true);
  return first >= 0 && first === chosen.lastIndexOf(true) ? first : undefined;
}

/** How many layers are on from layer 0 up to the first that is off. */
export function leadingCount(chosen: ChosenLayers): number {
  const off = chosen.indexOf(false);
  return off < 0 ? chosen.length : off;
}

/** The choice as the codec takes it. */
export function layerSelectionOf(chosen: ChosenLayers): LayerSelection {
  return { muteLayers: chosen.flatMap((on, k) => (on ? [] : [k])) };
}

/** The layers that are on in words for a page, such as `0–7, 9`; empty where none is. */
export function layerRanges(chosen: ChosenLayers): string {
  const ranges: string[] = [];
  for (let start = chosen.indexOf(true); start >= 0; start = chosen.indexOf(true, start)) {
    const off = chosen.indexOf(false, start);
    const end = off < 0 ? chosen.length : off;
    ranges.push(end - start === 1 ? `${start}` : `${start}–${end - 1}`);
    start = end;
  }
  return ranges.join(", ");
}
