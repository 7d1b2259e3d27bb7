/**
 * The table of bench/results/corpus.json, which bench/corpus/measure.py writes, as Markdown, and
 * where the published figures of loaders of codes hold.
 */

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

const line = (cells) => `| ${cells.join(" | ")} |`;
/** Three digits, with spaces between thousands. */
const number = (value) => (value < 10 ? value.toFixed(1) : String(Number(value.toPrecision(3))).replace(/\B(?=(\d{3})+$)/g, " "));

function table(result) {
  const { loaders, train, hours, clips, batch, measured } = result;
  const of = (arm, workers = WORKERS) => loaders.find((row) => row.arm === arm && row.workers === workers);
  const rows = Object.entries(TITLES).map(([arm, title]) => {
    const step = train.find((row) => row.arm === arm);
    const rates = [0, 2, 4].map((workers) => (of(arm, workers) ? number(of(arm, workers).warm[1]) : "–"));
    const memory = `${of(arm).anonymousMB.toFixed(0)} + ${of(arm).filePagesMB.toFixed(0)}`;
    const processor = of(arm).processorMs[1];
    const cells = [processor.toPrecision(2), rates.join(" / "), number(of(arm).cold[1]), memory, step ? step.seconds[1].toFixed(2) : "–"];
    return line([title, ...cells]);
  });
  return [
    line([
      "the same batches of codes",
      "processor ms a clip",
      "clips/s, 0 / 2 / 4 workers",
      "first epoch",
      "MB of all processes",
      "training, s a batch",
    ]),
    line(["---", "--:", "--:", "--:", "--:", "--:"]),
    ...rows,
    "",
    `${clips} clips, ${hours.toFixed(1)} h of speech, batches of ${batch}, equal bit for bit in all arms with codes; medians of 5 epochs, with 2 workers`,
    `where nothing is said; a first epoch has cold files and new workers. Memory: summed PSS, own + pages of files; a loader of nothing has ${of("nothing").anonymousMB.toFixed(0)} + ${of("nothing").filePagesMB.toFixed(0)}.`,
    "Training: a transformer of two layers, one thread. The machine had other work: processor time says most.",
    ...alone(result),
    ...published(result, of),
    `\`${measured.command}\`, ${measured.machine}, Python ${measured.python}, torch ${measured.torch}, datasets ${measured.datasets}, commit ${measured.commit}.`,
  ];
}

function alone({ access, scale, bytes }) {
  const rate = (arm) => access.find((row) => row.arm === arm).clipsPerSecond[1];
  const privately = scale.map((row) => row.privateMB.toFixed(0)).join(", ");
  const seconds = scale.map((row) => row.resumeSeconds.toFixed(1)).join(", ");
  const sizes = scale.map((row) => number(row.clips)).join(", ");
  return [
    `\`dataset[i]\` alone: ${number(rate("ours"))} clips a processor second, ${(rate("ours") / rate("hf")).toFixed(0)} x Hugging Face's ${number(rate("hf"))}. A worker of ${sizes} clips has ${privately} MB for itself;`,
    `going on in the middle of an epoch takes ${seconds} s. The corpus has ${((100 * bytes.corpus) / bytes.pcm16kHz).toFixed(2)} % of the bytes of 16-bit PCM at 16 kHz, ${((100 * bytes.corpus) / bytes.flac).toFixed(1)} % of the FLAC files.`,
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

/** Names with their figures, those for which a claim holds and those for which it does not. */
function split(figures, holds, text) {
  const told = (wanted) => figures.filter(([, value]) => holds(value) === wanted).map(([arm, value]) => `${NAMES[arm]} (${text(value)})`);
  return [told(true), told(false)].map((names) => (names.length > 0 ? names.join(", ") : "nothing"));
}

function published({ train }, of) {
  const arms = Object.keys(NAMES);
  const faster = arms.map((arm) => [arm, of(arm).processorMs[1] / of("stream").processorMs[1]]);
  const [fast, slow] = split(
    faster,
    (x) => x >= PUBLISHED_FASTER,
    (x) => `${number(x)} x`,
  );
  const step = (arm) => train.find((row) => row.arm === arm).seconds[1];
  const trained = train.filter(({ arm }) => arm in NAMES).map(({ arm }) => [arm, step(arm) / step("ours")]);
  const [fastTrained, slowTrained] = split(
    trained,
    (x) => x >= PUBLISHED_FASTER,
    (x) => `${number(x)} x`,
  );
  const less = arms.map((arm) => [arm, 100 * (1 - of("stream").anonymousMB / of(arm).anonymousMB)]);
  const [small, large] = split(
    less,
    (x) => x >= PUBLISHED_LESS_PERCENT,
    (x) => `${x.toFixed(0)} %`,
  );
  return [
    "",
    `The published figures: epochs ${PUBLISHED_FASTER} x faster holds, for loading alone and by processor time, against ${fast}; not against ${slow}.`,
    `With a training step it holds against ${fastTrained}; not against ${slowTrained}: where the model is the limit, there is nothing to gain.`,
    `${PUBLISHED_LESS_PERCENT} % less memory of all processes holds against ${small}; not against ${large}. int16 for int64 saves 75 % of the codes.`,
    "",
  ];
}
