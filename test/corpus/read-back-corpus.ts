/** A small corpus with all that a manifest can say, its exports, and what their bytes are. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { EXPORT_FORMATS, exportCorpus, openStore } from "@twelvehz/corpus";
import { listing } from "@twelvehz/test-support/command.ts";
import { noiseClips, tokenizeHere, writeFiles } from "./toy-corpus.ts";

/** A manifest line for each of four sounds: unicode, dots and slashes in names, parts, fields of every type. */
export function manifestOf(sounds: readonly [string, string, string, string]): string {
  const clips = [
    { audio: sounds[0], text: "“One”, two.", speaker: "a", language: "en", take: 7, tags: ["x", null] },
    { id: "a/b.c", audio: sounds[1], text: "你好", offset: 0.125, duration: 0.5, language: "zh" },
    { audio: sounds[2] },
    { id: "short", audio: sounds[3], offset: 0.5, duration: 0.25, score: -0.25 },
  ];
  return clips.map((clip) => `${JSON.stringify(clip)}\n`).join("");
}

/** Exports a corpus in every form, each to a folder of its name below `folder`. */
export async function exportAll(corpus: string, folder: string): Promise<void> {
  for (const format of EXPORT_FORMATS) await exportCorpus(await openStore(corpus), format, join(folder, format));
}

/** Makes `corpus` and `exports` in a folder, by the toy codec: the same bytes on every machine. */
export async function makeToyExports(folder: string): Promise<void> {
  const clips = noiseClips(4, 0.8);
  const names = Object.keys(clips) as [string, string, string, string];
  writeFiles(join(folder, "in"), { ...clips, "list.jsonl": manifestOf(names) });
  await tokenizeHere([join(folder, "in/list.jsonl")], join(folder, "corpus"), { shardBytes: 500 });
  await exportAll(join(folder, "corpus"), join(folder, "exports"));
}

/** SHA-256 of every file of the exports; of what is packed, its content. */
export function digestsOf(folder: string): Record<string, string> {
  const files = listing(folder).filter((name) => /\.\w+$/.test(name));
  return Object.fromEntries(
    files.map((name) => {
      const bytes = readFileSync(join(folder, name));
      return [
        name,
        createHash("sha256")
          .update(name.endsWith(".gz") ? gunzipSync(bytes) : bytes)
          .digest("hex"),
      ];
    }),
  );
}

/** The digests of what the libraries have read: read-back.slow.test.ts holds them against these. */
export const READ_BACK: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL("read-back.json", import.meta.url), "utf8"),
) as Record<string, string>;
