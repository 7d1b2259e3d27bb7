/**
 * `node bench/server/hostile-clients.mjs PORT CLIENTS SECONDS`: clients that mean no good, each
 * twenty from an address of their own. They are no part of what is measured: in a process of their
 * own, which gives way to others. Prints for how many seconds each was let.
 */
import { connect } from "node:net";
import { setPriority } from "node:os";
import { pause } from "./serving.mjs";

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

setPriority(10);
const [port, count, seconds] = process.argv.slice(2).map(Number);
const names = Object.keys(CLIENTS);
const end = pause(seconds * 1000);
const lives = Array.from({ length: count }, (_, i) => attack(names[i % names.length], i));
const ended = await Promise.all(lives.map((life) => Promise.race([life, end])));
console.log(JSON.stringify(ended.map((one, i) => ({ name: names[i % names.length], seconds: one ?? null }))));
process.exit(0);

/** Until the server has cut it off, or has answered and closed. */
function attack(name, index) {
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
    socket.on("close", () => resolve((performance.now() - began) / 1000));
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
