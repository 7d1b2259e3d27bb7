import type { Entry, FoundEntry } from "./entry.ts";
import { folderOf, joinAddress, nameOf, statAddress } from "./files.ts";
import { knownFields, type SourceRecord } from "./record-fields.ts";
import { guessSeconds, type SourceContext } from "./source.ts";

/** A line of a manifest that cannot be used, as a rejected clip. */
export function badLine(address: string, line: number, reason: string, id?: string): FoundEntry {
  const name = nameOf(address);
  const entry: Entry = {
    id: id ?? `${name}:${line}`,
    source: name,
    line,
    reject: { code: "bad-line", reason: `Cannot use line ${line} of ${JSON.stringify(name)}: ${reason}` },
  };
  return { entry, seconds: 0, isBadLine: true };
}

/** A clip by a record of a manifest: JSON, a row of a table. Paths are from where the manifest is. */
export async function recordEntry(address: string, line: number, record: SourceRecord, context: SourceContext): Promise<FoundEntry> {
  const fields = knownFields(record);
  if (typeof fields === "string") return badLine(address, line, fields);
  const { audio, id, offset, duration, text, speaker, language, extra } = fields;
  if (audio === undefined) return badLine(address, line, 'it names no sound; give it a field "audio" with a path', id);
  if (offset !== undefined && duration === 0) return badLine(address, line, '"duration" is 0; more is wanted', id);
  const folder = folderOf(address);
  const bytes = await sizeOf(joinAddress(folder, audio));
  const entry: Entry = {
    id: id ?? (offset === undefined ? audio : `${audio}@${offset}${duration === undefined ? "" : `+${duration}`}`),
    source: audio,
    place: { root: context.rootOf(folder), path: audio },
    bytes,
    offset,
    duration: offset === undefined ? undefined : duration,
    text,
    speaker,
    language,
    extra,
    line,
  };
  return { entry, seconds: duration ?? guessSeconds(audio, bytes ?? 0) };
}

/** Bytes of a sound; undefined where there is none, which shows when it is its turn. */
async function sizeOf(address: string): Promise<number | undefined> {
  const found = await statAddress(address).catch(() => undefined);
  return found?.isFolder ? undefined : found?.bytes;
}
