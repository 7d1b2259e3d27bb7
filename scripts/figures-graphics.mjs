/**
 * The tables of bench/results/graphics.json and graphics-card.json, which bench/graphics/count.mjs and
 * bench/graphics/collect.mjs write, as Markdown.
 */
import { f, table } from "./figures-text.mjs";

/**
 * @param read gives the results of a name, as in generate.mjs
 * @param has whether there are some
 * @returns tables by name, each a function that gives lines
 */
export function graphicsFigures(read, has) {
  return {
    graphics: () => counted(read("graphics")),
    graphicsRounding: () => rounding(read("graphics-rounding")),
    graphicsCard: () => (has("graphics-card") ? cardFigures(read("graphics-card")) : NOT_MEASURED),
  };
}

const NOT_MEASURED = [
  "**No graphics card was measured yet**: the kernels were only ever run on SwiftShader, which plays a",
  "card on the processor and says nothing of speed.",
];

function counted({ measured, halves }) {
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

/** What weights of 16 bits cost and save. */
function rounding({ measured, frames, leastDecibels, models }) {
  const pair = ([all, halved]) => `${f(all, 1)} / ${f(halved, 1)} MB`;
  return [
    ...table(
      ["seeded weights", "signal to error of the sound", "a page fetches for the decoder, 32 / 16 bits", "a card keeps"],
      models.map(({ size, seed, decibels, fetchedMegabytes, cardMegabytes }) => [
        `${size}, seed ${seed}`,
        `${f(decibels, 0)} dB`,
        pair(fetchedMegabytes),
        pair(cardMegabytes),
      ]),
    ),
    "",
    `On the processor, ${frames} frames; a card is refused below ${leastDecibels} dB. \`${measured.command}\`, ${measured.machine}, commit ${measured.commit}.`,
  ];
}

/** What each line of results is called, in the order of the table. */
const ENGINES = [
  ["this library", { engine: "kernels", weights: "float32" }],
  ["the same, decoder in float16", { engine: "kernels", weights: "float16" }],
  ["ONNX Runtime, WebGPU", { engine: "ort-webgpu" }],
  ["ONNX Runtime, processor", { engine: "ort-cpu" }],
  ["PyTorch float32", { engine: "pytorch" }],
  ["PyTorch TF32", { engine: "pytorch-tf32" }],
];
/** Frames of a run; a clip at once where that is what an engine is measured with. */
const GROUPS = [1, 4, 12];
/** Seconds of sound that are coded both ways. */
const CLIP_SECONDS = 15;

/**
 * The tables of a card, and what was wanted of it.
 * @param results as bench/graphics/collect.mjs writes them
 */
export function cardFigures({ measured, rows }) {
  const find = (wanted) => rows.find((row) => Object.entries(wanted).every(([key, value]) => row[key] === undefined || row[key] === value));
  const speeds = (wanted) => GROUPS.map((group) => textOf(find({ ...wanted, group })?.xRealTime, 1)).join(" / ");
  const cells = ([name, engine]) => [
    name,
    speeds({ ...engine, task: "decode", streams: 1 }),
    speeds({ ...engine, task: "decode", streams: 4 }),
    speeds({ ...engine, task: "encode", streams: 1 }),
    textOf(find({ ...engine, task: "decode", group: 1, streams: 1 })?.firstRunMs, 0),
    textOf(find({ ...engine, task: "decode", group: 12, streams: 1 })?.megabytes, 0),
  ];
  const measuredEngines = ENGINES.filter(([, engine]) => find(engine));
  return [
    ...table(
      [
        measured.card,
        `decode, x real time, ${GROUPS.join(" / ")} frames a run`,
        "4 streams",
        "encode",
        "first sound, ms",
        "memory at 12 frames, MB",
      ],
      measuredEngines.map(cells),
    ),
    "",
    ...table(["wanted", "found", ""], goals(find).map(goalRow), "---"),
    "",
    `Published model, weights of ${measured.model}, ${CLIP_SECONDS} s; memory is counted, of PyTorch the peak. \`${measured.command}\`, ${measured.machine}, driver ${measured.driver.split("\n").at(-1)}, Node ${measured.node}, commit ${measured.commit}, ${measured.date}.`,
  ];
}

function textOf(value, digits) {
  return value === undefined ? "–" : f(value, digits);
}

function goalRow({ wanted, found, isMet }) {
  return found === undefined ? [wanted, "–", "not measured"] : [wanted, found, isMet ? "kept" : "**missed**"];
}

/** The figures that were promised of a card of the class of an H100. */
function goals(find) {
  const ours = (task, group, streams = 1) => find({ engine: "kernels", weights: "float32", task, group, streams })?.xRealTime;
  const atLeast = (wanted, found, least, unit) =>
    found === undefined || least === undefined ? { wanted } : { wanted, found: `${f(found, 1)} ${unit}`, isMet: found >= least };
  const beside = (group) => find({ engine: "pytorch", task: "decode", group, streams: 1 })?.xRealTime;
  const gain = ratio(ours("decode", 1, 4), ours("decode", 1));
  const bothWays = ratio(CLIP_SECONDS, ours("decode", 12)) + ratio(CLIP_SECONDS, ours("encode", 12));
  const opening = (device, isFirst) => find({ engine: "opening", device, isFirst })?.openMs;
  const longer = (isFirst) => (opening("webgpu", isFirst) - opening("cpu", isFirst)) / 1000;
  const under = (wanted, found, most) =>
    Number.isFinite(found) ? { wanted, found: `${f(found, 2)} s`, isMet: found <= most } : { wanted };
  return [
    atLeast("decode at least 30 x at 1 frame a run", ours("decode", 1), 30, "x"),
    atLeast("decode at least 100 x at 12", ours("decode", 12), 100, "x"),
    atLeast("more than PyTorch float32 at 1 frame", ours("decode", 1), beside(1), "x"),
    atLeast("more than PyTorch float32 at 4 frames", ours("decode", 4), beside(4), "x"),
    atLeast("4 streams at least twice the throughput of 1", gain, 2, "x"),
    under(`${CLIP_SECONDS} s both ways under 0.32 s`, bothWays, 0.32),
    under("opening for the first time, with the check, at most 3 s longer than on the processor", longer(true), 3),
    under("opening later, at most 3 s longer", longer(false), 3),
  ];
}

function ratio(a, b) {
  return a === undefined || b === undefined ? undefined : a / b;
}
