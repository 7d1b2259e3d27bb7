/** The table of bench/results/tokenize.json, which bench/tokenize/measure.mjs writes, as Markdown. */
import { f, spaced } from "./figures-text.mjs";

/**
 * @param read gives the results of a name, as in generate.mjs
 * @returns tables by name, each a function that gives lines
 */
export function tokenizeFigures(read) {
  return { tokenize: () => table(read("tokenize")) };
}

const alive = (few, lots) =>
  `| of which is alive at the end | coordinator ${f(few.coordinatorLiveMb, 1)} / ${f(lots.coordinatorLiveMb, 1)} MB, worker ${f(few.workerLiveMb, 1)} / ${f(lots.workerLiveMb, 1)} MB |`;

/** Rows of each part that has been measured. */
const ROWS = {
  rejects: ({ files, rows, rejects }) => [
    `| ${spaced(files)} files, 100 of them broken in ten ways | ${spaced(rows)} rows, ${rejects} rejects |`,
  ],
  memory: ([few, lots]) => [
    `| most memory of a process, ${spaced(few.clips)} clips / ${spaced(lots.clips)} | coordinator ${f(few.coordinatorMb, 0)} / ${f(lots.coordinatorMb, 0)} MB, worker ${f(few.workerMb, 0)} / ${f(lots.workerMb, 0)} MB |`,
    ...(few.coordinatorLiveMb === undefined ? [] : [alive(few, lots)]),
  ],
  plan: ({ lines, coordinatorMb }) => [
    `| most memory of the coordinator for a manifest of ${spaced(lines)} lines | ${f(coordinatorMb, 0)} MB |`,
  ],
  speed: ({ soundSeconds, encodeSeconds, oneSeconds, twoSeconds, shareOfEncodeByProcessor, twoWorkers }) => [
    `| \`twelvehz encode -j 1\`, the same speech | ${f(soundSeconds / encodeSeconds, 1)} x real time |`,
    `| one process; of the throughput of \`encode\`, by processor time | ${f(soundSeconds / oneSeconds, 1)} x real time; ${f(100 * shareOfEncodeByProcessor, 0)} % |`,
    `| two processes on two cores, of one | ${f(soundSeconds / twoSeconds, 1)} x real time, ${f(twoWorkers, 2)} x |`,
  ],
  size: ({ arrowPercent, arrowWithoutStringsPercent, parquetPercent }) => [
    `| Arrow, of 16-bit PCM at 16 kHz | ${f(arrowWithoutStringsPercent, 2)} %, with ids, paths and texts ${f(arrowPercent, 2)} % |`,
    `| exported to Parquet, with all of these | ${f(parquetPercent, 2)} % |`,
  ],
};

/** What was measured on, of parts that need saying. */
const ABOUT = {
  speed: ({ runs, clips, soundSeconds }) =>
    `speed: ${runs === 1 ? "one run each" : `medians of ${runs} runs in turn`}, with ${f(soundSeconds / 60, 0)} min of speech in ${spaced(clips)} clips, on a machine with other work`,
  size: ({ clips, soundSeconds }) => `sizes of ${f(soundSeconds / 3600, 1)} h in ${spaced(clips)} clips`,
};

function table(results) {
  const parts = Object.keys(ROWS).filter((part) => results[part]);
  const about = parts.flatMap((part) => ABOUT[part]?.(results[part].figures) ?? []);
  const commits = new Set(parts.map((part) => results[part].commit));
  const { machine, node } = results[parts[0]];
  return [
    "| `twelvehz tokenize` | |",
    "| --- | --- |",
    ...parts.flatMap((part) => ROWS[part](results[part].figures)),
    "",
    `${["Rejects and memory with a codec that takes no time", ...about].join("; ")}.`,
    `\`node bench/tokenize/measure.mjs rejects memory plan speed FOLDER size MANIFEST\`, ${machine}, Node ${node}, commit ${[...commits].join(", ")}.`,
  ];
}
