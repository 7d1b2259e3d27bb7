import { fileURLToPath } from "node:url";
import { type Audio, resample } from "@twelvehz/codec/node";
import { openDnsmos, openDnsmosP808 } from "./dnsmos.ts";
import { NEURAL_RATE, type NeuralMeasure, type NeuralMeasureInfo } from "./neural-measure.ts";
import { openPlcmos } from "./plcmos.ts";
import { openUtmos } from "./utmos.ts";

/** Options of {@link openNeuralMeasures}. */
export interface NeuralMeasuresOptions {
  /**
   * Path of an ONNX file for UTMOS: float32 `[1, samples]` at 16 kHz to one score. Default: UTMOS
   * is left out.
   */
  readonly utmos?: string | undefined;
}

/** Networks that judge speech without a reference, loaded. */
export interface NeuralMeasures {
  /** What {@link NeuralMeasures.score} gives, in a good order for a table. */
  readonly measures: readonly NeuralMeasureInfo[];
  /**
   * Scores of a clip, 1 to 5 each, by the ids of `measures`. The thread is blocked while a network
   * runs.
   * @param audio mono, any rate; resampled to 16 kHz and cut to [-1, 1]
   * @returns without an entry where a score is not defined: for clips shorter than 0.5 s or below
   * -90 dB of full scale
   * @throws CodecError `runtime`, `bad-model`
   */
  score(audio: Audio): Promise<Readonly<Record<string, number>>>;
  /** Frees the networks. */
  close(): Promise<void>;
}

const SHORTEST_SECONDS = 0.5;
/** -90 dB of full scale. */
const SILENCE_POWER = 1e-9;

/**
 * Opens DNSMOS (P.835 and P.808) and PLCMOS, whose networks are part of this package, and UTMOS
 * where a file is given.
 * @throws CodecError `not-found`, `bad-model`
 */
export async function openNeuralMeasures({ utmos }: NeuralMeasuresOptions = {}): Promise<NeuralMeasures> {
  const opened: NeuralMeasure[] = [];
  const close = async (): Promise<void> => void (await Promise.all(opened.map((measure) => measure.close())));
  try {
    if (utmos !== undefined) opened.push(await openUtmos(utmos));
    opened.push(await openDnsmos(bundled("dnsmos-p835.onnx")), await openDnsmosP808(bundled("dnsmos-p808.onnx")));
    opened.push(await openPlcmos(bundled("plcmos-v2.onnx")));
  } catch (error) {
    await close();
    throw error;
  }
  return { measures: opened.flatMap(({ measures }) => measures), score: (audio) => scoreAll(opened, audio), close };
}

function bundled(name: string): string {
  return fileURLToPath(new URL(`../../../models/${name}`, import.meta.url));
}

async function scoreAll(opened: readonly NeuralMeasure[], audio: Audio): Promise<Readonly<Record<string, number>>> {
  if (audio.durationSeconds < SHORTEST_SECONDS) return {};
  const samples = resample(audio, NEURAL_RATE).samples.map((x) => Math.max(-1, Math.min(1, x)));
  if (samples.reduce((sum, x) => sum + x * x, 0) < SILENCE_POWER * samples.length) return {};
  const scores: Record<string, number> = {};
  for (const measure of opened) Object.assign(scores, await measure.score(samples));
  return scores;
}
