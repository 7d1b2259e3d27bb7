/** What every result file says about where it was measured. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { root } from "../scripts/prepare.mjs";

function versionOf(name) {
  return JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version;
}

function commit() {
  try {
    return execFileSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

/** Widest vectors of an x86 processor, where the system tells. */
function vectors() {
  try {
    const flags = readFileSync("/proc/cpuinfo", "utf8");
    return ["avx512f", "avx2"]
      .find((flag) => flags.includes(` ${flag} `))
      ?.replace("avx512f", "avx-512")
      .toUpperCase();
  } catch {
    return undefined;
  }
}

/** Processor, versions and commit. `command` is what was typed. */
export function measuredOn(command) {
  const processors = cpus();
  return {
    command,
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
    machine: `${processors[0].model.trim()}, ${processors.length} processors`,
    vectors: vectors(),
    node: process.versions.node,
    onnxruntime: versionOf("onnxruntime-node"),
  };
}

/**
 * Milliseconds of all processors that some work of this process takes: on a machine with nothing
 * else to do, what the clock says of work on one core. And what the work gives.
 */
export async function processorMs(work) {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / 1000, result];
}

/** The milliseconds of {@link processorMs} alone. */
export async function timed(work) {
  const [ms] = await processorMs(work);
  return ms;
}

/** The middle value. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** The middle value of each number that the rounds have. */
export function medians(rounds) {
  const numbers = Object.keys(rounds[0]).filter((key) => typeof rounds[0][key] === "number");
  return Object.fromEntries(numbers.map((key) => [key, median(rounds.map((round) => round[key]))]));
}

/** The arithmetic mean. */
export function mean(values) {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** The mean of paired differences, and its standard error. */
export function meanGain(gains) {
  const gain = mean(gains);
  return { gain, standardError: Math.sqrt(mean(gains.map((x) => (x - gain) ** 2)) / (gains.length - 1)) };
}
