import { throwIfAborted } from "@twelvehz/codec/node";
import { requireCorpus } from "../corpus-info.ts";
import { readRows } from "../rows/read-shards.ts";
import type { Store } from "../store/store.ts";

/** Five numbers of a distribution, and its mean. */
export interface Spread {
  readonly least: number;
  readonly p5: number;
  readonly median: number;
  readonly p95: number;
  readonly most: number;
  readonly mean: number;
}

/** Clips and seconds of a language or of a speaker. */
export interface Share {
  readonly name: string;
  readonly clips: number;
  readonly seconds: number;
}

/** How a layer uses its codebook. */
export interface LayerUse {
  /** Entries that occur. */
  readonly used: number;
  /** Entropy of the codes, bits; log2 of the codebook's size at most. */
  readonly entropyBits: number;
}

/** A count of clips by ranges of a value. */
export interface Histogram {
  /** Lower end of each range, and the upper end of the last. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** What is in a corpus. */
export interface CorpusStats {
  readonly model: string;
  readonly clips: number;
  readonly rejected: number;
  readonly frames: number;
  readonly hours: number;
  /** Clips with a text, and their characters. */
  readonly texts: number;
  readonly characters: number;
  /** Seconds of clips. */
  readonly duration: Spread;
  readonly durations: Histogram;
  /** RMS, dBFS. */
  readonly levelDb: Spread;
  readonly levels: Histogram;
  /** Share of silence in a clip. */
  readonly silence: Spread;
  /** Share of silence of all sound. */
  readonly silentShare: number;
  /** By hours, the most first; `null` where none is given is called "(none)". */
  readonly languages: readonly Share[];
  /** How many speakers are named. */
  readonly speakers: number;
  readonly layers: readonly LayerUse[];
  readonly codebookSize: number;
}

const DURATION_EDGES = [0, 1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 60, 120, 43_200];
const LEVEL_EDGES = [-120, -60, -50, -45, -40, -35, -30, -25, -20, -15, -10, -5, 10];

/** Numbers that are collected, 4 bytes each. */
class Numbers {
  #values = new Float32Array(1024);
  #count = 0;

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float32Array(2 * this.#count);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count++] = value;
  }

  spread(): Spread {
    const sorted = this.#values.slice(0, this.#count).sort();
    const at = (share: number): number => round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
    const mean = round(sorted.reduce((sum, value) => sum + value, 0) / Math.max(1, sorted.length));
    return { least: at(0), p5: at(0.05), median: at(0.5), p95: at(0.95), most: at(1), mean };
  }

  histogram(edges: readonly number[]): Histogram {
    const counts = new Array<number>(edges.length - 1).fill(0);
    for (const value of this.#values.subarray(0, this.#count)) {
      const above = edges.findIndex((edge) => value < edge);
      counts[Math.max(0, (above < 0 ? edges.length : above) - 1) % counts.length]!++;
    }
    return { edges, counts };
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/**
 * Counts all that is in a corpus; its rows are read once.
 * @throws CodecError `not-found` when there is no corpus; `bad-format` when a row is damaged, with
 * the name of its clip; as reading any file
 */
export async function corpusStats(store: Store, signal?: AbortSignal): Promise<CorpusStats> {
  const info = await requireCorpus(store);
  const { layers, codebookSize } = info.spec;
  const [durations, levels, silences] = [new Numbers(), new Numbers(), new Numbers()];
  const languages = new Map<string, { clips: number; seconds: number }>();
  const speakers = new Set<string>();
  const uses = new Float64Array(layers * codebookSize);
  let [texts, characters, silent] = [0, 0, 0];
  for await (const row of readRows(store, info.shards)) {
    throwIfAborted(signal);
    durations.add(row.duration);
    levels.add(row.levelDb);
    silences.add(row.silence);
    silent += row.silence * row.duration;
    if (row.text !== null) texts++;
    characters += row.text?.length ?? 0;
    if (row.speaker !== null) speakers.add(row.speaker);
    const share = languages.get(row.language ?? "(none)") ?? { clips: 0, seconds: 0 };
    languages.set(row.language ?? "(none)", { clips: share.clips + 1, seconds: share.seconds + row.duration });
    row.codes.forEach((code, i) => uses[(i % layers) * codebookSize + code]!++);
  }
  return {
    model: info.spec.model?.name ?? "unknown",
    clips: info.clips,
    rejected: info.rejected,
    frames: info.frames,
    hours: round(info.seconds / 3600),
    texts,
    characters,
    duration: durations.spread(),
    durations: durations.histogram(DURATION_EDGES),
    levelDb: levels.spread(),
    levels: levels.histogram(LEVEL_EDGES),
    silence: silences.spread(),
    silentShare: round(silent / Math.max(1e-9, info.seconds)),
    languages: [...languages]
      .map(([name, share]) => ({ name, clips: share.clips, seconds: round(share.seconds) }))
      .sort((a, b) => b.seconds - a.seconds),
    speakers: speakers.size,
    layers: Array.from({ length: layers }, (_, k) => layerUse(uses.subarray(k * codebookSize, (k + 1) * codebookSize))),
    codebookSize,
  };
}

function layerUse(counts: Float64Array): LayerUse {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const entropy = counts.reduce((bits, count) => (count === 0 ? bits : bits - (count / total) * Math.log2(count / total)), 0);
  return { used: counts.reduce((used, count) => used + (count > 0 ? 1 : 0), 0), entropyBits: round(entropy) };
}
