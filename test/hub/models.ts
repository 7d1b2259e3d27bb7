/** Small models for the mock hub, and caches to put them into. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { PullOptions } from "@twelvehz/codec/node";
import { afterEach } from "vitest";
import { writeSafetensors } from "../support/write-safetensors.mjs";
import { blobName, type MockHub, type MockRepo } from "./mock-hub.ts";

/** A commit. */
export const COMMIT: string = "c0ffee".padEnd(40, "0");
/** Name of the model of most tests. */
export const NAME = "Qwen/Qwen3-TTS-Tokenizer-12Hz";
/** Its folder in a cache. */
export const REPO_FOLDER = "models--Qwen--Qwen3-TTS-Tokenizer-12Hz";

/** Text as bytes. */
export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

/** A weight file with tensors of noise that follows from a seed. */
export function weights(bytes: number, seed = "a", names: readonly string[] = ["noise"]): Uint8Array {
  const tensors = names.map((name) => [name, { dtype: "U8", shape: [bytes], data: noise(bytes, `${seed}/${name}`) }] as const);
  return writeSafetensors(Object.fromEntries(tensors));
}

function noise(bytes: number, seed: string): Uint8Array {
  const block = createHash("shake256", { outputLength: Math.min(bytes, 65_536) })
    .update(seed)
    .digest();
  return Uint8Array.from({ length: bytes }, (_, i) => block[i % block.length] ^ (i >> 16));
}

/** The configuration of a model of this kind. */
export function config(type: string): Uint8Array {
  return text(JSON.stringify({ model_type: type }));
}

/** Weights of 3 MB, so that an interrupted download has brought something. */
export const WEIGHTS: Uint8Array = weights(3_000_000);

/** A repository with what a model needs, and more. */
export function modelRepo(files: Readonly<Record<string, Uint8Array>> = {}): MockRepo {
  return {
    commit: COMMIT,
    files: {
      ".gitattributes": text("*.safetensors filter=lfs"),
      "README.md": text("# A model"),
      "config.json": config("qwen3_tts_tokenizer_12hz"),
      "preprocessor_config.json": text(`{"sampling_rate": 24000}`),
      "model.safetensors": WEIGHTS,
      "pytorch_model.bin": weights(10_000, "bin"),
      ...files,
    },
  };
}

let folders: string[] = [];
afterEach(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders = [];
});

/** A folder that is removed after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-hub-"));
  folders.push(folder);
  return folder;
}

/** Environment of a user whose home is empty. */
export function newEnvironment(changes: Readonly<Record<string, string>> = {}): Record<string, string> & { readonly HOME: string } {
  return { HOME: newFolder(), ...changes };
}

/** The cache of a user. */
export function cacheOf(env: { readonly HOME: string }): string {
  return join(env.HOME, ".cache", "huggingface", "hub");
}

/** Options for quick tests against a mock hub. */
export function quick(hub: MockHub, env: Readonly<Record<string, string>>): PullOptions {
  return { endpoint: hub.url, env, retryMs: 2 };
}

/** What is in a folder: the content of files, and where links go. */
export function treeOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true }).map(String).sort();
  const files = paths.filter((path) => !lstatSync(join(folder, path)).isDirectory());
  return Object.fromEntries(
    files.map((path) => {
      const full = join(folder, path);
      return [path, lstatSync(full).isSymbolicLink() ? `-> ${readlinkSync(full)}` : `${readFileSync(full).length} bytes`];
    }),
  );
}

/** Lays a snapshot out as the Python package does. */
export function layOut(
  cache: string,
  folder: string,
  files: Readonly<Record<string, Uint8Array>>,
  { commit = COMMIT, ref = "main" } = {},
): string {
  const repo = join(cache, folder);
  for (const [path, bytes] of Object.entries(files)) {
    const blob = join(repo, "blobs", blobName(bytes));
    const pointer = join(repo, "snapshots", commit, path);
    for (const file of [blob, pointer]) mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(blob)) writeFileSync(blob, bytes);
    symlinkSync(join("../".repeat(path.split("/").length + 1), "blobs", blobName(bytes)), pointer);
  }
  if (ref) {
    mkdirSync(join(repo, "refs"), { recursive: true });
    writeFileSync(join(repo, "refs", ref), commit);
  }
  return join(repo, "snapshots", commit);
}

/**
 * Runs a step as a user who is not root, whom no permission stops, and who may only read a folder.
 */
export async function asOrdinaryUser<T>(folder: string, step: () => Promise<T>): Promise<T> {
  chmodSync(folder, 0o555);
  const root = process.getuid?.() === 0;
  if (root) process.seteuid?.(65_534);
  try {
    return await step();
  } finally {
    if (root) process.seteuid?.(0);
    chmodSync(folder, 0o755);
  }
}
