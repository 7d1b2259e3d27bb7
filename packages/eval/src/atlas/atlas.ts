import { Audio, type Codec, type Codes, resample, throwIfAborted } from "@twelvehz/codec";
import { type CodeEntropy, codeEntropy } from "../entropy/code-entropy.ts";
import type { MeasureInfo } from "../measures/measure.ts";
import { chooseMeasures } from "../measures/measures.ts";
import { type Interval, meanInterval } from "../evaluation/statistics.ts";
import { type CodebookThirds, codebookThirds } from "./codebook-thirds.ts";
import { type EntryAcoustics, entryAcoustics } from "./entry-acoustics.ts";
import { type ExplainedShare, explainedShare } from "./explained-share.ts";
import { FRAME_KINDS, type FrameAcoustics, frameAcoustics, QUANTITIES, type Quantity } from "./frame-acoustics.ts";
import { type ClipCosts, COST_MEASURES, layerCosts } from "./layer-costs.ts";
import { type LayerUse, layerUse } from "./layer-use.ts";
import { type PrincipalPlane, principalPlane } from "./principal-plane.ts";

/** A clip on its way into an atlas. */
export interface AtlasClip {
  readonly name: string;
  /** Mono, any rate. */
  readonly audio: Audio;
  /**
   * Measure on this clip what switching each layer off costs: as many decodings as there are
   * layers. Default true.
   */
  readonly costs?: boolean | undefined;
}

/** What one layer of codes is about. */
export interface AtlasLayer {
  /** 0 to K - 1. */
  readonly layer: number;
  readonly use: LayerUse;
  /** How much of each quantity the layer's codes explain; undefined where the clips do not tell. */
  readonly explained: Readonly<Record<Quantity, ExplainedShare | undefined>>;
  /**
   * By measure: what switching the layer off changes, mean over clips; undefined where no clip has
   * a value.
   */
  readonly cost: Readonly<Record<string, Interval | undefined>>;
  readonly thirds: CodebookThirds;
  readonly entries: EntryAcoustics;
  /**
   * The entries on the plane in which they vary most; undefined where the model does not show them.
   */
  readonly plane: PrincipalPlane | undefined;
}

/** The meaning of the codes of a model, as far as speech shows it. */
export interface Atlas {
  readonly model: { readonly name: string; readonly id: string; readonly codebookSize: number; readonly frameRate: number };
  readonly clips: number;
  readonly frames: number;
  readonly seconds: number;
  /** Clips on which the costs were measured. */
  readonly costClips: number;
  /** Shares of all frames by {@link FRAME_KINDS}. */
  readonly kinds: readonly number[];
  /** What {@link AtlasLayer.cost} and `whole` are in. */
  readonly measures: readonly MeasureInfo[];
  /** By measure: with all layers on, mean over clips. */
  readonly whole: Readonly<Record<string, Interval | undefined>>;
  readonly layers: readonly AtlasLayer[];
  readonly entropy: CodeEntropy;
}

/** Options of {@link makeAtlas}. */
export interface AtlasOptions {
  /**
   * Entries of every layer, `[V, D]` row-major each: what the map is drawn from. Default: no map.
   */
  readonly codebooks?: readonly Float32Array[] | undefined;
  /** Longest part of a clip that is used, from its start, seconds. Default 12. */
  readonly seconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each clip. */
  readonly onClip?: ((done: { readonly clips: number; readonly seconds: number }) => void) | undefined;
}

/** What is kept of a clip. */
interface CodedClip {
  readonly codes: Codes;
  readonly acoustics: FrameAcoustics;
  readonly costs: ClipCosts | undefined;
}

const LONGEST_SECONDS = 12;

/**
 * Encodes clips, and says what each layer and each entry is about.
 * @throws CodecError `aborted`, `bad-codes` when there are no clips, and as `Codec.encode`
 */
export async function makeAtlas(
  codec: Codec,
  clips: AsyncIterable<AtlasClip> | Iterable<AtlasClip>,
  options: AtlasOptions = {},
): Promise<Atlas> {
  const coded: CodedClip[] = [];
  let seconds = 0;
  for await (const { audio, costs } of clips) {
    throwIfAborted(options.signal);
    const cut = cutAt(audio, options.seconds ?? LONGEST_SECONDS, codec.info.sampleRate);
    coded.push(await codeClip(codec, cut, costs ?? true, options.signal));
    seconds += cut.durationSeconds;
    options.onClip?.({ clips: coded.length, seconds });
  }
  return summarize(codec, coded, seconds, options.codebooks);
}

