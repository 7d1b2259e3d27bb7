/** A thousand clients that mean no good, from many addresses, beside four good streams. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../../scripts/prepare.mjs";
import { loadClip } from "./clip.mjs";
import { figuresOf, PacedStream } from "./paced-stream.mjs";
import { pause, startServer } from "./serving.mjs";

const GOOD = 4;
const CALM_SECONDS = 5;
const SIEGE_SECONDS = 45;

/** @param options `clients` in all; each twenty have an address of their own */
export async function measureHostile({ clients }) {
  const clip = await loadClip();
  const server = await startServer({ oneCore: true });
  const good = [];
  for (let i = 0; i < GOOD; i++) good.push(await PacedStream.open(server.url, "decode", clip));
  const calmBegan = performance.now();
  const calmEnd = calmBegan + 1000 * CALM_SECONDS;
  const end = calmEnd + 1000 * SIEGE_SECONDS;
  const running = Promise.all(good.map((one, i) => one.run(calmBegan + (i * one.messageMs) / GOOD, end)));
  await pause(1000 * CALM_SECONDS);
  const memory = watchMemory(server);
  const ended = await besiege(server.port, clients);
  await running;
  const { frontMegabytes, before } = memory.stop();
  const figures = figuresOf(good, calmEnd);
  const calm = figuresOf(good, calmBegan, calmEnd);
  const seconds = ended.map((one) => one.seconds ?? Infinity);
  const names = [...new Set(ended.map(({ name }) => name))];
  const byKind = names.map((name) => ({
    name,
    longestSeconds: finite(Math.max(...ended.flatMap((one, i) => (one.name === name ? [seconds[i]] : [])))),
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

/** Sends the clients; gives for how long each was let. */
async function besiege(port, clients) {
  const script = join(root, "bench/server/hostile-clients.mjs");
  const child = spawn(process.execPath, [script, String(port), String(clients), String(SIEGE_SECONDS - 3)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const piece of child.stdout) text += String(piece);
  return JSON.parse(text);
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
