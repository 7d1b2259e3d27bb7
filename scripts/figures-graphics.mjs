/** The table of bench/results/graphics.json, which bench/graphics/count.mjs writes, as Markdown. */
import { f } from "./figures-text.mjs";

/**
 * @param read gives the results of a name, as in generate.mjs
 * @returns tables by name, each a function that gives lines
 */
export function graphicsFigures(read) {
  return { graphics: () => table(read("graphics")) };
}

function table({ measured, halves }) {
  const frames = halves[0].groups.map((group) => group.frames);
  return [
    `| published model, full size | launches of a run | weights | memory of a stream at ${frames.join(" / ")} frames a run |`,
    "|---|---|---|---|",
    ...halves.map(({ name, launches, weightMegabytes, groups }) => {
      const streams = groups.map(({ streamMegabytes }) => f(streamMegabytes, 0)).join(" / ");
      return `| ${name} | ${launches} | ${f(weightMegabytes, 0)} MB | ${streams} MB |`;
    }),
    "",
    `Counted, not measured: \`${measured.command}\`, commit ${measured.commit}.`,
  ];
}
