/** Makes inputs, gives them to the readers, and judges what comes of it. See docs/fuzzing.md. */
import { CodecError } from "../../packages/codec/dist/index.js";
import { mutate } from "./mutate.mjs";
import { Random } from "./random.mjs";
import { READERS, Violation } from "./readers.mjs";
export { REGRESSIONS } from "./regressions.mjs";
import { SEEDS } from "./seeds.mjs";

/** Names of the readers. */
export const READER_NAMES = Object.keys(READERS);
/** What one input may add to the peak memory of the process, in bytes. */
export const MAX_GROWTH = 256 * 2 ** 20;
/** Longest message of an error. */
const MAX_MESSAGE = 1000;

const seedsOf = new Map();

function seeds(reader) {
  if (!seedsOf.has(reader)) seedsOf.set(reader, SEEDS[reader]());
  return seedsOf.get(reader);
}

/**
 * Input `index` of a run: the same for the same seed, whatever else is run. The first ones are the
 * seeds themselves.
 * @param {string} reader
 * @param {number} seed
 * @param {number} index
 */
export function makeInput(reader, seed, index) {
  const all = seeds(reader);
  if (index < all.length) return all[index].slice();
  const random = new Random(`${reader} ${seed} ${index}`);
  const { shape, repair } = READERS[reader];
  const original = random.pick(all);
  let bytes = original;
  const kind = random.below(4);
  if (shape && kind > 0) bytes = shape(bytes, random);
  if (shape && kind === 1) bytes = random.oneIn(2) ? mutate(bytes, random, all) : bytes;
  if (!shape || kind === 0) bytes = mutate(bytes, random, all);
  if (repair && kind > 0) bytes = repair(bytes);
  return new Uint8Array(bytes);
}

/**
 * Gives one input to a reader.
 * @param {string} reader
 * @param {Uint8Array} input
 * @returns what became of it: `outcome` is "accepted" or the code of the refusal, `problem` is set
 * when a law was broken; `ms`: what it took, see {@link tryInTime}
 */
export async function tryInput(reader, input) {
  const { read, refusals } = READERS[reader];
  const random = new Random(`${reader} ${input.length}`);
  const held = unaligned(input, random.below(8));
  const watch = new Watch();
  let outcome = "accepted";
  let problem;
  try {
    await read(held, random);
  } catch (error) {
    problem = problemOf(error, refusals);
    outcome = error instanceof CodecError ? error.code : "failed";
  }
  const { ms, growth, noise } = await watch.end();
  if (Buffer.compare(held, input) !== 0) problem ??= "changed its input";
  if (noise) problem ??= noise;
  if (growth > MAX_GROWTH) problem ??= `took ${Math.round(growth / 2 ** 20)} MiB, at most ${MAX_GROWTH / 2 ** 20} are allowed`;
  return { outcome, problem, ms };
}

/**
 * {@link tryInput}, which is a problem too when it takes too long twice: for a machine that does
 * nothing else.
 * @param {string} reader
 * @param {Uint8Array} input
 */
export async function tryInTime(reader, input) {
  const limitMs = READERS[reader].limitMs;
  const first = await tryInput(reader, input);
  if (first.problem || first.ms <= limitMs) return first;
  const again = await tryInput(reader, input);
  if (again.problem || again.ms <= limitMs) return again;
  return { ...again, problem: `took ${Math.round(again.ms)} ms, at most ${limitMs} are allowed` };
}

/** Bytes as a view that begins anywhere in its buffer: readers must not rely on alignment. */
function unaligned(bytes, offset) {
  const view = new Uint8Array(bytes.length + offset + 3).subarray(offset, offset + bytes.length);
  view.set(bytes);
  return view;
}

/** What is wrong with a failure, or undefined when it is one clear CodecError. */
function problemOf(error, refusals) {
  if (error instanceof Violation) return `broke a law: ${error.message}`;
  if (!(error instanceof CodecError)) return `threw ${describe(error)}`;
  const { code, message } = error;
  if (!refusals.includes(code)) return `refused with "${code}": ${message}`;
  if (!/^Cannot .*[^.]$/s.test(message) || message.length > MAX_MESSAGE)
    return `has a message of another form (${message.length}): ${message.slice(0, 300)}`;
  if (/[\p{Cc}\u2028\u2029]/u.test(message)) return `has control characters in its message: ${JSON.stringify(message)}`;
  if (/\bis undefined\b|\[object |is not a function/.test(message)) return `leaks its insides: ${message}`;
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
    if (isFault(cause)) return `hides ${describe(cause)} in "${message}"`;
  return undefined;
}

/** Errors of the language are faults of ours, but for those with which UTF-8 is refused. */
function isFault(error) {
  if (/node_modules/.test(error.stack?.split("\n")[1] ?? "")) return false; // a decoder of others that trips over damage
  if (error.code === "ERR_ENCODING_INVALID_ENCODED_DATA") return false;
  return ["TypeError", "RangeError", "ReferenceError"].includes(error.name);
}

function describe(error) {
  return error instanceof Error ? `${error.name}: ${error.message} ${error.stack?.split("\n")[1]?.trim() ?? ""}` : String(error);
}

const noises = [];
process.on("unhandledRejection", (reason) => noises.push(`left a rejection unhandled: ${describe(reason)}`));

/**
 * Measures one attempt, and listens for what a library must not do: write to the console, leave
 * rejections behind.
 */
class Watch {
  #cpu = process.cpuUsage();
  #began = performance.now();
  #peak = process.resourceUsage().maxRSS;
  #console = {};

  constructor() {
    noises.length = 0;
    for (const method of ["log", "info", "warn", "error", "debug"]) {
      this.#console[method] = console[method];
      console[method] = (...parts) => noises.push(`wrote to the console: ${parts.join(" ").slice(0, 200)}`);
    }
  }

  async end() {
    const { user, system } = process.cpuUsage(this.#cpu);
    const ms = Math.min(performance.now() - this.#began, (user + system) / 1000);
    const growth = (process.resourceUsage().maxRSS - this.#peak) * 1024;
    await new Promise((resolve) => setImmediate(resolve));
    Object.assign(console, this.#console);
    return { ms, growth, noise: noises[0] };
  }
}
