import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { CodecError, messageOf } from "@twelvehz/codec/node";

/** Extensions that are taken for sound in a folder. */
const SOUND: ReadonlySet<string> = new Set(".wav .aif .aiff .mp3 .flac .ogg .oga .opus .m4a .aac .webm".split(" "));
const MANIFESTS = 'a folder, or a manifest: JSONL with a field "file" in every line, or CSV with a column "file"';

/** A clip on the disk. */
export interface ClipFile {
  /** Path below the folder or the manifest's folder, with `/`: what results call the clip. */
  readonly name: string;
  readonly path: string;
}

/**
 * The clips of a folder and all folders below it, or of a manifest: `.jsonl` with a field `file` in
 * every line, `.csv` with a column `file`, or one sound file. Sorted by name in a folder, in the
 * manifest's order otherwise.
 * @throws CodecError `not-found` when there is no such path, `bad-audio` when there is no sound,
 * `bad-format` for a manifest that is none
 */
export async function listClips(path: string): Promise<ClipFile[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw new CodecError("not-found", `Cannot take clips from "${path}": there is no such file or folder; give ${MANIFESTS}`, {
      cause: error,
    });
  });
  const clips = found.isDirectory() ? await folderClips(path) : await namedClips(path);
  if (clips.length === 0)
    throw new CodecError(
      "bad-audio",
      `Cannot take clips from "${path}": there is no sound in it (${[...SOUND].join(" ")}); give ${MANIFESTS}`,
    );
  return clips;
}

async function folderClips(folder: string): Promise<ClipFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".") && SOUND.has(extname(entry.name).toLowerCase()))
    .map((entry) => clipIn(folder, relative(folder, join(entry.parentPath, entry.name))))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function clipIn(folder: string, path: string): ClipFile {
  return { name: path.split(sep).join("/"), path: resolve(folder, path) };
}

async function namedClips(path: string): Promise<ClipFile[]> {
  const extension = extname(path).toLowerCase();
  if (SOUND.has(extension)) return [{ name: basename(path), path }];
  if (extension !== ".jsonl" && extension !== ".csv")
    throw new CodecError("unsupported", `Cannot take clips from "${path}": it is neither sound nor a manifest; give ${MANIFESTS}`);
  const text = (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
  const files = extension === ".csv" ? csvFiles(text, path) : jsonlFiles(text, path);
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined) throw badManifest(path, `it names "${twice}" twice`);
  return files.map((file) => clipIn(dirname(path), file));
}

function jsonlFiles(text: string, path: string): string[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const { file } = parseLine(line, path, i + 1);
    if (typeof file !== "string" || file === "") throw badManifest(path, `line ${i + 1} has no field "file"`);
    return [file];
  });
}

function parseLine(line: string, path: string, number: number): { readonly file?: unknown } {
  try {
    return (JSON.parse(line) as { file?: unknown } | null) ?? {};
  } catch (error) {
    throw badManifest(path, `line ${number} is not JSON (${messageOf(error)})`);
  }
}

function csvFiles(text: string, path: string): string[] {
  const [header = [], ...rows] = parseCsv(text);
  const column = header.indexOf("file");
  if (column < 0) throw badManifest(path, `its first line has no column "file"`);
  return rows.map((row, i) => {
    if (!row[column]) throw badManifest(path, `record ${i + 2} has no "file"`);
    return row[column];
  });
}

/** Records of RFC 4180, also with lines ended by LF. Empty lines are left out. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end !== ",") rows.push([]);
  }
  return rows.filter((row) => row.some((value) => value !== ""));
}

function badManifest(path: string, what: string): CodecError {
  return new CodecError("bad-format", `Cannot use the manifest "${path}": ${what}; a manifest names a file in every line`);
}
