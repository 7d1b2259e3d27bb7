/** Clips for the toy codec, and corpora made of them. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Audio, encodeWav } from "@twelvehz/codec";
import {
  doneUnits,
  type Engine,
  openStore,
  readRows,
  requireCorpus,
  runUnit,
  type StoredRow,
  tokenize,
  type TokenizeOptions,
  type TokenizeResult,
} from "@twelvehz/corpus";
import { openCodec } from "@twelvehz/test-support/toy-codec.mjs";
import { uniform } from "../reference/seeded-checkpoint.mjs";

/** The module of the toy codec. */
export const TOY: string = new URL("../support/toy-codec.mjs", import.meta.url).href;
/** Hz of the toy codec. */
export const TOY_RATE = 16_000;

/** Noise of a length, a WAV file. */
export function noise(seconds: number, seed: number, first?: number): Uint8Array {
  const samples = Float32Array.from(uniform("noise", Math.round(seconds * TOY_RATE), -0.2, 0.2, seed));
  if (first !== undefined) samples[0] = first;
  return encodeWav(new Audio(samples, TOY_RATE)).bytes;
}

/** Writes files below a folder, which are made. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** So many clips of noise, `c000.wav` and on. */
export function noiseClips(count: number, seconds = 0.3): Record<string, Uint8Array> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${String(i).padStart(3, "0")}.wav`, noise(seconds, i)]));
}

/** Does units in this process, where none may end it: nothing has to be started. */
export const HERE: Engine = async (store, plan) => {
  await using codec = await openCodec();
  const done = await doneUnits(store);
  for (const unit of plan.units.keys()) if (!done.has(unit)) await runUnit({ store, plan, codec }, unit);
};

/** Makes a corpus with the toy codec in this process. */
export function tokenizeHere(sources: readonly string[], output: string, options: TokenizeOptions = {}): Promise<TokenizeResult> {
  return tokenize(sources, output, { codecModule: TOY, engine: HERE, ...options });
}

/** Makes a corpus with the toy codec, in one process of its own where nothing else is said. */
export function tokenizeToy(sources: readonly string[], output: string, options: TokenizeOptions = {}): Promise<TokenizeResult> {
  return tokenize(sources, output, { codecModule: TOY, workers: 1, ...options });
}

/**
 * Gives something whenever a clip is begun by anyone, and at other notes of units. Only the folder of the notes is watched: Node
 * looks into every folder that it watches with those below it, and fails when one has just gone.
 */
export async function* begunClips(corpus: string, signal?: AbortSignal): AsyncGenerator<void> {
  const notes = join(corpus, ".twelvehz/flight");
  mkdirSync(notes, { recursive: true });
  for await (const _ of watch(notes, { signal })) yield;
}

/** All rows of a corpus. */
export async function rowsIn(folder: string): Promise<StoredRow[]> {
  const store = await openStore(folder);
  const { shards } = await requireCorpus(store);
  const rows: StoredRow[] = [];
  for await (const row of readRows(store, shards)) rows.push({ ...row, codes: row.codes.slice() });
  return rows;
}

/** Lines of `rejects.jsonl`. */
export function rejectsIn(folder: string): { id: string; code: string; reason: string; line?: number }[] {
  const lines = readFileSync(join(folder, "rejects.jsonl"), "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as { id: string; code: string; reason: string });
}

/** All files of a folder with their bytes; with those below it, where nothing else is said. */
export function contentOf(folder: string, recursive = true): Record<string, string> {
  const files = readdirSync(folder, { recursive, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ name, parentPath }) => [name, readFileSync(join(parentPath, name)).toString("base64")]));
}
