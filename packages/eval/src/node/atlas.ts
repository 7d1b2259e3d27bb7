import { CodecError, openCodec } from "@twelvehz/codec/node";
import { type Atlas, type AtlasClip, makeAtlas } from "../atlas/atlas.ts";
import { readCodebooks } from "./atlas-codebooks.ts";
import { type ClipFile, listClips } from "@twelvehz/clips";
import { readWholeClip } from "./read-clip.ts";

/** Options of {@link atlasOfFolder}. */
export interface FolderAtlasOptions {
  /** As `openCodec` takes it. */
  readonly model?: string | undefined;
  /** Use that many clips, spread evenly over the folder. Default: all. */
  readonly limit?: number | undefined;
  /** Longest part of a clip that is used, seconds. Default 12. */
  readonly seconds?: number | undefined;
  /**
   * Measure on that many of the clips what switching each layer off costs, spread evenly; 0 = not
   * at all. Default 24.
   */
  readonly costClips?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each clip. */
  readonly onProgress?: ((progress: AtlasProgress) => void) | undefined;
}

/** How far an atlas is. */
export interface AtlasProgress {
  readonly doneClips: number;
  readonly totalClips: number;
  /** Of sound, so far. */
  readonly doneSeconds: number;
}

const COST_CLIPS = 24;

/**
 * The atlas of a model on a folder of speech.
 * @param folder as `listClips` takes it: a folder and all below it, a manifest, or one sound file
 * @throws CodecError `not-found`, `bad-audio`, `bad-format`, `unsupported`, `bad-model`, `aborted`
 */
export async function atlasOfFolder(folder: string, options: FolderAtlasOptions = {}): Promise<Atlas> {
  const { model, seconds, costClips = COST_CLIPS, signal, onProgress } = options;
  const clips = spread(await listClips(folder), options.limit);
  const costly = new Set(costClips === 0 ? [] : spread(clips, costClips));
  const codec = await openCodec(model);
  try {
    return await makeAtlas(codec, readClips(clips, costly, codec.info.sampleRate, signal), {
      seconds,
      signal,
      codebooks: await readCodebooks(model, codec.info),
      onClip: (done) => onProgress?.({ doneClips: done.clips, totalClips: clips.length, doneSeconds: done.seconds }),
    });
  } finally {
    await codec.close();
  }
}

/** At most so many, at even distances: folders are often sorted by speaker. */
function spread(clips: readonly ClipFile[], limit: number = clips.length): ClipFile[] {
  if (limit < 1 || !Number.isInteger(limit)) throw new CodecError("usage", `Cannot use ${limit} clips: give a whole number from 1 on`);
  const count = Math.min(limit, clips.length);
  return Array.from({ length: count }, (_, i) => clips[Math.floor((i * clips.length) / count)]);
}

async function* readClips(
  clips: readonly ClipFile[],
  costly: ReadonlySet<ClipFile>,
  sampleRate: number,
  signal?: AbortSignal,
): AsyncGenerator<AtlasClip, void, undefined> {
  for (const clip of clips) yield { name: clip.name, audio: await readWholeClip(clip, sampleRate, signal), costs: costly.has(clip) };
}
