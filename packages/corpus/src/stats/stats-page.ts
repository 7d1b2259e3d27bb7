import type { CorpusStats, Histogram } from "./corpus-stats.ts";

const STYLE = `:root{color-scheme:light dark;--bar:#3a7bd5;--line:#8884}
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.b{width:55%}
.bar{background:var(--bar);height:.9em;border-radius:2px;min-width:1px}`;

/** Statistics of a corpus as one page that needs nothing else. */
export function statsPage(title: string, stats: CorpusStats): string {
  const { duration, levelDb, silence } = stats;
  const facts: [string, string][] = [
    ["model", stats.model],
    ["clips", String(stats.clips)],
    ["rejected", String(stats.rejected)],
    ["hours", String(stats.hours)],
    ["frames", String(stats.frames)],
    ["clips with text", `${stats.texts} (${stats.characters} characters)`],
    ["speakers", String(stats.speakers)],
    ["share of silence", percent(stats.silentShare)],
  ];
  const spreads = [
    ["duration, s", duration],
    ["level, dBFS", levelDb],
    ["share of silence", silence],
  ] as const;
  const bits = Math.log2(stats.codebookSize);
  const sections = [
    table([], facts),
    `<h2>Spread</h2>${table(
      ["", "least", "5 %", "median", "95 %", "most", "mean"],
      spreads.map(([name, s]) => [name, s.least, s.p5, s.median, s.p95, s.most, s.mean].map(String)),
    )}`,
    `<h2>Length of clips, s</h2>${histogram(stats.durations)}`,
    `<h2>Level of clips, dBFS</h2>${histogram(stats.levels)}`,
    `<h2>Languages</h2>${bars(stats.languages.map(({ name, clips, seconds }) => [name, `${(seconds / 3600).toFixed(2)} h, ${clips} clips`, seconds]))}`,
    `<h2>Use of codes by layer</h2><p>Entropy of ${bits.toFixed(2)} bits at most; entries used of ${stats.codebookSize}.</p>${bars(
      stats.layers.map(({ used, entropyBits }, k) => [`layer ${k}`, `${entropyBits.toFixed(2)} bits, ${used} used`, entropyBits]),
      bits,
    )}`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1>
${sections.join("\n")}
</main></body></html>
`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = header.length === 0 ? "" : `<tr>${header.map((name) => `<th class="n">${escaped(name)}</th>`).join("")}</tr>`;
  const body = rows.map(
    ([name = "", ...values]) =>
      `<tr><th>${escaped(name)}</th>${values.map((value) => `<td class="n">${escaped(value)}</td>`).join("")}</tr>`,
  );
  return `<table>${head}${body.join("")}</table>`;
}

function bars(
  rows: readonly (readonly [name: string, label: string, value: number])[],
  most: number = Math.max(...rows.map(([, , value]) => value), 1e-9),
): string {
  const body = rows.map(
    ([name, label, value]) =>
      `<tr><th>${escaped(name)}</th><td class="b"><div class="bar" style="width:${((100 * value) / most).toFixed(1)}%"></div></td><td class="n">${escaped(label)}</td></tr>`,
  );
  return `<table>${body.join("")}</table>`;
}

function histogram({ edges, counts }: Histogram): string {
  return bars(counts.map((count, i) => [`${edges[i]} to ${edges[i + 1]}`, String(count), count]));
}
