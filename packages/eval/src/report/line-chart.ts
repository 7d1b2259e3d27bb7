import { html, type Markup } from "./html.ts";

/** A point with half the width of its interval. */
export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  /** Short text beside the point. */
  readonly label?: string | undefined;
}

/** Points that are joined by a line. */
export interface ChartSeries {
  readonly name: string;
  /** Number of its colour. */
  readonly colour: number;
  /** From left to right. */
  readonly points: readonly ChartPoint[];
  readonly dashed?: boolean | undefined;
}

/** What a chart shows. */
export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly ChartSeries[];
  /** Whether x is logarithmic. */
  readonly logX?: boolean | undefined;
  /** Marks of x with their texts. */
  readonly xTicks: readonly (readonly [x: number, text: string])[];
  readonly yDecimals: number;
}

/** Width of a chart, in the units of its picture. */
export const CHART_WIDTH = 600;
/** How much of it is left of the names of the series. */
export const PLOT_WIDTH = 394;
const HEIGHT = 320;
const AREA = { left: 46, right: PLOT_WIDTH - 10, top: 16, bottom: 268 };
/** Width of a character of a mark, about. */
const CHARACTER = 6.4;
/** What marks that do not fit beside each other, and are therefore turned, add to the height. */
const TURNED_HEIGHT = 62;
/** Least distance of names at the right, so that they can be read. */
const NAME_DISTANCE = 17;
/** Characters of a name that fit beside the chart. */
const NAME_LENGTH = 30;

/**
 * A chart of lines with intervals, as SVG whose colours are those of the page; a series' name
 * stands where its line ends.
 */
export function lineChart(chart: LineChart): Markup {
  const points = chart.series.flatMap((series) => series.points);
  if (points.length === 0) return html``;
  const x = horizontal(chart, points);
  const { y, ticks } = vertical(points);
  const isTurned = needTurning(chart.xTicks, x);
  const extra = isTurned ? TURNED_HEIGHT : 0;
  return html`<figure class="chart"><svg viewBox="0 0 ${CHART_WIDTH} ${HEIGHT + extra}" role="img" aria-label="${spoken(chart)}">
${ticks.map((tick) => html`<line class="grid" x1="${AREA.left}" x2="${AREA.right}" y1="${f(y(tick))}" y2="${f(y(tick))}"/><text class="tick" text-anchor="end" x="${AREA.left - 8}" y="${f(y(tick) + 4)}">${tick.toFixed(decimalsOf(ticks))}</text>`)}
${chart.xTicks.map(([at, text]) => mark(text, x(at), isTurned))}
<text class="axis" text-anchor="middle" x="${(AREA.left + AREA.right) / 2}" y="${AREA.bottom + 42 + extra}">${chart.xLabel}</text>
${chart.series.map((series) => drawn(series, x, y))}
${names(chart.series, x, y)}
</svg><p class="legend">${chart.series.map(({ name, colour }) => html`<span class="c${colour % 6}">${name}</span>`)}</p><figcaption>${chart.title}</figcaption></figure>`;
}

/** Whether two marks would meet, or one leave the picture at the left or reach under the names. */
function needTurning(xTicks: LineChart["xTicks"], x: Scale): boolean {
  const spans = xTicks.map(([at, text]) => ({ centre: x(at), half: (text.length * CHARACTER) / 2 })).sort((a, b) => a.centre - b.centre);
  const isOutside = spans.some(({ centre, half }) => centre < half || centre + half > PLOT_WIDTH);
  return isOutside || spans.some(({ centre, half }, i) => i > 0 && centre - half < spans[i - 1].centre + spans[i - 1].half);
}

/** A mark of the horizontal axis; a turned one goes up to its place from the left. */
function mark(text: string, x: number, isTurned: boolean): Markup {
  if (!isTurned) return html`<text class="tick" text-anchor="middle" x="${f(x)}" y="${AREA.bottom + 20}">${text}</text>`;
  return html`<text class="tick" text-anchor="end" transform="translate(${f(x + 4)} ${AREA.bottom + 16}) rotate(-38)">${text}</text>`;
}

type Scale = (value: number) => number;

function horizontal({ logX, xTicks }: LineChart, points: readonly ChartPoint[]): Scale {
  const place = logX ? Math.log : (value: number): number => value;
  const values = [...points.map((point) => point.x), ...xTicks.map(([at]) => at)].map(place);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [from, to] = [AREA.left + 14, AREA.right - 14];
  return (value) => (high === low ? (from + to) / 2 : from + ((place(value) - low) / (high - low)) * (to - from));
}

