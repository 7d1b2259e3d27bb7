/**
 * Colours for codes: lightness grows by the same step from code to code, as the eye sees it, from
 * dark violet over teal to light yellow. Computed in Oklch (B. Ottosson, "A perceptual color space
 * for image processing", 2020).
 */

/**
 * Lightness of the first and the last colour: both stand out from a white and from a black page.
 */
const LIGHTNESS = [0.36, 0.92] as const;
/** Hue of the first and the last colour, degrees. */
const HUE = [300, 100] as const;
/** Strength of the colours: the most that sRGB can show at every lightness and hue of the way. */
const CHROMA = 0.095;

/**
 * The colours from the lowest code to the highest.
 * @param count how many, at least 2
 * @returns `[count, 3]` red, green, blue, 0 to 255
 */
export function codeColors(count: number): Uint8Array {
  const colors = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) {
    const at = i / (count - 1);
    colors.set(srgbOfOklch(mix(LIGHTNESS, at), CHROMA, mix(HUE, at)), 3 * i);
  }
  return colors;
}

function mix([from, to]: readonly [number, number], at: number): number {
  return from + (to - from) * at;
}

/**
 * Red, green and blue, 0 to 255, of a colour in Oklch; what sRGB cannot show is cut.
 * @param lightness 0 to 1
 * @param hue degrees
 */
export function srgbOfOklch(lightness: number, chroma: number, hue: number): [red: number, green: number, blue: number] {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    gamma(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    gamma(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ];
}

/** IEC 61966-2-1, clause 5.2: linear light to a value of 0 to 255. */
function gamma(linear: number): number {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}
