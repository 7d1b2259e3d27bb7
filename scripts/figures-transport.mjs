/**
 * Tables of bench/results/transport.json, which bench/transport/measure.mjs writes, as Markdown.
 */

/**
 * @param read gives the results of a name, as in generate.mjs
 * @returns tables by name, each a function that gives lines
 */
export function transportFigures(read) {
  return {
    transport: () => table(read("transport"), "pesqWb", 2, ["clean", "20 % loss", "20 % loss in bursts of 2.5"]),
    transportAll: () => table(read("transport"), "pesqWb", 2),
    transportStoi: () => table(read("transport"), "stoi", 3),
  };
}

const LABELS = { pesqWb: "PESQ-WB", stoi: "STOI" };

function table({ measured, clips, seconds, seeds, isQuick, links, codecs }, measure, decimals, wanted = links) {
  const columns = wanted.map((link) => links.indexOf(link));
  const rows = codecs.map((codec) => [
    codec.codec,
    codec.kilobitsPerSecond.toFixed(1),
    String(codec.delayMs),
    ...columns.map((i) => codec[measure][i].mean.toFixed(decimals)),
  ]);
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const head = [
    `${LABELS[measure]}, all headers counted`,
    "kbit/s",
    "delay, ms",
    ...wanted.map((link) => (link === "clean" ? "no loss" : link)),
  ];
  return [
    line(head),
    line(head.map((_, i) => (i === 0 ? "---" : "--:"))),
    ...rows.map(line),
    "",
    `${isQuick ? "A first look at few clips. " : ""}Means over ${clips} held-out clips (${(seconds / 60).toFixed(1)} min), ${seeds === 1 ? "one seed" : `${seeds} seeds`} of losses: \`${measured.command}\`, libopus-wasm ${measured.libopus}, commit ${measured.commit}. The delay is by design: frames, look-ahead, and the packets waited for.`,
  ];
}
