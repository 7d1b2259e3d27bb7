import "uplot/dist/uPlot.min.css";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { isDark } from "../theme.ts";
import { words } from "../words.ts";
import { CHART_SERIES, chartColumns, type RatePoint } from "./contenders.ts";

const HEIGHT = 232;
/** Between a point and its name, CSS pixels. */
const NAME_GAP = 8;
/** Range of the chart, kbit/s. */
const RATES = [0.4, 100] as const;
/** Range of PESQ-WB. */
const SCORES = [1, 4.64] as const;

const t = words({
  en: { rate: "kbit/s", score: "PESQ-WB", layers: "This codec", opus: "Opus", pcm: "8 kHz PCM", title: "Quality against bit rate" },
  zh: { rate: "kbit/s", score: "PESQ-WB", layers: "本编解码器", opus: "Opus", pcm: "8 kHz PCM", title: "质量与码率" },
});

/** PESQ-WB over the bit rate, which has a logarithmic scale. The table says the same in numbers. */
export function RateChart({ points }: { points: readonly RatePoint[] }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const dark = isDark.value;
  const names = CHART_SERIES.map((kind) => t(kind));
  useEffect(() => {
    if (!place.current) return;
    const chart = new uPlot(options(place.current.clientWidth, names), chartColumns(points), place.current);
    const sizes = new ResizeObserver(([entry]) => chart.setSize({ width: entry.contentRect.width, height: HEIGHT }));
    sizes.observe(place.current);
    return () => {
      sizes.disconnect();
      chart.destroy();
    };
  }, [points, dark, names.join()]);
  return (
    <figure class="rate-chart" aria-label={t("title")}>
      <figcaption>{t("title")}</figcaption>
      <div ref={place} style={{ height: `${HEIGHT}px` }} aria-hidden="true" />
    </figure>
  );
}

function options(width: number, names: readonly string[]): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--ink-2"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 },
    font: `12px ${colour("--font")}`,
    labelFont: `12px ${colour("--font")}`,
  };
  const strokes = [colour("--accent"), colour("--ink"), colour("--ink-3")];
  return {
    width,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time: false, distr: 3, range: () => [...RATES] }, y: { range: () => [...SCORES] } },
    axes: [
      {
        ...axis,
        label: t("rate"),
        labelSize: 18,
        size: 34,
        splits: () => [0.5, 1, 2, 5, 10, 20, 50],
        values: (_, splits) => splits.map(String),
        filter: (_, splits) => splits,
      },
      { ...axis, label: t("score"), labelSize: 18, size: 36, splits: () => [1, 2, 3, 4] },
    ],
    series: [
      {},
      ...names.map(
        (label, i): uPlot.Series => ({
          label,
          stroke: strokes[i],
          width: 1.5,
          spanGaps: true,
          points: { show: true, size: 8, fill: strokes[i] },
        }),
      ),
    ],
    hooks: { draw: [(chart) => nameSeries(chart, names, strokes)] },
  };
}

/**
 * Writes each name above the last point of its series, that of PCM below it, so that none meets
 * another: no legend to look up.
 */
function nameSeries(chart: uPlot, names: readonly string[], strokes: readonly string[]): void {
  const { ctx, data } = chart;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px sans-serif`;
  ctx.textAlign = "center";
  names.forEach((name, i) => {
    const at = data[i + 1].findLastIndex((value) => value != null);
    const score = data[i + 1][at];
    if (score == null) return;
    const most = chart.bbox.left + chart.bbox.width - ctx.measureText(name).width / 2;
    const isBelow = CHART_SERIES[i] === "pcm";
    ctx.fillStyle = strokes[i];
    ctx.textBaseline = isBelow ? "top" : "bottom";
    const gap = NAME_GAP * devicePixelRatio * (isBelow ? 1 : -1);
    ctx.fillText(name, Math.min(chart.valToPos(data[0][at], "x", true), most), chart.valToPos(score, "y", true) + gap);
  });
  ctx.restore();
}
