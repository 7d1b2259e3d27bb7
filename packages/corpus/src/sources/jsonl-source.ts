import { messageOf } from "@twelvehz/codec/node";
import type { FoundEntry } from "./entry.ts";
import { folderOf } from "./files.ts";
import { readLines } from "./lines.ts";
import { type LhotseKind, lhotseKind, readCut, readSupervision, recordingOf } from "./lhotse.ts";
import { badLine, recordEntry } from "./record-entry.ts";
import type { SourceRecord } from "./record-fields.ts";
import type { SourceContext } from "./source.ts";

/** Lines that are worked on at once: each may ask for the size of a file. */
const AT_ONCE = 64;

/**
 * JSONL, a clip a line: our own, Qwen's for fine-tuning, NeMo's, Lhotse's recordings, supervisions
 * and cuts.
 */
export async function* readJsonl(address: string, context: SourceContext): AsyncGenerator<FoundEntry> {
  let waiting: Promise<FoundEntry | undefined>[] = [];
  for await (const [line, text] of readLines(address)) {
    waiting.push(entryOf(address, line, text, context));
    if (waiting.length < AT_ONCE) continue;
    yield* await present(waiting);
    waiting = [];
  }
  yield* await present(waiting);
}

async function present(waiting: readonly Promise<FoundEntry | undefined>[]): Promise<FoundEntry[]> {
  return (await Promise.all(waiting)).filter((found) => found !== undefined);
}

/** The first record of a file, to see what it is. */
export async function jsonlKind(address: string): Promise<LhotseKind | undefined> {
  for await (const [, text] of readLines(address)) return lhotseKind(parsed(text) ?? {});
  return undefined;
}

function parsed(text: string): SourceRecord | undefined {
  try {
    const value = JSON.parse(text.replace(/^\uFEFF/, "")) as unknown;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as SourceRecord) : undefined;
  } catch {
    return undefined;
  }
}

async function entryOf(address: string, line: number, text: string, context: SourceContext): Promise<FoundEntry | undefined> {
  const record = parsed(text);
  if (record === undefined) return badLine(address, line, `it is no JSON object${whyNot(text)}`);
  switch (lhotseKind(record)) {
    case "recording": {
      const recording = recordingOf(record, context.rootOf(folderOf(address)));
      if (typeof recording === "string") return badLine(address, line, recording);
      context.recordings.set(recording.id, recording);
      return undefined;
    }
    case "supervision":
      return readSupervision(address, line, record, context);
    case "cut":
      return readCut(address, line, record, context);
    case undefined:
      return recordEntry(address, line, record, context);
  }
}

function whyNot(text: string): string {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return ` (${messageOf(error)})`;
  }
}
