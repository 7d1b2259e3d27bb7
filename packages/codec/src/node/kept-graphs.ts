/**
 * What ONNX Runtime makes of a large network when it opens it: weights in the order of its kernels,
 * for this processor. It takes longer than all the rest of opening, so it is kept in the cache of
 * the user, where that can be written to.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, statfs, utimes, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import type { Graph } from "../graph/builder.ts";
import type { GraphPlace, KeptGraph, KeptGraphs } from "../runtime/kept-graphs.ts";
import { makeFolder } from "./folders.ts";
import { cacheHome } from "./hub/environment.ts";

/** Models with less weights open fast enough, bytes. */
const LEAST_BYTES = 64 * 2 ** 20;
/** What must be free on the disk, in sizes of the model. */
const ROOM = 4;
/** After so long nobody is writing any more, ms. */
const FORGOTTEN_MS = 600_000;
/** What was not opened for so long, such as graphs of an older version of this library, is removed: 60 days, ms. */
const UNUSED_MS = 60 * 24 * 3_600_000;
const GRAPH = "network.onnx";
const WEIGHTS = "network.bin";
const ABOUT = "about.json";
/** At the end of the name of an entry that is being written. */
const DRAFT = ".new";

/** What a kept network belongs to, the folder of the model, and how many bytes of weights it has. */
interface About {
  readonly key: string;
  readonly model: string;
  readonly bytes: number;
}

/** Options of {@link keptGraphsIn}. */
export interface KeptGraphsOptions {
  /** Name and version of the runtime. */
  readonly runtime: string;
  /** Default: in the cache of the user, or none where `TWELVEHZ_KEEP_NETWORKS` is 0. */
  readonly folder?: string | undefined;
  /** Models with less weights are not kept. Default 64 MB. */
  readonly leastBytes?: number;
}

/** Networks that are kept in a folder, one for each graph of each folder of weights. */
export function keptGraphsIn({ runtime, folder, leastBytes = LEAST_BYTES }: KeptGraphsOptions): KeptGraphs | undefined {
  if (folder === undefined && process.env["TWELVEHZ_KEEP_NETWORKS"] === "0") return undefined;
  const home = folder ?? join(cacheHome(process.env), "twelvehz", "networks");
  const entryOf = (graph: Graph): string => join(home, digest(`${graph.weightFolder}\n`, graph.bytes).slice(0, 32));
  return {
    async find(graph) {
      const entry = entryOf(graph);
      return readKept(entry, (await keyOf(graph, runtime)).key).catch(() => undefined);
    },
    async place(graph) {
      const about = await keyOf(graph, runtime);
      return about.bytes < leastBytes ? undefined : placeIn(entryOf(graph), about).catch(() => undefined);
    },
  };
}

/** Everything that a kept network depends on; and the bytes of all weights. */
async function keyOf({ bytes, weightFolder = "" }: Graph, runtime: string): Promise<About> {
  const names = (await readdir(weightFolder)).sort();
  const files = await Promise.all(names.map(async (name) => ({ name, found: await stat(join(weightFolder, name)) })));
  const listed = files.map(({ name, found }) => `${name} ${found.size} ${found.mtimeMs}`).join("\n");
  const machine = `${process.platform} ${process.arch} ${cpus()[0]?.model}`;
  return {
    key: digest(`${runtime}\n${machine}\n${listed}\n`, bytes),
    model: weightFolder,
    bytes: files.reduce((sum, { found }) => sum + found.size, 0),
  };
}

function digest(text: string, bytes: Uint8Array): string {
  return createHash("sha256").update(text).update(bytes).digest("hex");
}

async function readKept(entry: string, key: string): Promise<KeptGraph | undefined> {
  const about = await readAbout(entry);
  const { size } = await stat(join(entry, WEIGHTS));
  if (about.key !== key || about.bytes !== size) return undefined;
  const now = new Date();
  await utimes(join(entry, ABOUT), now, now).catch(() => undefined); // a cache that cannot be written to may be read
  return { bytes: await readFile(join(entry, GRAPH)), folder: entry, discard: () => removed(entry) };
}

/** A folder to write to, which becomes the entry when it is whole; undefined where another writes. */
async function placeIn(entry: string, about: About): Promise<GraphPlace | undefined> {
  const [home, draft] = [dirname(entry), `${entry}${DRAFT}`];
  await makeFolder(home);
  await removeOrphans(home);
  const { bavail, bsize } = await statfs(home);
  if (bavail * bsize < ROOM * about.bytes) return undefined;
  const before = await stat(draft).catch(() => undefined);
  if (before && Date.now() - before.mtimeMs > FORGOTTEN_MS) await removed(draft);
  await mkdir(draft); // fails where another process is at it
  return {
    path: join(draft, GRAPH),
    weights: WEIGHTS,
    async keep() {
      const { size } = await stat(join(draft, WEIGHTS));
      await writeFile(join(draft, ABOUT), JSON.stringify({ ...about, bytes: size } satisfies About));
      await removed(entry);
      await rename(draft, entry);
    },
    discard: () => removed(draft),
  };
}

/** Removes what was kept of models that are no longer there, and what nobody has opened for long. */
async function removeOrphans(home: string): Promise<void> {
  const entries = (await readdir(home)).filter((name) => !name.endsWith(DRAFT)).map((name) => join(home, name));
  for (const entry of entries) {
    const about = await readAbout(entry).catch(() => undefined);
    if (about === undefined || !existsSync(about.model) || (await isUnused(entry))) await removed(entry);
  }
}

/** The file that tells about an entry is as old as its last opening. */
async function isUnused(entry: string): Promise<boolean> {
  return Date.now() - (await stat(join(entry, ABOUT))).mtimeMs > UNUSED_MS;
}

async function readAbout(entry: string): Promise<About> {
  return JSON.parse(await readFile(join(entry, ABOUT), "utf8")) as About;
}

async function removed(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
