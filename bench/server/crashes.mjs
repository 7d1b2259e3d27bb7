/** kill -9: of an engine under eight streams, and of the front. */
import { connectCodec } from "@twelvehz/client";
import { Codes, openCodec, WavEncoder } from "@twelvehz/codec/node";
import { WebSocket } from "ws";
import { loadClip } from "./clip.mjs";
import { figuresOf, PacedStream, quantile } from "./paced-stream.mjs";
import { pause, startServer } from "./serving.mjs";

const STREAMS = 8;
const ENGINES = 2;
/** Seconds after the beginning at which an engine is killed: in the middle of the clip. */
const KILL_AFTER_SECONDS = 3;

/** @param options `kills`: how many times, each with a server of its own */
export async function measureEngineKill({ kills }) {
  const clip = await loadClip();
  const rounds = [];
  for (let round = 0; round < kills; round++) rounds.push(await killEngine(clip, round));
  const all = (name) => rounds.map((one) => one[name]);
  return {
    streams: STREAMS,
    engines: ENGINES,
    kills,
    gapMs: { median: quantile(all("gapMs"), 0.5), max: Math.max(...all("gapMs")) },
    gapBeforeMs: { median: quantile(all("gapBeforeMs"), 0.5), max: Math.max(...all("gapBeforeMs")) },
    slowestMessageMs: Math.max(...all("slowestMs")),
    engineBackMs: { median: quantile(all("engineBackMs"), 0.5), max: Math.max(...all("engineBackMs")) },
    restored: all("restored"),
    closedSockets: all("closed").reduce((a, b) => a + b, 0),
    wrongClips: all("wrongClips").reduce((a, b) => a + b, 0),
    clips: all("clips").reduce((a, b) => a + b, 0),
  };
}

async function killEngine(clip, round) {
  const server = await startServer({ engines: ENGINES });
  const streams = [];
  for (let i = 0; i < STREAMS; i++) streams.push(await PacedStream.open(server.url, i % 2 === 0 ? "decode" : "encode", clip));
  const began = performance.now();
  const running = Promise.all(streams.map((stream, i) => stream.run(began + (i * stream.messageMs) / STREAMS, began + 7000)));
  await pause(KILL_AFTER_SECONDS * 1000);
  const gapBeforeMs = Math.max(...streams.map(({ longestGapMs }) => longestGapMs));
  for (const stream of streams) stream.longestGapMs = 0;
  process.kill(server.enginePids[round % ENGINES], "SIGKILL");
  const killedMs = performance.now();
  const engineBackMs = await newEngine(server, killedMs);
  await running;
  const restored = (await server.metrics()).get("twelvehz_streams_restored_total");
  const { maxMs: slowestMs, clips, wrongClips, closed } = figuresOf(streams, began);
  const gapMs = Math.max(...streams.map(({ longestGapMs }) => longestGapMs));
  await server.stop();
  return { gapBeforeMs, gapMs, slowestMs, engineBackMs, closed, restored, clips, wrongClips };
}

/** Until another is ready in the place of the one that was killed. */
async function newEngine(server, killedMs) {
  while ((await server.metrics()).get("twelvehz_engines") === ENGINES) await pause(20);
  while ((await server.metrics()).get("twelvehz_engines") !== ENGINES) await pause(20);
  return performance.now() - killedMs;
}

/** @param options `clipSeconds`: how long the streams have run when the front is killed, a list */
export async function measureFrontKill({ clipSeconds }) {
  const rows = [];
  for (const seconds of clipSeconds) rows.push(await killFront(seconds));
  return { streams: FRONT_STREAMS, rows };
}

const FRONT_STREAMS = 4;

async function killFront(seconds) {
  const local = await openCodec("compact");
  const { frameRate } = local.info;
  const frames = Math.round((seconds + 4) * frameRate);
  const codes = codesByRule(local, frames);
  let server = await startServer({ engines: ENGINES });
  const { port } = server;
  const codec = await connectCodec(server.url, { webSocket: WebSocket });
  const streams = Array.from({ length: FRONT_STREAMS }, () => codec.openDecodeStream());
  const cut = Math.round(seconds * frameRate);
  const parts = await Promise.all(streams.map(async (stream) => [await stream.push(codes.slice(0, cut))]));
  await server.kill();
  const after = streams.map((stream) => stream.push(codes.slice(cut, cut + 1)));
  await pause(1000);
  server = await startServer({ engines: ENGINES, port });
  const resumedMs = await Promise.all(
    after.map((push, i) => push.then((part) => (parts[i].push(part), performance.now() - server.listeningMs))),
  );
  await Promise.all(streams.map(async (stream, i) => parts[i].push(await stream.push(codes.slice(cut + 1, frames)), await stream.flush())));
  const wanted = local.openDecodeStream();
  const reference = [await wanted.push(codes), await wanted.flush()];
  const wrong = parts.filter((made) => !sameBits(made, reference)).length;
  await codec.close();
  await local.close();
  await server.stop();
  console.log(`front killed after ${seconds} s: resumed ${Math.max(...resumedMs).toFixed(0)} ms after its return`);
  return { clipSeconds: seconds, resumedMs: { median: quantile(resumedMs, 0.5), max: Math.max(...resumedMs) }, wrongStreams: wrong };
}

/** As many frames as are wanted: to decode, any codes are as much work. */
function codesByRule({ info }, frames) {
  let state = 1;
  const next = () => (state = (state * 48_271) % 2_147_483_647); // Park and Miller 1988
  return new Codes(
    Int16Array.from({ length: frames * info.layers }, () => next() % info.codebookSize),
    info.layers,
  );
}

function sameBits(a, b) {
  const writer = new WavEncoder({ sampleRate: 24_000, float: true });
  const join = (parts) => Buffer.concat(parts.map((part) => writer.encode(part)));
  return join(a).equals(join(b));
}
