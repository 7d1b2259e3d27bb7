/**
 * The table of bench/results/corpus.json, which bench/corpus/measure.py writes, as Markdown, and
 * where the published figures of loaders of codes hold.
 */
import { line, spaced } from "./figures-text.mjs";

const TITLES = {
  codec: "FLAC, and the codec (PyTorch) in the workers",
  flac: "FLAC decoded only: samples, no codes",
  jsonl: "Qwen JSONL, all in memory",
  npy: "one `.npy` a clip",
  hf: "Hugging Face `ds[i]`",
  "hf-batches": "Hugging Face, NumPy, whole batches",
  ours: "`TokenDataset`",
  stream: "`TokenStream`",
};
const PUBLISHED_FASTER = 2.3;
const PUBLISHED_LESS_PERCENT = 76;
const WORKERS = 2;

/**
 * @param read gives the results of a name, as in generate.mjs
 * @returns tables by name, each a function that gives lines
 */
export function corpusFigures(read) {
  return { corpus: () => table(read("corpus")) };
}

/** Three digits, with spaces between thousands. */
const number = (value) => (value < 10 ? value.toFixed(1) : spaced(Number(value.toPrecision(3))));

function table(result) {
  const { loaders, train = [], hours, clips, batch, measured } = result;
  const of = (arm, workers = WORKERS) => loaders.find((row) => row.arm === arm && row.workers === workers);
  const arms = Object.keys(TITLES).filter((arm) => of(arm));
  const rate = (arm, workers) => (of(arm, workers) ? number(of(arm, workers).warm[1]) : "–");
  const runs = (workers) => of("stream", workers)?.runs;
  const rows = arms.map((arm) => {
    const { processorMs, cold, anonymousMB, filePagesMB } = of(arm);
    const step = train.find((row) => row.arm === arm);
    const rates = [0, 2, 4].map((workers) => rate(arm, workers)).join(" / ");
    const memory = `${anonymousMB.toFixed(0)} + ${filePagesMB.toFixed(0)}`;
    return line([
      TITLES[arm],
      processorMs[1] < 10 ? processorMs[1].toPrecision(2) : number(processorMs[1]),
      rates,
      number(cold[1]),
      memory,
      step ? step.seconds[1].toFixed(2) : "no codes",
    ]);
  });
  const columns = ["processor ms a clip", "clips/s, 0 / 2 / 4 workers", "first epoch", "MB of all processes", "training, s a batch"];
  const nothing = of("nothing");
  const floor = nothing ? `; a loader of nothing has ${nothing.anonymousMB.toFixed(0)} + ${nothing.filePagesMB.toFixed(0)}` : "";
  return [
    line(["DataLoader, 2 workers", ...columns]),
    line(["---", ...columns.map(() => "--:")]),
    ...rows,
    "",
    `${clips} clips, ${hours.toFixed(1)} h of speech, batches of ${batch}${result.equal ? ", equal bit for bit in all arms with codes" : ""}; a first epoch has cold files and new workers.`,
    `With 2 workers, medians of ${runs(2)} runs (of the codec, ${of("codec")?.runs}); with 0 and 4, ${runs(0)}. Memory: summed PSS, own + pages of files${floor}.`,
    ...alone(result),
    "",
    ...published(result, of, arms),
    "",
    `\`${measured.command}\`, ${measured.machine}, Python ${measured.python}, torch ${measured.torch}, datasets ${measured.datasets}, commit ${measured.commit}.`,
  ];
}

function alone({ access, scale = [], bytes }) {
  const rate = (arm) => access.find((row) => row.arm === arm).clipsPerSecond[1];
  const all = (text) =>
    [...scale]
      .sort((a, b) => a.clips - b.clips)
      .map(text)
      .join(" / ");
  const scaled = `Of ${all(({ clips }) => number(clips))} clips, each of ${scale[0]?.workers} workers has ${all(({ privateMB }) => privateMB.toFixed(0))} MB for itself; to go on in the middle of an epoch takes ${all(({ resumeSeconds }) => resumeSeconds.toFixed(2))} s.`;
  return [
    `\`dataset[i]\` alone gives ${number(rate("ours"))} clips a processor second, ${(rate("ours") / rate("hf")).toFixed(0)} x Hugging Face's. The corpus has ${((100 * bytes.corpus) / bytes.pcm16kHz).toFixed(2)} % of the bytes of 16-bit PCM at 16 kHz,`,
    `${((100 * bytes.corpus) / bytes.flac).toFixed(1)} % of those of the FLAC files.`,
    ...(scale.length > 0 ? [scaled] : []),
  ];
}

const NAMES = {
  codec: "the codec in workers",
  flac: "decoding FLAC",
  jsonl: "JSONL",
  npy: "`.npy` files",
  hf: "`ds[i]`",
  "hf-batches": "Hugging Face by batches",
};

/** Which arms a claim holds against, and which not, with their figures. */
function holding(figures, least, text) {
  const named = (wanted) =>
    figures.filter(([, value]) => value >= least === wanted).map(([arm, value]) => `${NAMES[arm]} (${text(value)})`);
  const [held, not] = [named(true), named(false)];
  if (held.length === 0) return `holds against none: ${not.join(", ")}`;
  return `holds against ${held.join(", ")}${not.length > 0 ? `; not against ${not.join(", ")}` : ""}`;
}

function published({ train = [] }, of, arms) {
  const others = arms.filter((arm) => arm in NAMES);
  const faster = others.map((arm) => [arm, of(arm).processorMs[1] / of("stream").processorMs[1]]);
  const less = others.map((arm) => [arm, 100 * (1 - of("stream").anonymousMB / of(arm).anonymousMB)]);
  const ours = train.find(({ arm }) => arm === "ours");
  const trained = train.filter(({ arm }) => arm in NAMES).map(({ arm, seconds }) => [arm, seconds[1] / ours.seconds[1]]);
  const times = (x) => `${number(x)} x`;
  return [
    `Published: ${PUBLISHED_FASTER} x faster epochs. As processor time of loading, it ${holding(faster, PUBLISHED_FASTER, times)}.`,
    ...(trained.length > 0
      ? [`With a training step of a small transformer on one core, it ${holding(trained, PUBLISHED_FASTER, times)}.`]
      : []),
    `Published: ${PUBLISHED_LESS_PERCENT} % less memory. For all processes together, it ${holding(less, PUBLISHED_LESS_PERCENT, (x) => `${x.toFixed(0)} %`)};`,
    "int16 for int64 saves 75 % of the codes themselves.",
  ];
}
