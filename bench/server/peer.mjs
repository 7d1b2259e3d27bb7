/**
 * Beside what users run today: the published code behind FastAPI (peer.py), in turn with
 * `twelvehz serve`, on the same checkpoint and the same processors.
 */
import { spawn } from "node:child_process";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "../machine.mjs";
import { onProcessors, pause, startServer } from "./serving.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const SECONDS = 5;
const FRAMES = Math.round(SECONDS * 12.5);
const LAYERS = 16;
const SIDE_BY_SIDE = 2;
const PORT = 7999;

const codes = Array.from({ length: FRAMES }, (_, t) => Array.from({ length: LAYERS }, (_, k) => ((t * LAYERS + k) * 7919) % 2048));

/** @param options `checkpoint`, a folder; `python`; `requests` of each kind and side */
export async function measurePeer({ checkpoint, python, requests }) {
  const theirs = await withPeer(checkpoint, python, (url) =>
    measure(`${url}/decode`, `${url}/decode`, JSON.stringify(codes), JSON.stringify(codes), requests),
  );
  const server = await startServer({ model: checkpoint, engines: cpus().length });
  const lines = codes.map((frame) => `${JSON.stringify(frame)}\n`).join("");
  const ours = await measure(`${server.url}/v1/decode`, `${server.url}/v1/decode?stream=true`, JSON.stringify({ codes }), lines, requests);
  await server.stop();
  const { versions, ...peer } = theirs;
  return { seconds: SECONDS, sideBySide: SIDE_BY_SIDE, requests, versions, twelvehz: ours, peer };
}

async function withPeer(checkpoint, python, work) {
  const threads = String(cpus().length);
  const [program, ...args] = onProcessors("all", [python, join(HERE, "peer.py"), checkpoint, String(PORT), threads]);
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  try {
    const url = `http://127.0.0.1:${PORT}`;
    const versions = await versionsWhenReady(url, child);
    return { versions, ...(await work(url)) };
  } finally {
    child.kill();
  }
}

async function versionsWhenReady(url, child) {
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return answer.json();
    await pause(200);
  }
  throw new Error(`${child.spawnargs.join(" ")} ended with ${child.exitCode}`);
}

/** Time of one request and to its first sample, alone; requests a second with others beside. */
async function measure(wholeUrl, firstUrl, wholeBody, firstBody, requests) {
  await timed(wholeUrl, wholeBody); // the first of all is slower
  const whole = [];
  for (let i = 0; i < requests; i++) whole.push((await timed(wholeUrl, wholeBody)).endMs);
  const first = [];
  for (let i = 0; i < requests; i++) first.push((await timed(firstUrl, firstBody)).firstMs);
  const began = performance.now();
  let left = requests;
  const one = async () => {
    while (left-- > 0) await timed(wholeUrl, wholeBody);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, one));
  const requestsPerSecond = (1000 * requests) / (performance.now() - began);
  return { requestMs: median(whole), firstSampleMs: median(first), requestsPerSecond };
}

/** Bytes of the header of a WAV file. */
const HEADER = 44;

async function timed(url, body) {
  const began = performance.now();
  const answer = await fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  let [bytes, firstMs] = [0, NaN];
  for await (const piece of answer.body) {
    bytes += piece.length;
    if (bytes > HEADER && Number.isNaN(firstMs)) firstMs = performance.now() - began;
  }
  if (bytes < HEADER + FRAMES * 1920 * 2) throw new Error(`${url}: ${bytes} bytes are no ${SECONDS} s of sound`);
  return { firstMs, endMs: performance.now() - began };
}
