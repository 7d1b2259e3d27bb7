/** Tars of WebDataset: files with one name up to the first dot belong to one clip. */
import { Readable } from "node:stream";
import { CodecError, messageOf } from "@twelvehz/codec/node";
import type { Entry, FoundEntry } from "./entry.ts";
import { folderOf, nameOf, streamFile } from "./files.ts";
import { knownFields, type SourceRecord } from "./record-fields.ts";
import { badLine } from "./record-entry.ts";
import { badManifest, guessSeconds, isSound, type SourceContext } from "./source.ts";

/** Largest file beside a sound that is read, bytes. */
const MOST_TEXT = 16 * 1024 * 1024;

/** What tar-stream knows of a member, with the place of its bytes, which its types leave out. */
interface Member {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly byteOffset: number;
}

/** Members of one clip as they come. */
interface Group {
  readonly key: string;
  sound?: { readonly name: string; readonly start: number; readonly bytes: number };
  fields: Record<string, unknown>;
  trouble?: string;
}

/** The clips of a tar. Sounds stay where they are: only their places are noted. */
export async function* readTar(address: string, context: SourceContext): AsyncGenerator<FoundEntry> {
  const { extract } = await import("tar-stream");
  const root = context.rootOf(folderOf(address));
  const tar = { name: nameOf(address), root, prefix: context.prefix, address };
  const unpacking = extract();
  Readable.from(streamFile(address))
    .on("error", (error) => unpacking.destroy(error))
    .pipe(unpacking as unknown as NodeJS.WritableStream);
  let group: Group | undefined;
  let index = 0;
  try {
    for await (const member of unpacking) {
      const header = member.header as unknown as Member;
      const text =
        header.type === "file" && isText(header.name) && header.size <= MOST_TEXT
          ? await textOf(member as AsyncIterable<unknown> as AsyncIterable<Uint8Array>)
          : undefined;
      member.resume();
      if (header.type !== "file" || nameOf(header.name).startsWith(".")) continue;
      const [key, extension] = splitName(header.name);
      if (group && group.key !== key) yield entryOf(group, ++index, tar);
      if (group?.key !== key) group = { key, fields: {} };
      addMember(group, header, extension, text);
    }
  } catch (error) {
    if (error instanceof CodecError) throw error;
    throw badManifest(address, `${messageOf(error)}; it is damaged, or no tar: copy it again`);
  }
  if (group) yield entryOf(group, ++index, tar);
}

function isText(name: string): boolean {
  return /\.(json|txt|cls|lang|spk)$/i.test(name);
}

async function textOf(member: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of member) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

/** WebDataset's rule: the key goes to the first dot of the last part of the name. */
function splitName(name: string): readonly [key: string, extension: string] {
  const path = name.replace(/^\.\//, "");
  const dot = path.indexOf(".", path.lastIndexOf("/") + 1);
  return dot < 0 ? [path, ""] : [path.slice(0, dot), path.slice(dot + 1).toLowerCase()];
}

function addMember(group: Group, header: Member, extension: string, text: string | undefined): void {
  if (isSound(header.name)) group.sound ??= { name: header.name, start: header.byteOffset, bytes: header.size };
  else if (text === undefined) return;
  else if (extension === "json") addJson(group, text);
  else group.fields[extension === "txt" ? "text" : extension] = text.replace(/\n$/, "");
}

function addJson(group: Group, text: string): void {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== "object" || value === null || Array.isArray(value)) group.trouble = "its JSON is no object";
    else Object.assign(group.fields, value);
  } catch (error) {
    group.trouble = `its JSON is damaged (${messageOf(error)})`;
  }
}

function entryOf(
  { key, sound, fields, trouble }: Group,
  index: number,
  tar: { readonly name: string; readonly root: number; readonly prefix: string; readonly address: string },
): FoundEntry {
  if (trouble !== undefined) return badLine(tar.address, index, `clip ${JSON.stringify(key)}: ${trouble}`, tar.prefix + key);
  if (!sound) return badLine(tar.address, index, `clip ${JSON.stringify(key)} has no sound`, tar.prefix + key);
  const known = knownFields(withoutPlaces(fields));
  if (typeof known === "string") return badLine(tar.address, index, `clip ${JSON.stringify(key)}: ${known}`, tar.prefix + key);
  const entry: Entry = {
    id: known.id ?? tar.prefix + key,
    source: `${tar.name}#${sound.name}`,
    place: { root: tar.root, path: tar.name, range: [sound.start, sound.bytes] },
    bytes: sound.bytes,
    text: known.text,
    speaker: known.speaker,
    language: known.language,
    extra: known.extra,
  };
  return { entry, seconds: known.duration ?? guessSeconds(sound.name, sound.bytes) };
}

/** The sound is in the tar: a path of before stays as a field that is not known. */
function withoutPlaces(fields: SourceRecord): SourceRecord {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name === "audio_filepath" ? "original_path" : name, value]));
}
