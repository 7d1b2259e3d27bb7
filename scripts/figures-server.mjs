/** Tables of bench/results/server.json, which `npm run bench:server` writes, as Markdown. */
import { table as tableOf } from "./figures-text.mjs";

/**
 * @param read gives the results of a name, as in generate.mjs
 * @returns tables by name, each a function that gives lines
 */
export function serverFigures(read) {
  return {
    service: () => service(read("server")),
    serviceCost: () => cost(read("server").cost),
    serviceBatches: () => batches(read("server").batches),
    serviceStreams: () => streams(read("server").capacity),
    serviceStreamsPublished: () => streams(read("server").capacityPublished),
    serviceHostile: () => hostile(read("server").hostile),
    servicePeer: () => peer(read("server").peer),
  };
}

const ms = (value) => (typeof value === "number" ? `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms` : "–");
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const bits = (wrong) => (wrong === 0 ? "all bits equal" : `${wrong} with other bits`);

const eachMessage = (frames) => (frames === 1 ? "frame by frame" : `${frames} frames a message`);

/** What is asked, found, and wanted, of every part that was measured. */
const ROWS = {
  hold: ({ seconds, kind, framesPerMessage, goal, p99Ms, messages, misses, wrongClips, closed }) => [
    [
      `${goal} ${kind} streams on one core, ${eachMessage(framesPerMessage)}, for ${seconds / 60} min: p99; late; clips; connections lost`,
      `${ms(p99Ms)}; ${misses} of ${messages}; ${bits(wrongClips)}; ${closed}`,
      "under 40 ms; 0; equal; 0",
    ],
  ],
  refusal: ({ streams: count, refusedP50Ms, refusedMaxMs, calm, besieged }) => [
    ["a stream too many, from connecting to the refusal: median, longest", `${ms(refusedP50Ms)}, ${ms(refusedMaxMs)}`, "under 50 ms"],
    [
      `p99 of a frame of the ${count} others: alone, while four a second are refused`,
      `${ms(calm.p99Ms)}, ${ms(besieged.p99Ms)} (${percent(besieged.p99Ms / calm.p99Ms - 1)})`,
      "moves by less than 10 %",
    ],
  ],
  engineKill: ({ streams: count, kills, gapMs, engineBackMs, closedSockets, clips, wrongClips }) => [
    [
      `kill -9 of one of two engines under ${count} streams, ${kills} times: longest pause of a stream, median and most`,
      `${ms(gapMs.median)}, ${ms(gapMs.max)}`,
      "under 500 ms",
    ],
    ["the same: connections lost; clips that came", `${closedSockets}; ${clips}, ${bits(wrongClips)}`, "none; equal"],
    ["the same: another engine is ready, median and most", `${ms(engineBackMs.median)}, ${ms(engineBackMs.max)}`, "under 3 s"],
  ],
  frontKill: ({ streams: count, rows }) =>
    rows.map(({ clipSeconds, resumedMs, wrongStreams }) => [
      `kill -9 of the front, ${count} streams that are ${clipSeconds} s into their clips: from its return to new sound`,
      `${ms(resumedMs.max)}, ${bits(wrongStreams)}`,
      "under 5 s; equal",
    ]),
  aborts: ({ cycles, before, after, memoryGrowth }) => [
    [
      `${cycles} clients that go at any moment: descriptors before and after; slots; memory of the front`,
      `${before.descriptors}, ${after.descriptors}; ${after.slotsTaken} taken; ${percent(memoryGrowth)}`,
      "as before; 0; within 5 %",
    ],
  ],
  soak: ({ minutes, decoders, encoders, files, guests, messages, misses, p99Ms, early, late, memoryGrowth, wrongClips, closed }) => [
    [
      `${minutes} min of ${decoders + encoders} streams, ${files} files and ${guests} guests: p99 of a frame; late; clips; connections lost`,
      `${ms(p99Ms)}; ${misses} of ${messages}; ${bits(wrongClips)}; ${closed}`,
      "40 ms; 0; equal; 0",
    ],
    [
      "the same, from a fifth of the time to its end: memory of all processes, descriptors",
      `${percent(memoryGrowth)}, ${early.descriptors} to ${late.descriptors}`,
      "within 5 %",
    ],
  ],
  hostile: ({ clients, good, p99Ms, moreMegabytes, longestSeconds, left, misses, closedGood }) => [
    [
      `${clients} hostile clients beside ${good} good streams: p99 of a good frame; late; good streams lost`,
      `${ms(p99Ms)}; ${misses}; ${closedGood}`,
      "under 80 ms",
    ],
    [
      "the same: more memory of the front; the last of them is cut off after",
      `${moreMegabytes.toFixed(0)} MB; ${left > 0 ? `${left} stayed` : `${longestSeconds.toFixed(0)} s`}`,
      "under 100 MB; 35 s",
    ],
  ],
};

