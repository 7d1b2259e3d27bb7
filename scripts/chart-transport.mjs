/**
 * The chart of bench/results/transport.json: PESQ-WB over the part of the packets that is lost, as
 * an SVG that stands by itself.
 */
import { lineChart } from "../packages/eval/dist/report/line-chart.js";

/** Hues that can be told apart, on a light page and on a dark one. */
const COLOURS = [
  ["#0b63c5", "#6fb2ff"],
  ["#b3261e", "#ff9d93"],
  ["#0a7a53", "#5fd3a3"],
  ["#8a5a00", "#f0b95a"],
  ["#6a3fb5", "#c0a2ff"],
  ["#555f6b", "#b4bfcc"],
];
const colours = (theme) => COLOURS.map((pair, i) => `.c${i} { color: ${pair[theme]}; }`).join(" ");
const STYLE = `<style>
svg { font-family: system-ui, sans-serif; --soft: #4a5560; --line: #d5dae0; --card: #ffffff; }
${colours(0)}
text { font-size: 12px; fill: var(--soft); }
.grid { stroke: var(--line); }
polyline { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
circle { fill: currentColor; }
.whisker { stroke: currentColor; stroke-width: 5; opacity: .2; stroke-linecap: round; }
.name text { fill: currentColor; font-weight: 560; }
.leader { stroke: currentColor; opacity: .3; }
@media (prefers-color-scheme: dark) { svg { --soft: #a9b4c0; --line: #3a424c; --card: #0d1117; } ${colours(1)} }
</style><rect width="100%" height="100%" fill="var(--card)"/>`;

/** What is lost, and where that stands in the results. */
const LOSSES = [
  [0, "clean"],
  [20, "20 % loss"],
  [30, "30 % loss"],
];

/** A codec in few words. */
function shortName({ codec, kilobitsPerSecond, delayMs }) {
  const layout = /, (\S+) over/.exec(codec)?.[1];
  return layout
    ? `twelvehz ${kilobitsPerSecond.toFixed(1)} kbit/s, ${delayMs} ms`
    : `${codec.replace(/ kbit.*$/, "")} (${Math.round(kilobitsPerSecond)} kbit/s)`;
}

/** @param results of bench/transport/measure.mjs */
export function transportChart({ clips, links, codecs }) {
  const series = codecs
    .filter(({ codec }) => !codec.includes(" over SRTP")) // the same packets as over RTP, nearly; there are six colours
    .map((codec) => ({ name: shortName(codec), points: pointsOf(codec, links, clips) }))
    .filter(({ points }) => points.length > 1)
    .map((one, colour) => ({ ...one, colour }));
  const xTicks = LOSSES.filter(([x]) => series.some(({ points }) => points.some((point) => point.x === x)));
  const { text } = lineChart({
    title: "PESQ-WB over lost packets",
    xLabel: "packets lost, %",
    series,
    xTicks: xTicks.map(([x]) => [x, String(x)]),
    yDecimals: 2,
  });
  const svg = /<svg[\s\S]*<\/svg>/.exec(text)[0];
  return `${svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" width="600" ').replace(">", `>${STYLE}`)}\n`;
}

/** What was heard with fewer clips cannot stand beside the rest. */
function pointsOf({ pesqWb }, links, clips) {
  return LOSSES.flatMap(([x, link]) => {
    const cell = pesqWb?.[links.indexOf(link)];
    return cell?.clips === clips ? [{ x, y: cell.mean, halfWidth: cell.halfWidth }] : [];
  });
}