/**
 * The axis ends at round numbers around all intervals, as far as they are not much wider than what
 * there is to see: those are cut off.
 */
function vertical(points: readonly ChartPoint[]): { readonly y: Scale; readonly ticks: readonly number[] } {
  const heights = points.map((point) => point.y);
  const [lowest, highest] = [Math.min(...heights), Math.max(...heights)];
  const reach = highest - lowest || Infinity;
  const low = Math.max(lowest - reach, Math.min(...points.map((point) => point.y - point.halfWidth)));
  const high = Math.min(highest + reach, Math.max(...points.map((point) => point.y + point.halfWidth)));
  const step = roundStep((high - low || 1) / 4);
  const [first, last] = [Math.floor(low / step), Math.ceil(high / step)];
  const ticks = Array.from({ length: Math.max(2, last - first + 1) }, (_, i) => (first + i) * step);
  const [bottom, top] = [ticks[0], ticks[ticks.length - 1]];
  const within = (value: number): number => Math.min(top, Math.max(bottom, value));
  return { y: (value) => AREA.bottom - ((within(value) - bottom) / (top - bottom)) * (AREA.bottom - AREA.top), ticks };
}

/** 1, 2 or 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5].find((factor) => factor * power >= step) ?? 10);
}

function decimalsOf(ticks: readonly number[]): number {
  return Math.max(0, -Math.floor(Math.log10(ticks[1] - ticks[0]) + 1e-9));
}

function drawn({ colour, points, dashed }: ChartSeries, x: Scale, y: Scale): Markup {
  const path = points.map((point) => `${f(x(point.x))},${f(y(point.y))}`).join(" ");
  return html`<g class="series c${colour % 6}"><polyline points="${path}"${dashed && html` stroke-dasharray="5 5"`}/>${points.map(
    (point) =>
      html`<line class="whisker" x1="${f(x(point.x))}" x2="${f(x(point.x))}" y1="${f(y(point.y - point.halfWidth))}" y2="${f(y(point.y + point.halfWidth))}"/><circle cx="${f(x(point.x))}" cy="${f(y(point.y))}" r="4"/>${
        point.label !== undefined && html`<text x="${f(x(point.x) + 7)}" y="${f(y(point.y) + 15)}">${point.label}</text>`
      }`,
  )}</g>`;
}

/**
 * Names at the right, moved apart where they would meet, each with a thin line to the end of its
 * series.
 */
function names(series: readonly ChartSeries[], x: Scale, y: Scale): Markup[] {
  const ends = series
    .filter(({ points }) => points.length > 0)
    .map(({ name, colour, points }) => ({ name, colour, x: x(points[points.length - 1].x), y: y(points[points.length - 1].y) }))
    .sort((a, b) => a.y - b.y);
  const places = spread(ends.map((end) => end.y));
  return ends.map(
    (end, i) =>
      html`<g class="name c${end.colour % 6}"><line class="leader" x1="${f(end.x + 6)}" y1="${f(end.y)}" x2="${AREA.right + 6}" y2="${f(places[i])}"/><text x="${AREA.right + 10}" y="${f(places[i] + 4)}">${shortened(end.name)}</text></g>`,
  );
}

/**
 * Heights that are at least {@link NAME_DISTANCE} apart and within the chart; given from the top
 * down.
 */
function spread(heights: readonly number[]): number[] {
  const out = [...heights];
  for (let i = 1; i < out.length; i++) out[i] = Math.max(out[i], out[i - 1] + NAME_DISTANCE);
  const over = out.length > 0 ? Math.max(0, out[out.length - 1] - AREA.bottom) : 0;
  if (over > 0) out[out.length - 1] -= over;
  for (let i = out.length - 2; i >= 0; i--) out[i] = Math.min(out[i], out[i + 1] - NAME_DISTANCE);
  return out;
}

function shortened(name: string): string {
  return name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
}

/** What the chart says, for those who cannot see it. */
function spoken({ title, series, yDecimals }: LineChart): string {
  const lines = series.map(({ name, points }) => `${name}: ${points.map((point) => point.y.toFixed(yDecimals)).join(", ")}`);
  return `${title}. ${lines.join("; ")}`;
}

function f(value: number): string {
  return value.toFixed(1);
}
