/** A stream too many: how fast it is refused, and what the others notice of it. */
import { loadClip } from "./clip.mjs";
import { figuresOf, PacedStream, quantile } from "./paced-stream.mjs";
import { pause, startServer } from "./serving.mjs";

const STREAMS = 8;
const WINDOWS = 6;
/** Between two who come in vain, ms. */
const BETWEEN_MS = 250;

/** @param options `windowSeconds` of each calm and each besieged time, in turn */
export async function measureRefusal({ windowSeconds }) {
  const clip = await loadClip();
  const server = await startServer({ oneCore: true, args: ["--slots", String(STREAMS)] });
  const streams = [];
  for (let i = 0; i < STREAMS; i++) streams.push(await PacedStream.open(server.url, "decode", clip));
  const began = performance.now();
  const windowMs = windowSeconds * 1000;
  const end = began + WINDOWS * windowMs;
  const running = Promise.all(streams.map((stream, i) => stream.run(began + (i * stream.messageMs) / STREAMS, end)));
  const refusedMs = [];
  for (let window = 0; window < WINDOWS; window++) {
    const until = began + (window + 1) * windowMs;
    if (window % 2 === 1) await besiege(server.url, clip, until, refusedMs);
    await pause(until - performance.now());
  }
  await running;
  const timesIn = (odd) =>
    streams.flatMap(({ times }) =>
      times.filter(({ due }) => due < end && Math.floor((due - began) / windowMs) % 2 === odd).map(({ ms }) => ms),
    );
  const [calm, besieged] = [timesIn(0), timesIn(1)];
  const figures = figuresOf(streams, began);
  await server.stop();
  return {
    streams: STREAMS,
    windowSeconds,
    refused: refusedMs.length,
    refusedP50Ms: quantile(refusedMs, 0.5),
    refusedMaxMs: Math.max(...refusedMs),
    calm: { messages: calm.length, p50Ms: quantile(calm, 0.5), p99Ms: quantile(calm, 0.99) },
    besieged: { messages: besieged.length, p50Ms: quantile(besieged, 0.5), p99Ms: quantile(besieged, 0.99) },
    misses: figures.misses,
    wrongClips: figures.wrongClips,
  };
}

async function besiege(url, clip, untilMs, refusedMs) {
  while (performance.now() < untilMs) {
    const began = performance.now();
    const refusal = await PacedStream.open(url, "decode", clip).then(
      () => "accepted",
      ({ code }) => code,
    );
    if (refusal !== "busy") throw new Error(`A stream too many was not refused but ${refusal}`);
    refusedMs.push(performance.now() - began);
    await pause(BETWEEN_MS);
  }
}
