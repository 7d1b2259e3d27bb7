/**
 * `npm run bench:server [-- --quick] [--only PART,PART] [--soak-minutes N] [--hold-seconds N]
 * [--published CHECKPOINT] [--python PYTHON]`: what the service carries and withstands. Writes bench/results/server.json,
 * part by part; what is not measured this time stays as it was. Some 75 minutes; with --quick some 6.
 * The part `peer` needs --published, a folder as `npm run verify:published -- --seeded full` makes
 * it, QWEN_TTS (the unpacked wheel qwen-tts 0.1.1), and a Python as bench/server/peer.py says.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepare, root } from "../../scripts/prepare.mjs";
import { measuredOn } from "../machine.mjs";
import { CAN_PIN, pause } from "./serving.mjs";

prepare();
if (CAN_PIN) spawnSync("taskset", ["-apc", "1", String(process.pid)]); // servers on one core have processor 0
const { measureBatches } = await import("./batches.mjs");
const { measureCapacity, measureCost, measureHold } = await import("./capacity.mjs");
const { measureEngineKill, measureFrontKill } = await import("./crashes.mjs");
const { measureAborts, measureSoak } = await import("./endurance.mjs");
const { measureHostile } = await import("./hostile.mjs");
const { measurePeer } = await import("./peer.mjs");
const { measureRefusal } = await import("./refusal.mjs");

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    "soak-minutes": { type: "string" },
    "hold-seconds": { type: "string" },
    published: { type: "string" },
    python: { type: "string", default: "python3" },
  },
});
const { quick, published } = values;
const soakMinutes = Number(values["soak-minutes"] ?? (quick ? 0.5 : 30));
const holdSeconds = Number(values["hold-seconds"] ?? (quick ? 10 : 600));

/** Parts, in order; those that need what is not given are left out. */
const PARTS = {
  capacity: () => measureCapacity({ trialSeconds: quick ? 5 : 30, mostTrials: quick ? 4 : 20 }),
  hold: () => measureHold({ seconds: holdSeconds }),
  cost: () => measureCost({ seconds: quick ? 4 : 30 }),
  batches: () => measureBatches({ rounds: quick ? 5 : 25 }),
  refusal: () => measureRefusal({ windowSeconds: quick ? 8 : 20 }),
  engineKill: () => measureEngineKill({ kills: quick ? 2 : 10 }),
  frontKill: () => measureFrontKill({ clipSeconds: quick ? [4, 30] : [4, 30, 120] }),
  hostile: () => measureHostile({ clients: 1000 }),
  aborts: () => measureAborts({ cycles: quick ? 500 : 10_000 }),
  soak: () => measureSoak({ minutes: soakMinutes }),
  ...(published && {
    capacityPublished: () => measureCapacity({ model: published, trialSeconds: quick ? 5 : 30, mostTrials: quick ? 4 : 20 }),
    peer: () => measurePeer({ checkpoint: published, python: values.python, requests: quick ? 4 : 20 }),
  }),
};

const wanted = values.only?.split(",") ?? Object.keys(PARTS);
const unknown = wanted.filter((name) => !PARTS[name]);
if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(", ")}; there is ${Object.keys(PARTS).join(", ")}`);

const path = join(root, "bench/results/server.json");
const results = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
/** Options that a part takes beside --quick; folders of this machine say nothing to others. */
const OPTIONS_OF = {
  soak: ["soak-minutes"],
  hold: ["hold-seconds"],
  capacityPublished: ["published"],
  peer: ["published", "python"],
};
const FOLDERS = { published: "CHECKPOINT", python: "PYTHON" };
const commandOf = (part) => {
  const said = (OPTIONS_OF[part] ?? []).filter((name) => process.argv.includes(`--${name}`));
  const options = said.map((name) => `--${name} ${FOLDERS[name] ?? values[name]}`);
  return ["npm run bench:server --", `--only ${part}`, ...(quick ? ["--quick"] : []), ...options].join(" ");
};
for (const name of wanted) {
  console.log(`${name} …`);
  const otherLoad = await busyProcessors();
  results[name] = { measured: measuredOn(commandOf(name)), quick, otherLoad, ...(await PARTS[name]()) };
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
}
process.exit(0);

/** How many processors are busy with other work, over a second. */
async function busyProcessors() {
  const ticks = () => cpus().map(({ times: { user, nice, sys, idle, irq } }) => ({ busy: user + nice + sys + irq, idle }));
  const before = ticks();
  await pause(1000);
  return ticks().reduce((sum, { busy, idle }, i) => {
    const more = busy - before[i].busy;
    return sum + more / Math.max(1, more + idle - before[i].idle);
  }, 0);
}
