/** Number with the unit in which codecs of one kind differ. */
const STEP = /,? ?(\d+(?:\.\d+)?) (layers?|kbit\/s)/;

/**
 * What codecs that differ in their number of layers or in their bit rate have in common: the name
 * without it.
 */
export function seriesOf(codec: string): string {
  return codec.replace(STEP, "").trim();
}

/** The number of layers or the bit rate in the name of a codec; undefined where there is none. */
export function stepOf(codec: string): { readonly value: number; readonly unit: string } | undefined {
  const match = STEP.exec(codec);
  return match ? { value: Number(match[1]), unit: match[2].startsWith("layer") ? "layers" : match[2] } : undefined;
}

/** Number of the series of every codec, in the order in which they first come: 0, 1, and so on. */
export function seriesNumbers(codecs: readonly string[]): Map<string, number> {
  const order = [...new Set(codecs.map(seriesOf))];
  return new Map(codecs.map((codec) => [codec, order.indexOf(seriesOf(codec))]));
}

/**
 * Some of the codecs that show the range of them all: the first of every series, then the second,
 * and so on.
 * @returns at most `count`, in the order in which they were given
 */
export function spreadOf(codecs: readonly string[], count: number): string[] {
  const places = new Map<string, number>();
  const rank = new Map(
    codecs.map((codec) => {
      const place = places.get(seriesOf(codec)) ?? 0;
      places.set(seriesOf(codec), place + 1);
      return [codec, place];
    }),
  );
  const chosen = new Set(codecs.toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0)).slice(0, count));
  return codecs.filter((codec) => chosen.has(codec));
}
