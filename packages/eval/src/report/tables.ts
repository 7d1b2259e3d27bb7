import type { MeasureInfo } from "../measures/measure.ts";
import { CLEAN, type CodecCost, type EvaluationResults, UNPROCESSED } from "../evaluation/results.ts";
import type { Interval } from "../evaluation/statistics.ts";
import { goodness, MeanTable } from "../evaluation/summary.ts";
import { html, type Markup } from "./html.ts";
import { seriesNumbers } from "./series.ts";

/** The condition of the main table: {@link CLEAN}, or the first where that was not measured. */
export function mainCondition({ conditions }: EvaluationResults): string {
  return conditions.includes(CLEAN) ? CLEAN : conditions[0];
}

/** Measures of the main table; the first five where none is meant for it. */
export function mainMeasures({ measures }: EvaluationResults): readonly MeasureInfo[] {
  const main = measures.filter((measure) => measure.main);
  return main.length > 0 ? main : measures.slice(0, 5);
}

/** What a codec's name looks like in every table. */
function codecHead(codec: string, numbers: ReadonlyMap<string, number>): Markup {
  const number = numbers.get(codec);
  const swatch = number !== undefined && html`<span class="swatch c${number % 6}"></span>`;
  return html`<th scope="row">${swatch}${codec}</th>`;
}

function valueCell(interval: Interval | undefined, { decimals }: MeasureInfo, className = ""): Markup {
  if (!interval) return html`<td class="none ${className}">–</td>`;
  return html`<td class="${className}">${signed(interval.mean, decimals)}${interval.count > 1 && html`<small>± ${interval.halfWidth.toFixed(decimals)}</small>`}</td>`;
}

/** A number with a true minus; what rounds to zero has no sign. */
export function signed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/**
 * The codecs whose mean is best, several where it is the same as shown; none where fewer than two
 * have one, or all are equal as shown.
 */
function bestCodecs(codecs: readonly string[], measure: MeasureInfo, find: (codec: string) => Interval | undefined): ReadonlySet<string> {
  const rows = codecs.flatMap((codec) => {
    const interval = find(codec);
    return interval ? [{ codec, shown: interval.mean.toFixed(measure.decimals), good: goodness(measure, interval.mean) }] : [];
  });
  if (new Set(rows.map(({ shown }) => shown)).size < 2) return new Set();
  const best = rows.reduce((a, b) => (b.good > a.good ? b : a));
  return new Set(rows.filter(({ shown }) => shown === best.shown).map(({ codec }) => codec));
}

/** Codec, what it takes, and the main measures. */
export function mainTable(results: EvaluationResults): Markup {
  const [means, condition, measures] = [new MeanTable(results), mainCondition(results), mainMeasures(results)];
  const names = results.codecs.map(({ codec }) => codec);
  const numbers = seriesNumbers(names);
  const best = new Map(measures.map((m) => [m.id, bestCodecs(names, m, (codec) => means.find(codec, condition, m.id))]));
  const row = (cost: CodecCost): Markup => html`<tr${isFirstOfSeries(cost.codec, names, numbers) && html` class="first"`}>
${codecHead(cost.codec, numbers)}<td>${cost.kilobitsPerSecond.toFixed(2)}</td><td>${Math.round(cost.kilobitsPerSecond * 1250)}</td>
<td>${delayText(cost)}</td>${measures.map((m) =>
    valueCell(means.find(cost.codec, condition, m.id), m, best.get(m.id)?.has(cost.codec) ? "best" : ""),
  )}</tr>`;
  return scrolled(
    "Codecs and their quality",
    html`<table><caption>Means over the clips, ${condition}, ± half the 95 % interval. A dot marks the best means of a column.</caption>
<thead><tr><th scope="col">Codec</th><th scope="col">kbit/s</th><th scope="col">Bytes<small>for 10 s</small></th><th scope="col">Delay<small>ms</small></th>${measures.map(measureHead)}</tr></thead>
<tbody>${results.codecs.map(row)}</tbody></table>`,
  );
}

function isFirstOfSeries(codec: string, codecs: readonly string[], numbers: ReadonlyMap<string, number>): boolean {
  const at = codecs.indexOf(codec);
  return at > 0 && numbers.get(codecs[at - 1]) !== numbers.get(codec);
}

