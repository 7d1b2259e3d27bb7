import { CodecError } from "@twelvehz/codec/node";
import type { FoundEntry } from "./entry.ts";
import { readFolder } from "./folder-source.ts";
import { folderOf, isS3, joinAddress, listFolder, nameOf, statAddress } from "./files.ts";
import { jsonlKind, readJsonl } from "./jsonl-source.ts";
import { wholeRecordings } from "./lhotse.ts";
import { readParquet } from "./parquet-source.ts";
import { guessSeconds, isSound, type SourceContext, type SourceReader } from "./source.ts";
import { readTable } from "./table-source.ts";
import { readTar } from "./tar-source.ts";
import { resolve } from "node:path";

/** Readers by the end of a name. */
const READERS: readonly (readonly [end: RegExp, read: SourceReader])[] = [
  [/\.(jsonl|ndjson|json)(\.gz)?$/i, readJsonl],
  [/\.(csv|tsv)(\.gz)?$/i, readTable],
  [/\.tar$/i, readTar],
  [/\.parquet$/i, readParquet],
];
const WANTED = "a folder of sound, a manifest (.jsonl, .csv, .tsv), a .tar, a .parquet or a sound file";

/** What is read of sources beside their entries. */
export interface ReadSources {
  /** Folders and addresses that places of sounds refer to; grows while entries are read. */
  readonly roots: readonly string[];
  readonly entries: AsyncGenerator<FoundEntry>;
}

/**
 * The clips of sources, in their order.
 * @param sources paths, or addresses of S3; a folder without sound that holds manifests, tars or
 * Parquet stands for those
 * @throws CodecError while entries are read: `not-found`, `unsupported`, `bad-format`, and as
 * reading any file
 */
export function readSources(sources: readonly string[]): ReadSources {
  const roots: string[] = [];
  const context: Omit<SourceContext, "prefix"> = {
    rootOf(address) {
      const at = roots.indexOf(address);
      return at < 0 ? roots.push(address) - 1 : at;
    },
    recordings: new Map(),
    supervised: false,
  };
  return { roots, entries: entriesOf(sources, context) };
}

async function* entriesOf(sources: readonly string[], shared: Omit<SourceContext, "prefix">): AsyncGenerator<FoundEntry> {
  const opened = (await Promise.all(sources.map(openSource))).flat();
  for (const { address, read } of opened.sort((a, b) => a.rank - b.rank)) {
    const context: SourceContext = { ...shared, prefix: opened.length > 1 ? `${nameOf(address)}/` : "" };
    yield* read(address, context);
    shared.supervised = context.supervised;
  }
  if (!shared.supervised) yield* wholeRecordings(shared);
}

/** A source with its reader; recordings of Lhotse, rank -1, come before what refers to them. */
interface OpenedSource {
  readonly address: string;
  readonly read: SourceReader;
  readonly rank: number;
}

async function openSource(source: string): Promise<OpenedSource[]> {
  const address = isS3(source) ? source : resolve(source);
  const found = await statAddress(address);
  if (!found) throw new CodecError("not-found", `Cannot read ${JSON.stringify(source)}: there is no such file or folder; give ${WANTED}`);
  if (!found.isFolder) return [await openFile(address, found.bytes)];
  const files = await listFolder(address);
  if (files.some(({ path }) => isSound(path))) return [{ address, read: readFolder(files), rank: 0 }];
  const inside = files.filter(({ path }) => READERS.some(([end]) => end.test(path)));
  if (inside.length === 0)
    throw new CodecError("bad-audio", `Cannot take clips from ${JSON.stringify(source)}: there is no sound in it; give ${WANTED}`);
  return Promise.all(inside.map(({ path, bytes }) => openFile(joinAddress(address, path), bytes)));
}

async function openFile(address: string, bytes: number): Promise<OpenedSource> {
  const read = READERS.find(([end]) => end.test(address))?.[1] ?? (isSound(address) ? soundFile(bytes) : undefined);
  if (!read) {
    const hint = /\.(tgz|tar\.gz)$/i.test(address) ? "; unpack it with gunzip: its members cannot be found else" : "";
    throw new CodecError("unsupported", `Cannot take clips from ${JSON.stringify(address)}: give ${WANTED}${hint}`);
  }
  return { address, read, rank: read === readJsonl && (await jsonlKind(address)) === "recording" ? -1 : 0 };
}

/** One sound file as a source. */
function soundFile(bytes: number): SourceReader {
  return async function* (address, { rootOf }) {
    const path = nameOf(address);
    yield {
      entry: { id: path, source: path, place: { root: rootOf(folderOf(address)), path }, bytes },
      seconds: guessSeconds(path, bytes),
    };
  };
}
