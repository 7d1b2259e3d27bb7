/** A thousand clients that mean no good, from many addresses, beside four good streams. */
import { connect } from "node:net";
import { loadClip } from "./clip.mjs";
import { figuresOf, PacedStream } from "./paced-stream.mjs";
import { pause, startServer } from "./serving.mjs";

const GOOD = 4;
/** Clients of one address: within what one address may have, so that the limits for all have to hold. */
const PER_ADDRESS = 20;
const KEY = "dGhlIHNhbXBsZSBub25jZQ=="; // that of RFC 6455 section 1.3

const upgrade = (kind, host = "localhost") =>
  `GET /v1/stream/${kind} HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${KEY}\r\nsec-websocket-protocol: twelvehz.v1\r\n\r\n`;

/** A frame of a client, masked with zeros: RFC 6455 section 5.2. */
function frame(opcode, payload, { isFinal = true, declared = payload.length } = {}) {
  const head = Buffer.alloc(14);
  head[0] = (isFinal ? 0x80 : 0) | opcode;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(declared), 2);
  return Buffer.concat([head, payload]);
}

const START = frame(1, Buffer.from('{"type":"start"}'));

/** What each of them does, by name: with its socket, and how long it goes on. */
const CLIENTS = {
  "says nothing": () => undefined,
  "drips a header": (socket) => drip(socket, "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx-slow: ", 500),
  "drips a body": (socket) => drip(socket, "POST /v1/encode HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n", 500),
  "lies about its length": (socket) => socket.write("POST /v1/decode HTTP/1.1\r\nhost: localhost\r\ncontent-length: 90000000\r\n\r\nT12"),
  "declares too much": (socket) => socket.write("POST /v1/encode HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900000000000\r\n\r\n"),
  "is refused the upgrade": (socket) => socket.write(upgrade("decode", "rebound.example.org")),
  "never starts": (socket) => socket.write(upgrade("decode")),
  "declares a huge frame": (socket) => open(socket, () => socket.write(frame(2, Buffer.alloc(10), { declared: 2 ** 40 }))),
  "sends a part of a frame": (socket) => open(socket, () => socket.write(frame(2, Buffer.alloc(10), { declared: 200_000 }))),
  "floods with fragments": (socket) => open(socket, () => flood(socket, () => frame(2, Buffer.alloc(0), { isFinal: false }))),
  "floods with pings": (socket) => open(socket, () => flood(socket, () => frame(9, Buffer.alloc(100)))),
  "reads nothing": (socket) => open(socket, () => readNothing(socket)),
};

/** @param options `clients` in all; each twenty have an address of their own */
export async function measureHostile({ clients }) {
  const clip = await loadClip();
  const server = await startServer({ oneCore: true });
  const good = [];
  for (let i = 0; i < GOOD; i++) good.push(await PacedStream.open(server.url, "decode", clip));
  const calmBegan = performance.now();
  const calmEnd = calmBegan + 5000;
  const end = calmEnd + 45_000;
  const running = Promise.all(good.map((one, i) => one.run(calmBegan + (i * one.messageMs) / GOOD, end)));
  await pause(5000);
  const memory = watchMemory(server);
  const names = Object.keys(CLIENTS);
  const lives = Array.from({ length: clients }, (_, i) => attack(server.port, names[i % names.length], i));
  const ended = await Promise.all(lives.map((life) => Promise.race([life, pause(end - performance.now()).then(() => undefined)])));
  await running;
  const { frontMegabytes, before } = memory.stop();
  const figures = figuresOf(good, calmEnd);
  const calm = figuresOf(good, calmBegan, calmEnd);
  const seconds = ended.map((one) => one?.seconds ?? Infinity);
  const byKind = names.map((name) => ({
    name,
    longestSeconds: finite(Math.max(...ended.flatMap((one, i) => (names[i % names.length] === name ? [seconds[i]] : [])))),
  }));
  const metrics = await server.metrics();
  const restarts = metrics.get("twelvehz_engine_restarts_total");
  await server.stop();
  const longest = Math.max(...seconds);
  console.log(
    `${clients} hostile clients: good p99 ${figures.p99Ms.toFixed(1)} ms (${calm.p99Ms.toFixed(1)} before), last gone after ${longest.toFixed(1)} s`,
  );
  return {
    clients,
    good: GOOD,
    ...figures,
    calmP99Ms: calm.p99Ms,
    closedGood: figures.closed,
    moreMegabytes: frontMegabytes - before,
    longestSeconds: finite(longest),
    left: seconds.filter((s) => s === Infinity).length,
    byKind,
    restarts,
  };
}

const finite = (value) => (Number.isFinite(value) ? value : null);

/** Until the server has cut it off, or has answered and closed. */
function attack(port, name, index) {
  const block = Math.floor(index / PER_ADDRESS);
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.${1 + (block >> 8)}.${1 + (block & 255)}` });
    let began = performance.now();
    socket.on("connect", () => {
      began = performance.now();
      CLIENTS[name](socket);
    });
    socket.on("error", () => undefined);
    if (name !== "reads nothing") socket.on("data", () => undefined);
    socket.on("end", () => socket.destroy());
    socket.on("close", () => resolve({ seconds: (performance.now() - began) / 1000 }));
  });
}

function drip(socket, head, everyMs) {
  socket.write(head);
  repeat(socket, everyMs, () => socket.write("a"));
}

function repeat(socket, everyMs, action) {
  const timer = setInterval(action, everyMs);
  socket.once("close", () => clearInterval(timer));
}

/** A stream that is started; what it then does begins with the answer. */
function open(socket, then) {
  socket.write(upgrade("decode"));
  socket.once("data", () => {
    socket.write(START);
    socket.once("data", then);
  });
}

function flood(socket, make) {
  repeat(socket, 20, () => {
    if (socket.writableLength < 100_000) socket.write(Buffer.concat(Array.from({ length: 50 }, make)));
  });
}

/** Sends codes as it may, and takes nothing of what comes. */
function readNothing(socket) {
  socket.pause();
  const codes = frame(2, Buffer.alloc(32 * 10));
  const keepalive = frame(1, Buffer.from('{"type":"keepalive"}'));
  socket.write(Buffer.concat([codes, codes, codes]));
  repeat(socket, 1000, () => socket.write(keepalive, () => undefined));
}

function watchMemory(server) {
  const before = server.frontMegabytes;
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, server.frontMegabytes)), 200);
  return {
    stop() {
      clearInterval(timer);
      return { frontMegabytes: most, before };
    },
  };
}