/** Delay in ms: by design or, where that is not known, as it was found in the sound. */
export function delayText({ algorithmicDelaySeconds, foundDelaySeconds }: CodecCost): string {
  const milliseconds = (seconds: number): string => String(Number((1000 * seconds).toFixed(1)));
  return algorithmicDelaySeconds === undefined ? `found ${milliseconds(foundDelaySeconds)}` : milliseconds(algorithmicDelaySeconds);
}

function measureHead({ label, unit, better }: MeasureInfo): Markup {
  const direction = better === "higher" ? "↑" : better === "lower" ? "↓" : "→ 0";
  return html`<th scope="col">${label}<small>${unit} ${direction}</small></th>`;
}

function scrolled(label: string, table: Markup): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${table}</div>`;
}

/**
 * One measure under every condition: what came out against the clean clip, and against what went
 * in. Under playback there is one comparison, as both are heard through the loudspeaker.
 */
export function robustnessTable(results: EvaluationResults, measure: MeasureInfo): Markup {
  const means = new MeanTable(results);
  const names = results.codecs.map(({ codec }) => codec);
  const numbers = seriesNumbers(names);
  const columns = results.conditions.flatMap((condition): readonly ComparisonColumn[] => {
    const first = { condition, against: "clean" } as const;
    if (condition === CLEAN) return [{ ...first, head: "" }];
    if (!hasInput(results, condition)) return [{ ...first, head: "both played" }];
    return [
      { ...first, head: "to clean" },
      { condition, against: "input", head: "to input" },
    ];
  });
  const row = (codec: string): Markup =>
    html`<tr>${codecHead(codec, numbers)}${columns.map(({ condition, against }) =>
      valueCell(means.find(codec, condition, measure.id, against), measure, against === "clean" ? "group" : ""),
    )}</tr>`;
  const widths = results.conditions.map((condition) => columns.filter((column) => column.condition === condition).length);
  return scrolled(
    `${measure.label} under each condition`,
    html`<table><caption>${measure.label}, mean ± half the 95 % interval. What came out is compared with the clean clip, and with what the codec was given.</caption>
<thead><tr><th rowspan="2" scope="col">Codec</th>${results.conditions.map((condition, i) => html`<th class="group" colspan="${widths[i]}" scope="colgroup">${condition}</th>`)}</tr>
<tr>${columns.map(({ head, against }) => html`<th${against === "clean" && html` class="group"`} scope="col" style="text-align:right">${head}</th>`)}</tr></thead>
<tbody>${[UNPROCESSED, ...names].map(row)}</tbody></table>`,
  );
}

/** One comparison under one condition. */
interface ComparisonColumn {
  readonly condition: string;
  readonly against: "clean" | "input";
  readonly head: string;
}

function hasInput({ means }: EvaluationResults, condition: string): boolean {
  return means.some((mean) => mean.condition === condition && mean.against === "input");
}

/** Every measure for every codec, and for the clips themselves where they were measured. */
export function everyMeasureTable(results: EvaluationResults): Markup {
  const [means, condition] = [new MeanTable(results), mainCondition(results)];
  const names = results.codecs.map(({ codec }) => codec);
  const numbers = seriesNumbers(names);
  const columns = results.measures.some(({ id }) => means.find(UNPROCESSED, condition, id)) ? [UNPROCESSED, ...names] : names;
  const row = (measure: MeasureInfo): Markup => {
    const best = bestCodecs(names, measure, (codec) => means.find(codec, condition, measure.id));
    const unit = `${measure.unit} ${measure.better === "higher" ? "↑" : measure.better === "lower" ? "↓" : "→ 0"}`;
    return html`<tr><th scope="row">${measure.label} <small class="note">${unit}</small></th>${columns.map((codec) =>
      valueCell(means.find(codec, condition, measure.id), measure, best.has(codec) ? "best" : ""),
    )}</tr>`;
  };
  return scrolled(
    "All measures",
    html`<table class="wide"><caption>Means over the clips, ${condition}, ± half the 95 % interval. Arrows show which way is better.</caption>
<thead><tr><th scope="col">Measure</th>${columns.map((name) => html`<th class="codec" scope="col"><span class="c${(numbers.get(name) ?? 5) % 6}">${name}</span></th>`)}</tr></thead>
<tbody>${results.measures.map(row)}</tbody></table>`,
  );
}
