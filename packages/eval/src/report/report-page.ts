import type { EvaluationResults } from "../evaluation/results.ts";
import { conditionChart, layerChart, rateChart } from "./charts.ts";
import { exampleCards, type ReportExample } from "./examples.ts";
import { html, Markup } from "./html.ts";
import { omissions } from "./omissions.ts";
import { PLAYER_SCRIPT } from "./player-script.ts";
import { REPORT_STYLE } from "./report-style.ts";
import { everyMeasureTable, mainMeasures, mainTable, robustnessTable } from "./tables.ts";

/** Main measures that have charts and tables of conditions of their own. */
const CHARTED = 2;
/** Measures in the charts by layers. */
const LAYER_CHARTED = 4;

/**
 * The results as one HTML page that needs nothing else: tables, charts, pictures and sounds are
 * inside.
 * @param examples clips with what became of them, in the order in which they are shown; their
 * sounds are cut so that the page stays below 8 MB
 */
export async function reportPage(results: EvaluationResults, examples: readonly ReportExample[] = []): Promise<string> {
  const sections = [
    qualitySection(results),
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

function qualitySection(results: EvaluationResults): Markup {
  const text =
    "Each clip is coded and decoded, and what comes out is compared with what went in: the nearer, the better. Delay is what the codec adds in a conversation by its design, its frame and look-ahead. MOS, the mean opinion score, is what listeners would say, from 1 (bad) to 5 (excellent).";
  const meanings = mainMeasures(results).map(({ label, description }) => `${label}: ${description}`);
  return section("Quality", text, mainTable(results), html`<p class="note" style="margin-top:14px">${meanings.join(". ")}.</p>`);
}

function ratesSection(results: EvaluationResults): Markup | undefined {
  if (results.codecs.length < 2) return undefined;
  const charts = mainMeasures(results)
    .slice(0, 4)
    .map((measure) => rateChart(results, measure));
  return section(
    "Rate and quality",
    "Each point is a codec: the further to the left, the fewer bits it sends. The shade is the 95 % interval of the mean.",
    html`<div class="charts">${charts}</div>`,
  );
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
    "The same clips, disturbed before they are coded. Where a codec's value against the clean clip is above that of the unprocessed clip, it took away some of the disturbance; its value against its own input says how faithful it was to what it was given. The loudspeakers of playback come after the codec: the clean clip and what came out are then both heard through them.";
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
  const text = `Chosen by ${measure.label} of ${results.codecs[0].codec}, worst first. All versions play together and one is heard, so that changing leaves no gap. The pictures are spectrograms: time goes to the right, frequency from 0 at the bottom to 12 kHz, and what is brighter is louder. Values are those of the whole clip against the original.`;
  return section("Look and listen", text, ...cards);
}

function omissionsSection(results: EvaluationResults): Markup {
  const lines = omissions(results);
  return lines.length === 0
    ? section("What was left out", "Nothing: every measure has a value for every clip.")
    : section(
        "What was left out",
        "Values that are undefined or not finite are left out of means and counted here.",
        html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`,
      );
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
