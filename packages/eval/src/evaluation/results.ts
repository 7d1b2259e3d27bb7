import type { MeasureInfo, MeasureValues } from "../measures/measure.ts";
import type { Interval } from "./statistics.ts";

/** Stands for no codec at all: the clip as the condition left it. */
export const UNPROCESSED = "unprocessed";

/** Name of the condition that leaves a clip as it is. */
export const CLEAN = "clean";

/** One clip under one condition through one codec. */
export interface Trial {
  /** Name of the clip: its path below the folder. */
  readonly clip: string;
  /** Name of the condition. */
  readonly condition: string;
  /** Name of the codec, or {@link UNPROCESSED}. */
  readonly codec: string;
  /** Length of the clip, seconds. */
  readonly seconds: number;
  /** Size of what was sent, bytes; undefined for {@link UNPROCESSED}. */
  readonly byteLength?: number | undefined;
  /** Delay that was found and taken out, seconds; undefined for {@link UNPROCESSED}. */
  readonly delaySeconds?: number | undefined;
  /** What came out against the clean clip. */
  readonly values: MeasureValues;
  /** What came out against what went in; undefined where that is the clean clip itself. */
  readonly inputValues?: MeasureValues | undefined;
}

/** A clip, a clip under a condition, or a trial, that gave no values. */
export interface Failure {
  readonly clip: string;
  /** Undefined when the clip could not be read. */
  readonly condition?: string | undefined;
  /** Undefined when the clip could not be read, or the condition not be applied to it. */
  readonly codec?: string | undefined;
  /** Message of the error. */
  readonly reason: string;
}

/** What a codec takes, over all its trials. */
export interface CodecCost {
  readonly codec: string;
  /** Bits that were sent, by seconds of sound; 1 kbit = 1000 bits. */
  readonly kilobitsPerSecond: number;
  /** What the codec adds by design, seconds; undefined = not known. */
  readonly algorithmicDelaySeconds?: number | undefined;
  /** Mean of the delays that were found and taken out, seconds. */
  readonly foundDelaySeconds: number;
}

/** Mean of a measure over the clips. */
export interface MeasureMean extends Partial<Interval> {
  readonly codec: string;
  readonly condition: string;
  /** Id of the measure. */
  readonly measure: string;
  /** What it was compared with: the clean clip, or what the codec was given. */
  readonly against: "clean" | "input";
  /** Clips for which the measure has a value; the mean is theirs. */
  readonly count: number;
  /** Clips for which it has none. */
  readonly undefinedCount: number;
}

/** Where and with what an evaluation was made. */
export interface Provenance {
  /** What was typed, where it is known. */
  readonly command?: string | undefined;
  /** Commit of the program, where it is known. */
  readonly commit?: string | undefined;
  /** Day, `YYYY-MM-DD`. */
  readonly date: string;
  /** Processor and how many there are. */
  readonly machine: string;
  /** Versions by name: node and packages. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Everything that an evaluation found. Written as JSON it can be read again. */
export interface EvaluationResults {
  readonly format: "twelvehz-eval";
  /** Version of this form. */
  readonly version: 1;
  readonly made: Provenance;
  /** Clips were cut after so many seconds. */
  readonly longestSeconds: number;
  readonly measures: readonly MeasureInfo[];
  readonly clips: readonly { readonly name: string; readonly seconds: number }[];
  readonly conditions: readonly string[];
  readonly codecs: readonly CodecCost[];
  readonly means: readonly MeasureMean[];
  readonly failures: readonly Failure[];
  readonly trials: readonly Trial[];
}
