import { REPORT_STYLE } from "../report/report-style.ts";

/** The look of the atlas: that of reports, with shaded cells, bars and the map. */
export const ATLAS_STYLE: string = `${REPORT_STYLE}
:root { --shade: 62%; }
@media (prefers-color-scheme: dark) { :root { --shade: 45%; } }
td.shade { background: color-mix(in oklab, var(--c0) calc(var(--v) * var(--shade)), transparent); }
table.dense th, table.dense td { padding: 7px 9px; }
table.dense thead th { white-space: normal; min-width: 62px; }
table.bits th, table.bits td { padding: 7px 5px; }
table.bits thead th { min-width: 0; }
tfoot th, table.bits th:first-child { padding-left: 16px; }
td.harm small { display: block; margin: 0; min-width: 0; text-align: right; line-height: 1.2; }
td.harm { background: color-mix(in oklab, var(--c1) calc(var(--v) * var(--shade)), transparent); }
tfoot td, tfoot th { border-top: 2px solid var(--line); font-weight: 560; }
tfoot th { text-align: left; position: sticky; left: 0; background: var(--card); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 3px; overflow: hidden; margin: 26px 0 0; }
.facts div { background: var(--card); padding: 14px 16px; }
.facts dt { color: var(--soft); font-size: 13px; font-weight: 400; }
.facts dd { color: var(--ink); margin: 2px 0 0; font-size: 18px; line-height: 1.35; font-weight: 620; letter-spacing: -.01em; overflow-wrap: anywhere; }
.choices { display: flex; flex-wrap: wrap; gap: 6px; margin: 14px 0; border: 0; padding: 0; }
.choices legend { color: var(--soft); font-size: 13px; padding: 0 0 6px; float: left; width: 100%; }
.choices label { cursor: pointer; }
.choices input { position: absolute; opacity: 0; pointer-events: none; }
.choices span { display: block; min-width: 38px; text-align: center; padding: 5px 11px; border: 1px solid var(--line); border-radius: 3px; background: var(--card); font-size: 14px; }
.choices input:checked + span { background: var(--c0); border-color: var(--c0); color: var(--paper); font-weight: 600; }
.map { display: grid; grid-template-columns: minmax(0, 1fr) 270px; gap: 20px; align-items: start; }
.plot { background: var(--card); border: 1px solid var(--line); border-radius: 3px; padding: 10px; }
.plot canvas { display: block; width: 100%; aspect-ratio: 5 / 4; touch-action: manipulation; cursor: crosshair; }
.ramp { display: flex; align-items: center; gap: 10px; font-size: 13px; color: var(--soft); padding: 8px 6px 2px; }
.ramp i { flex: 1; height: 8px; border-radius: 4px; background: linear-gradient(90deg, #46327e, #365c8d, #277f8e, #1fa187, #4ac16d, #a0da39, #fde725); }
.entry { background: var(--card); border: 1px solid var(--line); border-radius: 3px; padding: 16px 18px; min-height: 268px; }
.entry dl { display: grid; grid-template-columns: auto auto; gap: 6px 12px; margin: 12px 0 0; font-size: 14.5px; }
.entry dt { color: var(--soft); font-weight: 400; }
.entry dd { margin: 0; text-align: right; font-weight: 560; color: var(--ink); }
.stack { display: flex; height: 14px; border-radius: 4px; overflow: hidden; min-width: 240px; gap: 1px; }
.stack i { display: block; flex: var(--v) 0 0; }
.k0 { background: var(--line); } .k1 { background: var(--c1); } .k2 { background: var(--c3); } .k3 { background: var(--c0); }
.keys { display: flex; flex-wrap: wrap; gap: 6px 18px; font-size: 13.5px; color: var(--soft); margin: 0 0 12px; }
.keys i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; }
td.wide { width: 45%; }
th.left { text-align: left; }
@media (max-width: 760px) {
  .map { grid-template-columns: minmax(0, 1fr); }
  .entry { min-height: 0; }
  .stack { min-width: 150px; }
}
`;
