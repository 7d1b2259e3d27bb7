/**
 * What ONNX Runtime makes of a large network when it opens it: weights in the order of its kernels,
 * for this processor. It takes longer than all the rest of opening, so it is kept in the cache of
 * the user, where that can be written to.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Graph } from "../graph/builder.ts";
import type { GraphPlace, KeptGraph, KeptGraphs } from "../runtime/kept-graphs.ts";
import { cacheHome } from "./hub/environment.ts";

/** Models with less weights open fast enough, bytes. */
const LEAST_BYTES = 64 * 2 ** 20;
/** What must be free on the disk, in sizes of the model. */
const ROOM = 4;
/** After so long nobody is writing any more, ms. */
const FORGOTTEN_MS = 600_000;
const GRAPH = "network.onnx";
const WEIGHTS = "network.bin";
const ABOUT = "about.json";

/** What a kept network belongs to, and how many bytes of weights it has. */
interface About {
  readonly key: string;
  readonly bytes: number;
}

/** Options of {@link keptGraphsIn}. */
export interface KeptGraphsOptions {
  /** Name and version of the runtime. */
  readonly runtime: string;
  /** Default: in the cache of the user. */
  readonly folder?: string | undefined;
  /** Models with less weights are not kept. Default 64 MB. */
  readonly leastBytes?: number;
}

/** Networks that are kept in a folder, one for each graph of each folder of weights. */
export function keptGraphsIn({ runtime, folder, leastBytes = LEAST_BYTES }: KeptGraphsOptions): KeptGraphs {
  const home = folder ?? join(cacheHome(process.env), "twelvehz", "networks");
  const entryOf = (graph: Graph): string => join(home, digest(`${graph.weightFolder}\n`, graph.bytes).slice(0, 32));
  return {
    async find(graph) {
      const entry = entryOf(graph);
      return readKept(entry, (await keyOf(graph, runtime)).key).catch(() => undefined);
    },
    async place(graph) {
      const { key, bytes } = await keyOf(graph, runtime);
      return bytes < leastBytes ? undefined : placeIn(entryOf(graph), key, bytes).catch(() => undefined);
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
    bytes: files.reduce((sum, { found }) => sum + found.size, 0),
  };
}

function digest(text: string, bytes: Uint8Array): string {
  return createHash("sha256").update(text).update(bytes).digest("hex");
}

async function readKept(entry: string, key: string): Promise<KeptGraph | undefined> {
  const about = JSON.parse(await readFile(join(entry, ABOUT), "utf8")) as About;
  const { size } = await stat(join(entry, WEIGHTS));
  if (about.key !== key || about.bytes !== size) return undefined;
  return { bytes: await readFile(join(entry, GRAPH)), folder: entry, discard: () => removed(entry) };
}

/** A folder to write to, which becomes the entry when it is whole; undefined where another writes. */
async function placeIn(entry: string, key: string, bytes: number): Promise<GraphPlace | undefined> {
  const draft = `${entry}.new`;
  await mkdir(join(entry, ".."), { recursive: true });
  const { bavail, bsize } = await statfs(join(entry, ".."));
  if (bavail * bsize < ROOM * bytes) return undefined;
  const before = await stat(draft).catch(() => undefined);
  if (before && Date.now() - before.mtimeMs > FORGOTTEN_MS) await removed(draft);
  await mkdir(draft); // fails where another process is at it
  return {
    path: join(draft, GRAPH),
    weights: WEIGHTS,
    async keep() {
      const { size } = await stat(join(draft, WEIGHTS));
      await writeFile(join(draft, ABOUT), JSON.stringify({ key, bytes: size } satisfies About));
      await removed(entry);
      await rename(draft, entry);
    },
    discard: () => removed(draft),
  };
}

async function removed(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
