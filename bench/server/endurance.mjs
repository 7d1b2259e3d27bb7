/** What is left behind: by thousands who come and go, and by a long time of ordinary work. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { WebSocket } from "ws";
import { root } from "../../scripts/prepare.mjs";
import { loadClip } from "./clip.mjs";
import { figuresOf, PacedStream } from "./paced-stream.mjs";
import { pause, startServer } from "./serving.mjs";

const SIDE_BY_SIDE = 16;
/** A stream that lost its connection is kept for 20 s. */
const FORGOTTEN_MS = 21_000;
const SLOTS = 64;

/** @param options `cycles`: how many come; a tenth of them before the first look */
export async function measureAborts({ cycles }) {
  const clip = await loadClip();
  const server = await startServer({ args: ["--slots", String(SLOTS)] });
  const random = parkMiller(1);
  await comeAndGo(server, clip, random, Math.ceil(cycles / 10));
  const before = await restingState(server);
  const began = performance.now();
  await comeAndGo(server, clip, random, cycles);
  const seconds = (performance.now() - began) / 1000;
  const after = await restingState(server);
  await server.stop();
  const growth = after.frontMegabytes / before.frontMegabytes - 1;
  console.log(
    `${cycles} come and go: ${before.descriptors} -> ${after.descriptors} descriptors, ${(100 * growth).toFixed(1)} % more memory`,
  );
  return { cycles, seconds, before, after, memoryGrowth: growth };
}

async function restingState(server) {
  await pause(FORGOTTEN_MS);
  const metrics = await server.metrics();
  const open = (kind) => metrics.get(`twelvehz_streams_open{kind="${kind}"}`);
  await pause(6000); // the connection of the question itself is closed after 5 s
  return {
    descriptors: server.descriptors,
    slotsTaken: metrics.get("twelvehz_slots_taken"),
    streamsOpen: open("encode") + open("decode"),
    frontMegabytes: server.frontMegabytes,
    enginesMegabytes: server.megabytes - server.frontMegabytes,
  };
}

/** Leaves once what was written is on its way. */
const leave = (socket) => setImmediate(() => socket.terminate());

/** Moments at which a client goes without a word. */
const MOMENTS = [
  (server) => bare(server, ""),
  (server) => bare(server, "GET /v1/stream/decode HTTP/1.1\r\nhost: localhost\r\nupgr"),
  (server, clip) =>
    bare(server, "POST /v1/encode HTTP/1.1\r\nhost: localhost\r\ncontent-length: 500000\r\n\r\n", clip.encode.input.subarray(0, 60_000)),
  (server) => stream(server, "decode", leave),
  (server) => stream(server, "decode", (socket) => (socket.send('{"type":"start"}'), leave(socket))),
  (server, clip, random) => working(server, "decode", clip.decode, random),
  (server, clip, random) => working(server, "encode", clip.encode, random),
];

async function comeAndGo(server, clip, random, cycles) {
  let left = cycles;
  const one = async () => {
    while (left-- > 0) await MOMENTS[random() % MOMENTS.length](server, clip, random);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, one));
}

function bare(server, head, body) {
  return new Promise((resolve) => {
    const socket = connect(server.port, "127.0.0.1", () => {
      socket.write(head);
      if (body) socket.write(body);
      setImmediate(() => socket.resetAndDestroy());
    });
    socket.on("error", () => undefined).on("close", resolve);
  });
}

function stream(server, kind, onOpen, onMessage = () => undefined) {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/stream/${kind}`, ["twelvehz.v1"]);
    socket.on("error", () => undefined).on("close", resolve);
    socket.on("message", (data, binary) => onMessage(socket, binary ? undefined : JSON.parse(data.toString())));
    socket.on("open", () => onOpen(socket));
  });
}

/** Sends some frames, and goes when so many of them are worked on. */
function working(server, kind, { input, frameBytes }, random) {
  const frames = 1 + (random() % 8);
  const until = random() % (frames + 1);
  return stream(
    server,
    kind,
    (socket) => socket.send('{"type":"start"}'),
    (socket, message) => {
      if (message?.type === "error") return socket.terminate(); // there was no slot
      if (message?.type === "ready") {
        for (let t = 0; t < frames; t++) socket.send(input.subarray(t * frameBytes, (t + 1) * frameBytes));
        if (until === 0) socket.terminate();
      }
      if (message?.type === "ack" && message.received >= until) socket.terminate();
    },
  );
}

function parkMiller(seed) {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647);
}

const DECODERS = 4;
const ENCODERS = 2;

/** @param options `minutes` of streams, files, and clients that come and go */
export async function measureSoak({ minutes }) {
  const clip = await loadClip();
  const server = await startServer({ engines: 2, args: ["--slots", String(SLOTS)] });
  const streams = [];
  for (let i = 0; i < DECODERS + ENCODERS; i++) streams.push(await PacedStream.open(server.url, i < DECODERS ? "decode" : "encode", clip));
  const began = performance.now();
  const end = began + minutes * 60_000;
  const running = Promise.all(streams.map((one, i) => one.run(began + (i * one.messageMs) / streams.length, end)));
  const files = keepCoding(server, end);
  const guests = keepComing(server, clip, end);
  await pause((end - began) / 5);
  const early = { megabytes: server.megabytes, frontMegabytes: server.frontMegabytes, descriptors: server.descriptors };
  await Promise.all([running, files, guests]);
  const late = { megabytes: server.megabytes, frontMegabytes: server.frontMegabytes, descriptors: server.descriptors };
  const figures = figuresOf(streams, began);
  await server.stop();
  const growth = late.megabytes / early.megabytes - 1;
  console.log(
    `${minutes} min: ${figures.misses} late of ${figures.messages}, p99 ${figures.p99Ms.toFixed(1)} ms, memory ${(100 * growth).toFixed(1)} %`,
  );
  return {
    minutes,
    decoders: DECODERS,
    encoders: ENCODERS,
    files: await files,
    guests: await guests,
    ...figures,
    early,
    late,
    memoryGrowth: growth,
  };
}

async function keepCoding(server, endMs) {
  const body = readFileSync(join(root, "examples/clips/english.mp3"));
  let files = 0;
  for (; performance.now() < endMs; await pause(3000)) {
    const answer = await fetch(`${server.url}/v1/encode`, { method: "POST", body });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`A file was answered with ${answer.status}`);
    files++;
  }
  return files;
}

async function keepComing(server, clip, endMs) {
  const random = parkMiller(2);
  let guests = 0;
  for (; performance.now() < endMs; await pause(500)) {
    await MOMENTS[random() % MOMENTS.length](server, clip, random);
    guests++;
  }
  return guests;
}
