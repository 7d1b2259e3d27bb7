/** How many streams one processor carries: front and engine share it, the clients have another. */
import { cpus } from "node:os";
import { loadClip } from "./clip.mjs";
import { PacedStream, runTogether } from "./paced-stream.mjs";
import { startServer } from "./serving.mjs";

/** A frame of the compact model has to be back within so many milliseconds, in 99 of 100; of another, while it sounds. */
export const FRAME_LIMIT_MS = 40;
const MOST_STREAMS = 60;
const SKIP_SECONDS = 1;

/** Kinds of load, and the goal of the compact model. */
export const LOADS = [
  { kind: "decode", framesPerMessage: 1, goal: 8 },
  { kind: "decode", framesPerMessage: 4, goal: 14 },
  { kind: "encode", framesPerMessage: 1, goal: 8 },
  { kind: "encode", framesPerMessage: 4, goal: 20 },
];

/**
 * @param options `model`; `trialSeconds` of each number of streams that is tried, `mostTrials` of
 * them
 */
export async function measureCapacity({ model = "compact", trialSeconds, mostTrials }) {
  const clip = await loadClip(model);
  const frameLimitMs = model === "compact" ? FRAME_LIMIT_MS : clip.frameMs;
  const rows = [];
  for (const load of LOADS) {
    const first = model === "compact" ? load.goal : 1;
    const limitMs = frameLimitMs * load.framesPerMessage;
    const found = await mostStreams(limitMs, first, mostTrials, (streams) => trial(model, clip, load, streams, trialSeconds));
    const goal = model === "compact" ? load.goal : undefined;
    console.log(`${load.kind}, ${load.framesPerMessage} a message: ${found.streams} streams, p99 ${found.figures?.p99Ms.toFixed(1)} ms`);
    rows.push({ kind: load.kind, framesPerMessage: load.framesPerMessage, goal, ...found });
  }
  return { frameLimitMs, processors: model === "compact" ? 1 : cpus().length, trialSeconds, rows };
}

/** The compact model's first goal, decode streams frame by frame on one core, for so many `seconds`. */
export async function measureHold({ seconds }) {
  const [load] = LOADS;
  return { seconds, ...load, ...(await trial("compact", await loadClip(), load, load.goal, seconds)) };
}

/** Streams of which the processor time is taken: few, so that none waits for another. */
const FEW = 2;

/** What a stream costs, whatever else the machine does: processor time of front and engine. */
export async function measureCost({ model = "compact", seconds }) {
  const clip = await loadClip(model);
  const rows = [];
  for (const load of LOADS) {
    const { processorSecondsPerSecond, wrongClips } = await trial(model, clip, load, FEW, seconds);
    rows.push({ kind: load.kind, framesPerMessage: load.framesPerMessage, processorSecondsPerSecond, wrongClips });
  }
  return { streams: FEW, seconds, rows };
}

/** Upwards by a half while it goes well, then between what held and what did not; a sixteenth is near enough. */
async function mostStreams(limitMs, first, mostTrials, attempt) {
  const passes = ({ p99Ms, misses, wrongClips, closed }) => p99Ms < limitMs && misses + wrongClips + closed === 0;
  let [best, failed] = [{ streams: 0 }, undefined];
  for (let trials = 0, streams = first; trials < mostTrials; trials++) {
    const figures = await attempt(streams);
    if (passes(figures)) best = { streams, figures };
    else failed = { streams, figures };
    const room = (failed?.streams ?? Infinity) - best.streams;
    if (room <= Math.max(1, best.streams / 16) || best.streams === MOST_STREAMS) break;
    streams = failed ? Math.round((best.streams + failed.streams) / 2) : Math.min(MOST_STREAMS, Math.round(best.streams * 1.5));
  }
  return {
    streams: best.streams,
    figures: best.figures ?? failed.figures,
    ...(failed && { failed: { streams: failed.streams, ...failed.figures } }),
  };
}

async function trial(model, clip, { kind, framesPerMessage }, count, seconds) {
  const server = await startServer({ model, oneCore: model === "compact", args: ["--slots", String(count)] });
  try {
    const streams = [];
    for (let i = 0; i < count; i++) streams.push(await PacedStream.open(server.url, kind, clip, framesPerMessage));
    const [began, before] = [performance.now(), server.processorSeconds];
    const figures = await runTogether(streams, seconds, SKIP_SECONDS);
    const sounded = (streams.reduce((sum, { times }) => sum + times.length, 0) * framesPerMessage * clip.frameMs) / 1000;
    const processorSecondsPerSecond = (server.processorSeconds - before) / sounded;
    const usedShare = (1000 * (server.processorSeconds - before)) / (performance.now() - began);
    for (const stream of streams) stream.close();
    console.log(
      `  ${count} x ${kind} x ${framesPerMessage}: p50 ${figures.p50Ms.toFixed(1)}, p99 ${figures.p99Ms.toFixed(1)}, ${figures.misses} late`,
    );
    return { ...figures, processorSecondsPerSecond, usedShare };
  } finally {
    await server.stop();
  }
}