function cutAt(audio: Audio, seconds: number, sampleRate: number): Audio {
  const cut = new Audio(audio.samples.subarray(0, Math.round(seconds * audio.sampleRate)), audio.sampleRate);
  return resample(cut, sampleRate);
}

async function codeClip(codec: Codec, audio: Audio, costs: boolean, signal: AbortSignal | undefined): Promise<CodedClip> {
  const codes = await codec.encode(audio, { signal });
  const acoustics = frameAcoustics(audio, codec.info.samplesPerFrame);
  return { codes, acoustics, costs: costs ? await layerCosts(codec, audio, codes, signal) : undefined };
}

function summarize(codec: Codec, coded: readonly CodedClip[], seconds: number, codebooks?: readonly Float32Array[]): Atlas {
  const { name, id, codebookSize, frameRate, layers } = codec.info;
  const entropy = codeEntropy(coded.map(({ codes }) => codes));
  const joined = joinFrames(coded);
  const costs = coded.flatMap((clip) => (clip.costs ? [clip.costs] : []));
  const measures = costs.length > 0 ? chooseMeasures(COST_MEASURES) : [];
  return {
    model: { name, id, codebookSize, frameRate },
    clips: coded.length,
    frames: entropy.frames,
    seconds,
    costClips: costs.length,
    kinds: FRAME_KINDS.map((_, kind) => joined.kinds.filter((k) => k === kind).length / joined.kinds.length),
    measures,
    whole: byMeasure(measures, (measure) => costs.flatMap(({ whole }) => whole[measure] ?? [])),
    layers: Array.from({ length: layers }, (_, layer) => ({
      ...layerOf(coded, joined, layer, codebookSize, codebooks?.[layer]),
      cost: byMeasure(measures, (measure) =>
        costs.flatMap(({ whole, without }) => {
          const change = (without[layer][measure] ?? Number.NaN) - (whole[measure] ?? Number.NaN);
          return Number.isNaN(change) ? [] : [change];
        }),
      ),
    })),
    entropy,
  };
}

function byMeasure(measures: readonly MeasureInfo[], values: (id: string) => number[]): Record<string, Interval | undefined> {
  return Object.fromEntries(measures.map(({ id }) => [id, meanInterval(values(id))]));
}

/** Acoustics of all frames of all clips, one after another. */
interface JoinedFrames {
  readonly kinds: Uint8Array;
  readonly clips: Int32Array;
  /** Frequencies as octaves: what is heard as equal steps. */
  readonly quantities: Readonly<Record<Quantity, Float64Array>>;
}

function joinFrames(coded: readonly CodedClip[]): JoinedFrames {
  const all = (value: (acoustics: FrameAcoustics) => Float64Array): Float64Array =>
    Float64Array.from(coded.flatMap(({ acoustics }) => [...value(acoustics)]));
  return {
    kinds: Uint8Array.from(coded.flatMap(({ acoustics }) => [...acoustics.kind])),
    clips: Int32Array.from(coded.flatMap(({ codes }, clip) => new Array<number>(codes.frames).fill(clip))),
    quantities: {
      voicing: all(({ voicing }) => voicing),
      energy: all(({ energy }) => energy),
      f0: all(({ f0 }) => f0.map(Math.log2)),
      centroid: all(({ centroid }) => centroid.map(Math.log2)),
    },
  };
}

function layerOf(
  coded: readonly CodedClip[],
  joined: JoinedFrames,
  layer: number,
  codebookSize: number,
  codebook: Float32Array | undefined,
): Omit<AtlasLayer, "cost"> {
  const clips = coded.map(({ codes, acoustics }) => ({ codes: layerCodes(codes, layer), acoustics }));
  const codes = Int16Array.from(clips.flatMap((clip) => [...clip.codes]));
  const explained = QUANTITIES.map(
    ({ id }) => [id, explainedShare({ codes, values: joined.quantities[id], clips: joined.clips })] as const,
  );
  return {
    layer,
    use: layerUse(codes, codebookSize),
    explained: Object.fromEntries(explained) as AtlasLayer["explained"],
    thirds: codebookThirds({ codes, ...joined }, codebookSize),
    entries: entryAcoustics(clips, codebookSize),
    plane: codebook && principalPlane(codebook, codebook.length / codebookSize),
  };
}

function layerCodes({ data, frames, layers }: Codes, layer: number): Int16Array {
  return Int16Array.from({ length: frames }, (_, t) => data[t * layers + layer]);
}