function service(results) {
  const parts = Object.keys(ROWS).filter((name) => results[name]);
  return [
    ...table(
      ["what", "found", "wanted"],
      parts.flatMap((name) => ROWS[name](results[name])),
    ),
    "",
    sources(parts.map((name) => results[name])),
  ];
}

/** Processors that other work may keep busy without a word. */
const MUCH_LOAD = 0.2;

/** Where and how parts were measured, once for those that say the same. */
function sources(parts) {
  const said = parts.map(({ measured: { command, machine, node, onnxruntime, commit }, quick }) => {
    const short = quick ? " (the short form)" : "";
    const all = parts.length > 1 ? command.replace(/ -- --only \w+$/, "").replace(/ --only \w+/, "") : command;
    return `\`${all}\`${short} on ${machine}, Node ${node}, ONNX Runtime ${onnxruntime}, commit ${commit}`;
  });
  const load = Math.max(...parts.map(({ otherLoad }) => otherLoad));
  const busy =
    load > MUCH_LOAD ? ` Other work kept up to ${load.toFixed(1)} processors busy when a part began: times are longer than alone.` : "";
  return `${[...new Set(said)].join("; ")}.${busy}`;
}

function streams(capacity) {
  const rows = capacity.rows.map(({ kind, framesPerMessage, streams: count, figures, goal }) => [
    `${kind}, ${eachMessage(framesPerMessage)}`,
    String(count),
    `${ms(figures.p50Ms)} / ${ms(figures.p99Ms)}`,
    String(figures.misses),
    `${ms(1000 * figures.processorSecondsPerSecond)}`,
    ...(goal === undefined ? [] : [String(goal)]),
  ]);
  const goals = capacity.rows.some(({ goal }) => goal !== undefined);
  return [
    ...table(
      [
        `streams of ${capacity.processors === 1 ? "one core" : `${capacity.processors} cores`}, in real time`,
        "most",
        "p50 / p99 of a message",
        "late",
        "processor time for 1 s",
        ...(goals ? ["wanted"] : []),
      ],
      rows,
    ),
    "",
    `Each number of streams was tried for ${capacity.trialSeconds} s: ${sources([capacity])}`,
  ];
}

function cost(results) {
  const rows = results.rows.map(({ kind, framesPerMessage, processorSecondsPerSecond }) => [
    `${kind}, ${eachMessage(framesPerMessage)}`,
    ms(1000 * processorSecondsPerSecond),
    (1 / processorSecondsPerSecond).toFixed(1),
  ]);
  return [
    ...table(["a stream", "processor time of front and engine for 1 s of sound", "so many would fill a core"], rows),
    "",
    sources([results]),
  ];
}

function batches(results) {
  const rows = results.rows.map(({ kind, group, frameMs, faster, same }) => [
    `${kind}, ${group === 1 ? "one frame" : `${group} frames`} at once`,
    `${frameMs.toFixed(2)} ms`,
    `${faster.toFixed(2)} x`,
    same ? "equal" : "differ",
  ]);
  return [
    ...table(["compact model, one stream, without messages", "processor time of a frame", "faster by", "bits"], rows),
    "",
    sources([results]),
  ];
}

function hostile({ byKind, clients }) {
  return [
    ...table(
      [`each twelfth of ${clients} clients`, "the last is cut off after"],
      byKind.map(({ name, longestSeconds }) => [name, longestSeconds === null ? "stayed" : `${longestSeconds.toFixed(1)} s`]),
    ),
  ];
}

function peer(results) {
  const { seconds, sideBySide, versions, twelvehz, peer: theirs } = results;
  const row = (name, key, show) => [name, show(twelvehz[key]), show(theirs[key])];
  return [
    ...table(
      [`decode ${seconds} s, published model, seeded weights`, "twelvehz serve", "FastAPI + PyTorch"],
      [
        row("first sample after", "firstSampleMs", ms),
        row("whole answer after", "requestMs", ms),
        row(`requests a second, ${sideBySide} side by side`, "requestsPerSecond", (value) => value.toFixed(2)),
      ],
    ),
    "",
    `torch ${versions.torch}, transformers ${versions.transformers}, fastapi ${versions.fastapi}: ${sources([results])}`,
  ];
}

const table = (head, rows) => tableOf(head, rows, "---");
