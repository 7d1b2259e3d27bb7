import type { Atlas } from "./atlas.ts";

/** How much of an atlas is written. */
export interface AtlasJsonOptions {
  /**
   * Write the entries with their acoustics and places on the map. Default true: about 2 MB more for
   * 16 layers.
   */
  readonly entries?: boolean | undefined;
}

/** Significant digits of numbers in JSON. */
const DIGITS = 5;

/**
 * An atlas as JSON text. Numbers have five significant digits; those that are not known are null.
 */
export function atlasJson(atlas: Atlas, made: Readonly<Record<string, unknown>>, { entries = true }: AtlasJsonOptions = {}): string {
  const layers = atlas.layers.map(({ entries: table, plane, ...layer }) => ({
    ...layer,
    planeShares: plane?.shares,
    ...(entries && { entries: table, plane }),
  }));
  return `${JSON.stringify({ made, ...atlas, layers }, rounded, entries ? undefined : 1)}\n`;
}

function rounded(_key: string, value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null;
  return value instanceof Float64Array || value instanceof Uint32Array ? Array.from(value) : value;
}
