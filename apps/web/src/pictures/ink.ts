/** Colours of pictures whose levels go from 0 (the paper) to 255 (the strongest ink). */

type Colour = readonly [red: number, green: number, blue: number];

/**
 * From paper to ink by equal steps, on light and on dark paper: lightness changes one way only, so
 * that the pictures read without colour.
 */
const LIGHT: readonly Colour[] = [
  [250, 250, 248],
  [205, 226, 221],
  [104, 178, 167],
  [15, 116, 106],
  [8, 58, 58],
  [6, 26, 30],
];
const DARK: readonly Colour[] = [
  [14, 18, 20],
  [17, 46, 48],
  [18, 92, 88],
  [34, 156, 140],
  [126, 216, 192],
  [240, 252, 236],
];

const ramps = new Map<boolean, Uint8ClampedArray>();

/** RGBA of the 256 levels, `[256, 4]`, on light or dark paper. Shared: not to be changed. */
export function inkFor(dark: boolean): Uint8ClampedArray {
  const ramp = ramps.get(dark) ?? rampOf(dark ? DARK : LIGHT);
  ramps.set(dark, ramp);
  return ramp;
}

function rampOf(stops: readonly Colour[]): Uint8ClampedArray {
  const out = new Uint8ClampedArray(256 * 4);
  for (let level = 0; level < 256; level++) {
    const at = (level / 255) * (stops.length - 1);
    const [from, to] = [stops[Math.floor(at)], stops[Math.ceil(at)]];
    from.forEach((value, i) => (out[4 * level + i] = value + (to[i] - value) * (at % 1)));
    out[4 * level + 3] = 255;
  }
  return out;
}
