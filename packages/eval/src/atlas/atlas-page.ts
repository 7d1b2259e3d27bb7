import { CODE_CONTEXTS } from "../entropy/code-entropy.ts";
import type { MeasureInfo } from "../measures/measure.ts";
import type { Interval } from "../evaluation/statistics.ts";
import { html, Markup } from "../report/html.ts";
import type { Atlas, AtlasLayer } from "./atlas.ts";
import { ATLAS_SCRIPT } from "./atlas-script.ts";
import { ATLAS_STYLE } from "./atlas-style.ts";
import type { EntryAcoustics } from "./entry-acoustics.ts";
import { FRAME_KINDS, QUANTITIES } from "./frame-acoustics.ts";
import type { PrincipalPlane } from "./principal-plane.ts";

/** Of fewer clips, an atlas shows what these say, not what the codebooks hold. */
const ENOUGH_CLIPS = 20;

/** What the points of the map can be coloured by. */
const COLOURS = [
  ["voicing", "Voicing"],
  ["energy", "Energy"],
  ["f0", "F0"],
  ["centroid", "Centroid"],
  ["run", "Duration"],
  ["count", "Use"],
] as const;

/** Rows of the card beside the map. */
const CARD = [
  ["count", "Chosen by"],
  ["voicing", "Voiced"],
  ["energy", "Energy"],
  ["f0", "F0"],
  ["centroid", "Centroid"],
  ["run", "Duration"],
] as const;

/**
 * An atlas as one self-contained page: light and dark, for any width.
 * @param made how it was made, in words; shown at the end
 */
export function atlasPage(atlas: Atlas, made: string): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Codebook atlas of ${atlas.model.name}</title>
<style>${new Markup(ATLAS_STYLE)}</style>
</head>
<body>
<main>
${header(atlas)}
${carries(atlas)}
${map(atlas)}
${costs(atlas)}
${thirds(atlas)}
${entropy(atlas)}
<footer><p class="made">${made}</p></footer>
</main>
</body>
</html>
`;
  return page.text;
}

function header({ model, clips, seconds, frames, layers }: Atlas): Markup {
  const dead = layers.reduce((sum, { use }) => sum + use.deadEntries, 0);
  const evenDead = layers.reduce((sum, { use }) => sum + use.ifEven.deadEntries, 0);
  const facts: [string, string][] = [
    ["Model", model.name],
    ["Speech", `${clipCount(clips)}, ${(seconds / 60).toFixed(1)} min`],
    ["Frames", frames.toLocaleString("en")],
    ["Layers and entries", `${layers.length} × ${model.codebookSize}`],
    ["Entries never chosen", percent(dead / (layers.length * model.codebookSize))],
    ["If all were equally probable", percent(evenDead / (layers.length * model.codebookSize))],
  ];
  return html`<header>
<h1>Codebook atlas</h1>
<p class="lead">Every ${Math.round(1000 / model.frameRate)} ms of speech become ${layers.length} numbers, each the name of an entry in the codebook of its layer. This page shows what
the entries stand for, as far as recorded speech tells.</p>
${clips < ENOUGH_CLIPS && html`<p class="note few"><strong>Of ${clipCount(clips)} only.</strong> With fewer than ${ENOUGH_CLIPS}, this shows what these clips say, hardly what the entries stand for: make it of more.</p>`}
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>`;
}

function carries({ layers }: Atlas): Markup {
  return html`<section>
<h2>What each layer carries</h2>
<p>How much of a quantity is known when the layer’s number is known: the share of its variance between entries (eta squared) above what the same numbers in random
order give; 0 % and below is chance, 100 % is all. In small print, what the means of one half of the clips predict in the other half, which suffers where entries were
seen once or twice. Perplexity is the number of entries in real use, beside the most that so few frames can show. F0 is the pitch of the voice; the spectral centroid is the middle of the spectrum, high for bright sounds.</p>
<div class="scroll" tabindex="0"><table>
<thead><tr><th>Layer</th>${QUANTITIES.map(({ label }) => html`<th>${label}</th>`)}<th class="group">Perplexity</th><th>at most</th><th>Entropy<small>bits</small></th><th>Never chosen</th></tr></thead>
<tbody>${layers.map(
    ({ layer, explained, use }) => html`<tr><th>${layer}</th>${QUANTITIES.map(({ id }) => explainedCell(explained[id]))}
<td class="group">${use.perplexity.toFixed(0)}</td><td class="none">${use.ifEven.perplexity.toFixed(0)}</td><td>${use.entropyBits.toFixed(2)}</td><td>${use.deadEntries}</td></tr>`,
  )}</tbody>
