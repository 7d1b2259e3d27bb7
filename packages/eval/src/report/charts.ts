import type { MeasureInfo } from "../measures/measure.ts";
import { type EvaluationResults, UNPROCESSED } from "../evaluation/results.ts";
import { MeanTable } from "../evaluation/summary.ts";
import type { Markup } from "./html.ts";
import { type ChartPoint, type ChartSeries, lineChart } from "./line-chart.ts";
import { seriesNumbers, seriesOf, spreadOf, stepOf } from "./series.ts";
import { mainCondition } from "./tables.ts";

/** Bit rates that the axis may name, kbit/s. */
const RATES = [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500];
/** Codecs in a chart of conditions; more cannot be told apart. */
const MOST_LINES = 4;
/**
 * How far apart the lines of a chart of conditions stand, so that their intervals can be told
 * apart; conditions are 1 apart.
 */
const LINE_DISTANCE = 0.05;

/** A measure by bit rate, a line for each kind of codec. */
export function rateChart(results: EvaluationResults, measure: MeasureInfo): Markup {
  const means = new MeanTable(results);
  const condition = mainCondition(results);
  const series = seriesWith(results, ({ codec, kilobitsPerSecond }) => {
    const interval = means.find(codec, condition, measure.id);
    const step = stepOf(codec);
    const label = step?.unit === "layers" ? `${step.value} layer${step.value === 1 ? "" : "s"}` : undefined;
    return interval && kilobitsPerSecond > 0 ? { x: kilobitsPerSecond, y: interval.mean, halfWidth: interval.halfWidth, label } : undefined;
  });
  const rates = series.flatMap(({ points }) => points.map(({ x }) => x));
  const xTicks = RATES.filter((rate) => rate > Math.min(...rates) / 1.6 && rate < Math.max(...rates) * 1.6).map(
    (rate) => [rate, String(rate)] as const,
  );
  return lineChart({ title: titled(measure), xLabel: "kbit/s", series, logX: true, xTicks, yDecimals: measure.decimals });
}

/** A measure by number of layers; undefined where no codec was measured with several. */
export function layerChart(results: EvaluationResults, measure: MeasureInfo): Markup | undefined {
  const means = new MeanTable(results);
  const condition = mainCondition(results);
  const series = seriesWith(results, ({ codec }) => {
    const [step, interval] = [stepOf(codec), means.find(codec, condition, measure.id)];
    return step?.unit === "layers" && interval ? { x: step.value, y: interval.mean, halfWidth: interval.halfWidth } : undefined;
  }).filter(({ points }) => points.length > 1);
  if (series.length === 0) return undefined;
  const layers = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))];
  return lineChart({
    title: titled(measure),
    xLabel: "layers",
    series,
    xTicks: layers.map((n) => [n, String(n)]),
    yDecimals: measure.decimals,
  });
}

/** A measure against the clean clip by condition, for a few codecs beside no codec at all. */
export function conditionChart(results: EvaluationResults, measure: MeasureInfo): Markup {
  const means = new MeanTable(results);
  const names = results.codecs.map(({ codec }) => codec);
  const numbers = seriesNumbers(names);
  const shown = [UNPROCESSED, ...spreadOf(names, MOST_LINES)];
  const series = shown.map((name, i): ChartSeries => {
    const shift = (i - (shown.length - 1) / 2) * LINE_DISTANCE;
    const points = results.conditions.flatMap((condition, x) => {
      const interval = means.find(name, condition, measure.id);
      return interval ? [{ x: x + shift, y: interval.mean, halfWidth: interval.halfWidth }] : [];
    });
    return { name, colour: numbers.get(name) ?? 5, points, dashed: name === UNPROCESSED };
  });
  const xTicks = results.conditions.map((name, x) => [x, name] as const);
  return lineChart({
    title: `${titled(measure)}, against the clean clip`,
    xLabel: "condition",
    series,
    xTicks,
    yDecimals: measure.decimals,
  });
}

/** Points of the codecs, one series for each kind. */
function seriesWith(
  { codecs }: EvaluationResults,
  pointOf: (codec: EvaluationResults["codecs"][number]) => ChartPoint | undefined,
): ChartSeries[] {
  const numbers = seriesNumbers(codecs.map(({ codec }) => codec));
  const kinds = [...new Set(codecs.map(({ codec }) => seriesOf(codec)))];
  return kinds.map((name) => {
    const own = codecs.filter(({ codec }) => seriesOf(codec) === name);
    const points = own.flatMap((codec) => pointOf(codec) ?? []).sort((a, b) => a.x - b.x);
    return { name, colour: numbers.get(own[0].codec) ?? 0, points };
  });
}

function titled({ label, unit, better }: MeasureInfo): string {
  const direction = better === "higher" ? "higher is better" : better === "lower" ? "lower is better" : "nearest zero is best";
  return `${label}${unit && `, ${unit}`}: ${direction}`;
}
