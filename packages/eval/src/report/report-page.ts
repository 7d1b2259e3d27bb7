import { type EvaluationResults, UNPROCESSED } from "../evaluation/results.ts";
import { conditionChart, layerChart, rateChart } from "./charts.ts";
import { exampleCards, type ReportExample } from "./examples.ts";
import { html, Markup } from "./html.ts";
import { PLAYER_SCRIPT } from "./player-script.ts";
import { REPORT_STYLE } from "./report-style.ts";
import { everyMeasureTable, mainCondition, mainMeasures, mainTable, robustnessTable } from "./tables.ts";

/** Main measures that have charts and tables of conditions of their own. */
const CHARTED = 2;
/** Measures in the charts by layers. */
const LAYER_CHARTED = 4;
/** Failures that are listed by name. */
const LISTED_FAILURES = 40;

/**
 * The results as one HTML page that needs nothing else: tables, charts, pictures and sounds are inside.
 * @param examples clips with what became of them, in the order in which they are shown; their sounds are cut so that the page stays below 8 MB
 */
export async function reportPage(results: EvaluationResults, examples: readonly ReportExample[] = []): Promise<string> {
  const sections = [
    section("Quality", "", mainTable(results)),
    ratesSection(results),
    layersSection(results),
    conditionsSection(results),
    listenSection(await exampleCards(results, examples), results),
    section("All measures", "", everyMeasureTable(results)),
    omissionsSection(results),
    methodSection(results),
  ];
  return `<!doctype html>\n${html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Speech codecs, measured</title><link rel="icon" href="data:,"><style>${new Markup(REPORT_STYLE)}</style></head>
<body><main>${head(results)}${sections}${footer(results)}</main>${examples.length > 0 && html`<script>${new Markup(PLAYER_SCRIPT)}</script>`}</body></html>`}\n`;
}

function section(title: string, text: string, ...content: (Markup | false | undefined)[]): Markup {
  return html`<section><h2>${title}</h2>${text !== "" && html`<p>${text}</p>`}${content}</section>`;
}

function head(results: EvaluationResults): Markup {
  const seconds = results.clips.reduce((sum, clip) => sum + clip.seconds, 0);
  const clips = `${results.clips.length} clip${results.clips.length === 1 ? "" : "s"}, ${minutes(seconds)} in all`;
  return html`<header><h1>Speech codecs, measured</h1>
<p class="lead">${clips}, each cut after ${results.longestSeconds} s, through ${results.codecs.length} codecs${
    results.conditions.length > 1 && ` under ${results.conditions.length} conditions`
  }. Sound is mono at 24 kHz; delay is found and taken out before comparing.</p>