</table></div>
</section>`;
}

function explainedCell(share: AtlasLayer["explained"]["f0"]): Markup {
  if (!share) return html`<td class="none">–</td>`;
  const { aboveChance, heldOut } = share;
  return html`<td class="shade" style="--v:${shade(aboveChance)}">${percent(aboveChance)} <small>${percent(heldOut)}</small></td>`;
}

function map({ layers }: Atlas): Markup {
  const drawn = layers.flatMap(({ layer, entries, plane }) => (plane ? [{ layer, entries, plane }] : []));
  if (drawn.length === 0)
    return html`<section><h2>The map of the codebook</h2><p>This model does not show the vectors of its entries: there is no map.</p></section>`;
  const data = drawn.map(({ entries, plane }) => pointsOf(entries, plane));
  const shares = drawn.map(({ layer, plane }) => `${layer}: ${percent(plane.shares[0] + plane.shares[1])}`).join(", ");
  return html`<section>
<h2>The map of the codebook</h2>
<p>Each point is an entry, at its place on the plane in which the entries of its layer vary most, as large as it is often chosen. Its colour is the mean over the
frames that chose it. Where colours form regions, the codebook is ordered by what is heard; small grey points were never chosen. The axes have no unit. Duration is for
how many frames in a row an entry stays.</p>
<fieldset class="choices"><legend>Layer</legend>${drawn.map(
    ({ layer }, i) =>
      html`<label><input type="radio" name="layer" value="${i}"${new Markup(i === 0 ? " checked" : "")}><span>${layer}</span></label>`,
  )}</fieldset>
<fieldset class="choices"><legend>Colour</legend>${COLOURS.map(
    ([id, label], i) =>
      html`<label><input type="radio" name="quantity" value="${id}"${new Markup(i === 0 ? " checked" : "")}><span>${label}</span></label>`,
  )}</fieldset>
<div class="map">
<div class="plot"><canvas role="img" aria-label="Entries of the chosen layer on a plane"></canvas><div class="ramp"><span></span><i></i><span></span></div></div>
<div class="entry" aria-live="polite"><h3>Point at an entry</h3><dl>${CARD.map(([id, label]) => html`<dt>${label}</dt><dd data-of="${id}">–</dd>`)}</dl></div>
</div>
<p class="note" style="margin-top:14px">Share of the variance that the plane shows, by layer: ${shares}.</p>
<script type="application/json" id="entries">${new Markup(JSON.stringify(data))}</script>
<script>${new Markup(ATLAS_SCRIPT)}</script>
</section>`;
}

/** Whole numbers for the script of the map. */
function pointsOf(entries: EntryAcoustics, { x, y }: PrincipalPlane): Record<string, (number | null)[]> {
  const rounded = (values: Float64Array, factor = 1, steps = 1): (number | null)[] =>
    Array.from(values, (value) => (Number.isFinite(value) ? Math.round(value * factor * steps) / steps : null));
  return {
    x: along(x),
    y: along(y),
    count: Array.from(entries.count),
    voicing: rounded(entries.voicing, 100),
    energy: rounded(entries.energy),
    f0: rounded(entries.f0),
    centroid: rounded(entries.centroid),
    run: rounded(entries.run, 1, 100),
  };
}

function along(values: Float64Array): number[] {
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return Array.from(values, (value) => Math.round((1000 * (value - low)) / (high - low || 1)));
}

function costs({ layers, measures, whole, costClips }: Atlas): Markup {
  if (measures.length === 0) return html``;
  const largest = measures.map(({ id }) => Math.max(...layers.map(({ cost }) => Math.abs(cost[id]?.mean ?? 0)), 1e-9));
  return html`<section>
<h2>What switching a layer off costs</h2>
<p>The change of each measure when one layer is left out and all others stay, mean over ${clipCount(costClips)}, with its 95 % interval; the deeper the colour, the larger the harm in
its column. The last row is with all layers on. “Error” is that of the energy in a band.</p>
<div class="scroll" tabindex="0"><table class="dense">
<thead><tr><th>Layer off</th>${measures.map(({ label, unit }) => html`<th>${label}<small>${unit}</small></th>`)}</tr></thead>
<tbody>${layers.map(
    ({ layer, cost }) => html`<tr><th>${layer}</th>${measures.map((measure, i) => costCell(cost[measure.id], measure, largest[i]))}</tr>`,
  )}</tbody>
<tfoot><tr><th>none</th>${measures.map(({ id, decimals }) => html`<td>${whole[id] ? whole[id].mean.toFixed(decimals) : "–"}</td>`)}</tr></tfoot>
</table></div>
</section>`;
}

function costCell(change: Interval | undefined, { better, decimals }: MeasureInfo, largest: number): Markup {
  if (!change) return html`<td class="none">–</td>`;
  const harm = better === "higher" ? -change.mean : change.mean;
  const interval = change.count > 1 && html`<small>±${change.halfWidth.toFixed(decimals)}</small>`;
  return html`<td class="harm" style="--v:${shade(harm / largest)}">${signed(change.mean, decimals)} ${interval}</td>`;
}

function thirds({ layers, kinds }: Atlas): Markup {
  const [first] = layers;
  const told = first.thirds.kind;
  const share = Math.max(0, told.bits - told.byChance) / (told.ofBits || 1);
  return html`<section>
