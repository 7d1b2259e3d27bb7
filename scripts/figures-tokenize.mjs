/** The table of bench/results/tokenize.json, which bench/tokenize/measure.mjs writes, as Markdown. */

/** Whole numbers with spaces between thousands. */
const count = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, " ");
const f = (value, digits) => value.toFixed(digits);

/**
 * @param read gives the results of a name, as in generate.mjs
 * @returns tables by name, each a function that gives lines
 */
export function tokenizeFigures(read) {
  return { tokenize: () => table(read("tokenize")) };
}

function table({ rejects, memory, plan, speed, size }) {
  const [few, lots] = memory.figures;
  const { encodeSeconds, soundSeconds, oneSeconds, twoSeconds, shareOfEncode, twoWorkers, runs } = speed.figures;
  const parts = { rejects, memory, plan, speed, size };
  const commits = new Set(Object.values(parts).map(({ commit }) => commit));
  return [
    "| `twelvehz tokenize` | |",
    "| --- | --- |",
    `| ${count(rejects.figures.files)} files, 100 of them broken in ten ways | ${count(rejects.figures.rows)} rows, ${rejects.figures.rejects} rejects |`,
    `| most memory with ${count(few.clips)} clips, with ${count(lots.clips)} | coordinator ${f(few.coordinatorMb, 0)} MB, ${f(lots.coordinatorMb, 0)} MB; worker ${f(few.workerMb, 0)} MB, ${f(lots.workerMb, 0)} MB |`,
    `| most memory of the coordinator for a manifest of ${count(plan.figures.lines)} lines | ${f(plan.figures.coordinatorMb, 0)} MB |`,
    `| \`twelvehz encode -j 1\`, the same speech | ${f(soundSeconds / encodeSeconds, 1)} x real time |`,
    `| one process, of the throughput of \`encode\` | ${f(soundSeconds / oneSeconds, 1)} x real time, ${f(100 * shareOfEncode, 0)} % |`,
    `| two processes on two cores, of one | ${f(soundSeconds / twoSeconds, 1)} x real time, ${f(twoWorkers, 2)} x |`,
    `| Arrow, of 16-bit PCM at 16 kHz | ${f(size.figures.arrowWithoutStringsPercent, 2)} %, with ids, paths and texts ${f(size.figures.arrowPercent, 2)} % |`,
    `| exported to Parquet, with all of these | ${f(size.figures.parquetPercent, 2)} % |`,
    "",
    `Memory and rejects with a codec that takes no time; speed: medians of ${runs} runs in turn with ${f(soundSeconds / 60, 0)} min of speech in ${count(speed.figures.clips)} clips; sizes of ${f(size.figures.soundSeconds / 3600, 1)} h in ${count(size.figures.clips)} clips.`,
    `\`node bench/tokenize/measure.mjs rejects memory plan speed FOLDER size MANIFEST\`, ${speed.machine}, Node ${speed.node}, commit ${[...commits].join(", ")}.`,
  ];
}
