/**
 * The outline of a clip as an SVG path in a box of `columns` by 2, with silence at height 1: upper
 * edge from left to right, lower edge back.
 * @param samples nominally in [-1, 1]; what lies outside is cut
 * @param columns at least 1
 */
export function waveformPath(samples: Float32Array, columns: number): string {
  if (samples.length === 0) return "";
  const upper: string[] = [];
  const lower: string[] = [];
  for (let column = 0; column < columns; column++) {
    const [low, high] = extremes(
      samples,
      Math.floor((column * samples.length) / columns),
      Math.ceil(((column + 1) * samples.length) / columns),
    );
    upper.push(`${column} ${heightOf(high)}`);
    lower.push(`${column} ${heightOf(low)}`);
  }
  return `M${upper.join("L")}L${lower.reverse().join("L")}Z`;
}

function extremes(samples: Float32Array, start: number, end: number): [low: number, high: number] {
  let [low, high] = [samples[start], samples[start]];
  for (let i = start + 1; i < end; i++) {
    if (samples[i] < low) low = samples[i];
    else if (samples[i] > high) high = samples[i];
  }
  return [low, high];
}

/** Down is positive in SVG. A hair of height stays, so that silence is a line. */
function heightOf(value: number): string {
  return (1 - Math.min(1, Math.max(-1, value)) * 0.96).toFixed(3);
}