<h2>Do thirds of the codebook have a meaning?</h2>
<p>It is said that a third of the entries stands for unvoiced onsets, a third for vowels and transitions, and a third for prosody. Below, the frames of layer ${first.layer} by the
third of the codebook, in the order of its numbers, that they choose from. If the saying held, the first bar would be orange, the second green, and the last would
explain F0 and energy. Which third a frame chose tells ${told.bits.toFixed(3)} of the ${told.ofBits.toFixed(2)} bits of what kind of frame it is (${told.byChance.toFixed(3)} by chance alone): ${percent(share)}.</p>
<div class="keys">${FRAME_KINDS.map((kind, i) => html`<span><i class="k${i}"></i>${kind}</span>`)}</div>
<div class="scroll" tabindex="0"><table>
<thead><tr><th>Entries</th><th>Frames</th><th class="left">Kinds of frames</th>${QUANTITIES.map(({ label }) => html`<th>${label}<small>told in other clips</small></th>`)}</tr></thead>
<tbody>${first.thirds.parts.map(
    (third) => html`<tr><th>${third.from}–${third.to - 1}</th><td>${percent(third.share)}</td><td class="wide">${stack(third.kinds)}</td>
${QUANTITIES.map(({ id }) => html`<td>${percent(third.heldOut[id])}</td>`)}</tr>`,
  )}</tbody>
<tfoot><tr><th>all</th><td>100 %</td><td class="wide">${stack(kinds)}</td>${QUANTITIES.map(({ id }) => html`<td>${percent(first.explained[id]?.heldOut ?? Number.NaN)}</td>`)}</tr></tfoot>
</table></div>
<p class="note" style="margin-top:14px">${layerThirds(layers)}</p>
</section>`;
}

/** The same saying with thirds of the layers. */
function layerThirds(layers: readonly AtlasLayer[]): string {
  const edges = [0, 1, 2, 3].map((i) => Math.round((i * layers.length) / 3));
  const parts = edges.slice(1).map((to, i) => {
    const group = layers.slice(edges[i], to);
    const means = QUANTITIES.map(({ id, label }) => {
      const shares = group.map(({ explained }) => explained[id]?.aboveChance ?? 0);
      return `${label.toLowerCase().replace("f0", "F0")} ${percent(shares.reduce((a, b) => a + b, 0) / (shares.length || 1))}`;
    });
    return `layers ${edges[i]} to ${to - 1}: ${means.join(", ")}`;
  });
  return `By thirds of the layers instead, explained above chance in the mean: ${parts.join("; ")}.`;
}

function stack(shares: readonly number[]): Markup {
  const words = shares.map((share, i) => `${FRAME_KINDS[i]} ${percent(share)}`).join(", ");
  return html`<div class="stack" role="img" title="${words}" aria-label="${words}">${shares.map((share, i) => html`<i class="k${i}" style="--v:${share.toFixed(4)}"></i>`)}</div>`;
}

function entropy({ entropy: found, layers }: Atlas): Markup {
  const { contexts, rawBitsPerCode, trainingFrames } = found;
  const least = Math.min(...contexts.flatMap(({ bitsByLayer }) => bitsByLayer));
  const cell = (bits: number): Markup =>
    html`<td class="shade" style="--v:${shade((rawBitsPerCode - bits) / Math.max(1e-9, rawBitsPerCode - least))}">${bits.toFixed(2)}</td>`;
  return html`<section>
<h2>What entropy coding would save</h2>
<p>Bits for a number when a coder knows the number of the frame before in the same layer, of the layer before in the same frame, or both. Without a coder it is
${rawBitsPerCode.toFixed(0)} bits. The coder has learnt from the other clips (${trainingFrames.toLocaleString("en")} frames) and goes on learning: a length that can really be reached with so much speech. In small
print, the entropy of the counts, which flatters: with so many pairs and so few frames it is near 0 for any codes.</p>
<div class="scroll" tabindex="0"><table class="dense bits">
<thead><tr><th>Context</th><th>Saves</th><th>Mean</th>${layers.map(({ layer }) => html`<th>${layer === 0 && "Layer "}${layer}</th>`)}</tr></thead>
<tbody>${CODE_CONTEXTS.map((context) => {
    const row = contexts.find((candidate) => candidate.context === context);
    if (!row) return "";
    const flattered = row.plugInByLayer.reduce((a, b) => a + b, 0) / row.plugInByLayer.length;
    return html`<tr><th>${context}</th><td>${row.savingPercent.toFixed(1)} %</td><td>${row.bitsPerCode.toFixed(2)} <small>${flattered.toFixed(2)}</small></td>${row.bitsByLayer.map(cell)}</tr>`;
  })}</tbody>
</table></div>
</section>`;
}

function clipCount(clips: number): string {
  return clips === 1 ? "1 clip" : `${clips} clips`;
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(0).replace(/^-0$/, "0")} %`.replace("-", "−") : "–";
}

function signed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  if (Number(text) === 0) return (0).toFixed(decimals);
  return value > 0 ? `+${text}` : text.replace("-", "−");
}

/** A share as CSS takes it, 0 to 1. */
function shade(share: number): string {
  return Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)).toFixed(3);
}