<p class="made">${madeLine(results)}</p></header>`;
}

function minutes(seconds: number): string {
  return seconds < 100
    ? `${seconds.toFixed(0)} s`
    : `${Math.floor(seconds / 60)} min ${String(Math.round(seconds) % 60).padStart(2, "0")} s`;
}

function madeLine({ made }: EvaluationResults): string {
  const versions = Object.entries(made.versions).map(([name, version]) => `${name} ${version}`);
  const commit = made.commit === undefined ? "" : `, commit ${made.commit}`;
  return `${made.date}, ${made.machine}${commit}. ${versions.join(", ")}.`;
}

function ratesSection(results: EvaluationResults): Markup | undefined {
  if (results.codecs.length < 2) return undefined;
  const charts = mainMeasures(results)
    .slice(0, 4)
    .map((measure) => rateChart(results, measure));
  return section("Rate and quality", "Each point is a codec; its shade is the 95 % interval.", html`<div class="charts">${charts}</div>`);
}

function layersSection(results: EvaluationResults): Markup | undefined {
  const charts = mainMeasures(results)
    .slice(0, LAYER_CHARTED)
    .flatMap((measure) => layerChart(results, measure) ?? []);
  if (charts.length === 0) return undefined;
  const text = "What each further layer of codes adds; layers are left out from the end.";
  return section("Layers", text, html`<div class="charts">${charts}</div>`);
}

function conditionsSection(results: EvaluationResults): Markup | undefined {
  if (results.conditions.length < 2) return undefined;
  const measures = mainMeasures(results)
    .filter((_, i) => i === 0 || i === 2)
    .slice(0, CHARTED);
  const text =
    "The same clips, disturbed before they are coded. Where a codec's value against the clean clip is above that of the unprocessed clip, it took away some of the disturbance; its value against its own input says how faithful it was to what it was given.";
  return section(
    "Noise, rooms and other conditions",
    text,
    html`<div class="charts">${measures.map((measure) => conditionChart(results, measure))}</div>`,
    ...measures.map((measure) => html`<div style="margin-top:20px">${robustnessTable(results, measure)}</div>`),
  );
}

function listenSection(cards: readonly Markup[], results: EvaluationResults): Markup | undefined {
  if (cards.length === 0) return undefined;
  const [measure] = mainMeasures(results);
  const text = `Chosen by ${measure.label} of ${results.codecs[0].codec}, worst first. All versions play together and one is heard, so that changing leaves no gap. Values are those of the whole clip against the clean one.`;
  return section("Look and listen", text, ...cards);
}

/** Labels of the measures that are undefined for so many clips under at least one codec. */
function labelsByGap({ measures, means }: EvaluationResults, condition: string): Map<number, string[]> {
  const out = new Map<number, string[]>();
  for (const { id, label } of measures) {
    const own = means.filter(
      (mean) => mean.measure === id && mean.condition === condition && mean.against === "clean" && mean.codec !== UNPROCESSED,
    );
    const most = Math.max(0, ...own.map((mean) => mean.undefinedCount));
    if (most > 0) out.set(most, [...(out.get(most) ?? []), label]);
  }
  return out;
}

/** What has no value, and why. */
function omissionsSection(results: EvaluationResults): Markup {
  const condition = mainCondition(results);
  const missing = [...labelsByGap(results, condition)].map(
    ([most, labels]) =>
      `undefined for ${most} of ${results.clips.length} clips, which are silent, too short, or without what is measured: ${labels.join(", ")}`,
  );
  const failed = results.failures.slice(0, LISTED_FAILURES).map(({ clip, codec, condition: under, reason }) => {
    return `${[clip, under, codec].filter((name) => name !== undefined).join(", ")}: ${reason}`;
  });
  const more = results.failures.length - failed.length;
  const lines = [...missing, ...failed, ...(more > 0 ? [`and ${more} more failures`] : [])];
  const text = "Values that are undefined or not finite are left out of means and counted here.";
  return lines.length === 0
    ? section("What was left out", "Nothing: every measure has a value for every clip.")
    : section("What was left out", text, html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`);
}

function methodSection({ measures, codecs }: EvaluationResults): Markup {
  const delays = codecs.map(
    ({ codec, algorithmicDelaySeconds, foundDelaySeconds }) =>
      html`<dt>${codec}</dt><dd>${algorithmicDelaySeconds === undefined ? "not known" : `${(1000 * algorithmicDelaySeconds).toFixed(1)} ms`} by design, ${(1000 * foundDelaySeconds).toFixed(1)} ms found in the sound and taken out</dd>`,
  );
  return section(
    "Method",
    "Means are over clips; intervals are Student's t with one value for each clip. The measures:",
    html`<dl>${measures.map(({ label, description }) => html`<dt>${label}</dt><dd>${description}</dd>`)}</dl>`,
    html`<p style="margin-top:26px">Delay, which is compensated before clips are compared:</p><dl>${delays}</dl>`,
  );
}

function footer({ made }: EvaluationResults): Markup {
  return html`<footer>Made by twelvehz${made.command !== undefined && html`: <code>${made.command}</code>`}</footer>`;
}
