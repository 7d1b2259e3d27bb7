import { CHART_WIDTH, PLOT_WIDTH } from "./line-chart.ts";

/**
 * On narrow screens a chart is so much wider than its place, and so much of its right is cut off:
 * the names, which a legend below says.
 */
const [CHART_SCALE, NAMES_SHARE] = [CHART_WIDTH / PLOT_WIDTH, 1 - PLOT_WIDTH / CHART_WIDTH].map((share) => `${(100 * share).toFixed(1)}%`);

/**
 * The look of the page: fonts and colours of the page in apps/web, for screens of any width, in the
 * dark, and on paper.
 */
export const REPORT_STYLE: string = `
:root {
  color-scheme: light dark;
  --paper: #f7f7f4; --card: #fdfdfb; --ink: #1a2022; --soft: #50595b; --line: #d9dad3; --mark: #d8ebe6;
  --c0: #0d6f66; --c1: #b0531c; --c2: #5a5598; --c3: #7d7223; --c4: #8f3b62; --c5: #59646e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #101416; --card: #151a1c; --ink: #e4e9e6; --soft: #a4afad; --line: #263033; --mark: #14322f;
    --c0: #55c7b1; --c1: #e8985f; --c2: #a9a4ee; --c3: #cdbf62; --c4: #df8db2; --c5: #a2adb7;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 Inter, "Helvetica Neue", Helvetica, Arial, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1240px; margin: 0 auto; padding: 56px 28px 80px; }
header { margin-bottom: 44px; }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -0.02em; font-weight: 640; margin: 0 0 14px; }
h2 { font-size: 21px; line-height: 1.3; letter-spacing: -0.01em; font-weight: 620; margin: 0 0 6px; }
h3 { font-size: 16px; font-weight: 620; margin: 0; }
p { margin: 0 0 14px; max-width: 74ch; }
.lead { font-size: 17px; color: var(--soft); max-width: 70ch; }
.made, .note { color: var(--soft); font-size: 14px; }
section { margin-top: 60px; }
section > p { color: var(--soft); font-size: 15px; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 3px; }
.scroll:focus-visible, button:focus-visible, input:focus-visible + span { outline: 2px solid var(--c0); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 14.5px; }
caption { text-align: left; padding: 12px 11px 10px; color: var(--soft); font-size: 13.5px; }
th, td { padding: 8px 11px; text-align: right; white-space: nowrap; vertical-align: baseline; }
thead th { font-weight: 560; color: var(--soft); font-size: 13px; border-bottom: 1px solid var(--line); vertical-align: bottom; line-height: 1.3; }
thead small { display: block; font-weight: 400; }
tbody th, thead th:first-child { padding-left: 16px; }
thead th:first-child { text-align: left; }
thead th.codec { white-space: normal; min-width: 7.5em; }
tbody th { text-align: left; font-weight: 500; position: sticky; left: 0; background: var(--card); }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tbody tr.first > * { border-top-width: 2px; }
th small.note { font-size: 0.88em; }
td small { color: var(--soft); font-size: 12px; margin-left: 5px; display: inline-block; min-width: 3.2em; text-align: left; }
.wide th, .wide td { padding: 6px 7px; font-size: 13.5px; }
.wide thead th.codec { min-width: 0; }
.wide td small { display: block; margin: 0; min-width: 0; text-align: right; line-height: 1.2; }
td.best { font-weight: 680; }
td.best::before { content: ""; display: inline-block; width: 6px; height: 6px; border-radius: 50%; background: var(--c0); margin-right: 7px; vertical-align: 2px; }
td.none { color: var(--soft); }
th.group, td.group { border-left: 1px solid var(--line); }
thead th.group { text-align: center; }
.swatch { display: inline-block; width: 9px; height: 9px; border-radius: 3px; margin-right: 9px; background: currentColor; }
${[0, 1, 2, 3, 4, 5].map((i) => `.c${i} { color: var(--c${i}); }`).join("\n")}
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 20px; margin-top: 16px; }
figure { margin: 0; }
.chart { background: var(--card); border: 1px solid var(--line); border-radius: 3px; padding: 14px 14px 12px; }
.chart figcaption { font-size: 13.5px; color: var(--soft); padding: 2px 4px 0; }
.chart svg { display: block; width: 100%; height: auto; }
svg text { font-size: 12px; fill: var(--soft); }
svg .grid { stroke: var(--line); }
svg .series { color: inherit; }
svg polyline { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
svg circle { fill: currentColor; stroke: var(--card); stroke-width: 1.5; }
svg .whisker { stroke: currentColor; stroke-width: 5; opacity: .2; stroke-linecap: round; }
svg .series text { font-size: 11px; }
svg .name text { fill: currentColor; font-weight: 560; }
.chart .legend { display: none; }
svg .leader { stroke: currentColor; opacity: .3; }
${[0, 1, 2, 3, 4, 5].map((i) => `svg .c${i} { color: var(--c${i}); }`).join("\n")}
.example { background: var(--card); border: 1px solid var(--line); border-radius: 3px; margin-top: 20px; overflow: hidden; }
.example > div { padding: 16px 18px 14px; }
.example .file { color: var(--soft); font-size: 14px; margin: 2px 0 0; overflow-wrap: anywhere; }
.example .pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); gap: 1px; border-top: 1px solid var(--line); padding: 0; }
.sound { background: var(--card); padding: 12px 18px 16px; display: block; box-shadow: 0 0 0 1px var(--line); }
.sound .head { display: flex; align-items: baseline; gap: 8px; flex-wrap: wrap; margin-bottom: 7px; font-size: 14px; }
.sound .head b { font-weight: 580; }
.sound .head span.values { color: var(--soft); font-size: 13px; flex-basis: 100%; margin-top: -6px; }
.sound .key { display: none; border: 1px solid var(--line); border-radius: 3px; font-size: 12px; line-height: 18px; min-width: 20px; text-align: center; color: var(--soft); }
.picture { position: relative; border-radius: 3px; overflow: hidden; background: #0d121e; line-height: 0; }
.picture img { width: 100%; height: 104px; display: block; }
.picture i { position: absolute; top: 0; bottom: 0; left: 0; width: 2px; margin-left: -1px; background: #fff; opacity: 0; }
audio { width: 100%; height: 34px; margin-top: 8px; }
.transport { display: none; align-items: center; gap: 14px; margin-top: 12px; }
button { font: inherit; font-size: 14.5px; font-weight: 560; color: var(--card); background: var(--ink); border: 0; border-radius: 3px; padding: 7px 20px; min-width: 92px; cursor: pointer; }
.transport span { color: var(--soft); font-size: 13.5px; }
.live audio { display: none; }
.live .transport { display: flex; flex-wrap: wrap; }
.live .sound .key { display: inline-block; }
.live .sound { cursor: pointer; }
.sound input { position: absolute; opacity: 0; pointer-events: none; }
.live .sound:has(input:checked) { background: var(--mark); }
.live .sound:has(input:checked) .key { background: var(--c0); border-color: var(--c0); color: var(--card); }
.live .sound:has(input:focus-visible) { outline: 2px solid var(--c0); outline-offset: -2px; }
.playing .picture i { opacity: .85; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 22px; font-size: 14.5px; margin: 14px 0 0; }
dt { font-weight: 560; }
dd { margin: 0; color: var(--soft); }
ul { padding-left: 20px; font-size: 14.5px; color: var(--soft); }
li { overflow-wrap: anywhere; }
footer { margin-top: 64px; padding-top: 18px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13.5px; overflow-wrap: anywhere; }
@media (max-width: 640px) {
  main { padding: 32px 16px 56px; }
  h1 { font-size: 27px; }
  section { margin-top: 46px; }
  th, td { padding: 8px 10px; }
  .chart { overflow: hidden; }
  .chart svg { width: ${CHART_SCALE}; clip-path: inset(0 ${NAMES_SHARE} 0 0); }
  .chart .legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13.5px; font-weight: 560; margin: 4px 0; }
  table { font-size: 14px; }
  tbody th { min-width: 9.5em; max-width: 46vw; white-space: normal; line-height: 1.3; box-shadow: 1px 0 0 var(--line); }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 9px; }
}
@page { size: A4 landscape; margin: 12mm; }
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; }
  main { max-width: none; padding: 0; }
  body { font-size: 11pt; }
  .scroll { overflow: visible; border: 0; }
  table { font-size: 8pt; }
  thead th { font-size: 7.5pt; }
  th, td { padding: 3px 6px; }
  td small { font-size: 6.5pt; min-width: 0; }
  .wide td small { display: none; }
  .wide thead th.codec { min-width: 0; }
  tbody th { position: static; }
  .charts { grid-template-columns: 1fr 1fr; }
  .transport, audio { display: none !important; }
  .chart, .example, tr { break-inside: avoid; }
  .picture, .swatch, td.best::before { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
