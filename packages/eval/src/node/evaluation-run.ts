import { availableParallelism } from "node:os";
import { type Audio, CodecError, messageOf, throwIfAborted } from "@twelvehz/codec/node";
import type { CodecUnderTest } from "../codec-under-test.ts";
import type { Condition } from "../condition.ts";
import { hearThrough } from "../evaluation/hear-through.ts";
import type { MeasureInfo, MeasureValues } from "../measures/measure.ts";
import { measurePair } from "../measures/measures.ts";
import { CLEAN, type Failure, type Trial, UNPROCESSED } from "../evaluation/results.ts";
import type { EvaluateOptions } from "./evaluate-options.ts";
import { type ClipFile, fingerprintOf, type Journal, type Lane, runLanes } from "@twelvehz/clips";
import { MeasureThread } from "./measure-thread.ts";
import { provenance } from "./provenance.ts";
import { DEFAULT_SECONDS, readClip } from "./read-clip.ts";

/** What one trial needs. */
interface TrialInput {
  readonly clip: ClipFile;
  readonly clean: Audio;
  /**
   * The clip as the condition leaves it, made when it is first needed. Throws when the condition
   * cannot be applied to it.
   */
  readonly heard: () => Audio;
  readonly condition: Condition;
  /** Undefined: {@link UNPROCESSED}. */
  readonly codec: CodecUnderTest | undefined;
  readonly fingerprint: string;
}

type TrialNames = Pick<Trial, "clip" | "condition" | "codec">;

function isBadAudio(error: unknown): boolean {
  return error instanceof CodecError && error.code === "bad-audio";
}

/** All trials of one evaluation: several clips at once, each with a thread for its measures. */
export class EvaluationRun {
  /** What gave no values, in the order of the clips once the run is finished. */
  readonly failures: Failure[] = [];
  readonly #options: EvaluateOptions;
  readonly #measures: readonly MeasureInfo[];
  readonly #journal: Journal<Trial>;
  readonly #versions: Readonly<Record<string, string>> = provenance().versions;
  readonly #stop: AbortController = new AbortController();
  readonly #signal: AbortSignal;
  readonly #total: number;
  #done = 0;
  #resumed = 0;

  /**
   * @param measures those that are wanted, whatever `options` says
   * @param journal what is done already; closed by {@link EvaluationRun.finish}
   */
  constructor(options: EvaluateOptions, measures: readonly MeasureInfo[], journal: Journal<Trial>) {
    this.#options = options;
    this.#measures = measures;
    this.#journal = journal;
    this.#signal = AbortSignal.any([this.#stop.signal, ...(options.signal ? [options.signal] : [])]);
    this.#total = options.clips.length * this.#trialsOfClip;
  }

  get #trialsOfClip(): number {
    const { codecs, conditions } = this.#options;
    return conditions.reduce((sum, condition) => sum + codecs.length + (this.#measuresUnprocessed(condition) ? 1 : 0), 0);
  }

  /**
   * The clean clip equals itself, but may be judged by itself. A link does nothing without packets.
   */
  #measuresUnprocessed({ name, link }: Condition): boolean {
    return !link && (name !== CLEAN || this.#measures.some(({ noReference }) => noReference));
  }

  /**
   * Trials of each clip, in the order of the clips; none where the clip was left out.
   * @throws CodecError as {@link evaluate}
   */
  async finish(): Promise<Trial[][]> {
    const { clips, jobs = availableParallelism() } = this.#options;
    const found: Trial[][] = clips.map(() => []);
    const lane = async (): Promise<Lane<[number, ClipFile]>> => {
      const thread = new MeasureThread({ neural: this.#options.neural });
      const end = (): void => void thread.close();
      this.#signal.addEventListener("abort", end);
      return {
        work: async ([i, clip]) => void (found[i] = await this.#clip(clip, thread)),
        close: async () => {
          this.#signal.removeEventListener("abort", end);
          await thread.close();
        },
      };
    };
    const lanes = Array.from({ length: Math.min(jobs, clips.length) }, () => lane);
    try {
      await runLanes(clips.entries(), lanes, { onFailure: (error) => this.#stop.abort(error) });
    } catch (error) {
      throwIfAborted(this.#options.signal);
      throw error;
    } finally {
      await this.#journal.close();
    }
    throwIfAborted(this.#options.signal);
    const order = new Map(clips.map(({ name }, i) => [name, i]));
    this.failures.sort((a, b) => (order.get(a.clip) ?? 0) - (order.get(b.clip) ?? 0));
    return found;
  }

  async #clip(clip: ClipFile, thread: MeasureThread): Promise<Trial[]> {
    const { seconds = DEFAULT_SECONDS } = this.#options;
    const clean = await this.#unlessBad({ clip: clip.name }, () => readClip(clip, seconds, this.#signal));
    if (!clean) {
      this.#advance(this.#trialsOfClip);
      return [];
    }
    const trials: Trial[] = [];
    for (const input of this.#inputsOf(clip, clean)) {
      throwIfAborted(this.#signal);
      const trial = await this.#trial(input, thread);
      if (trial) trials.push(trial);
    }
    return trials;
  }

  *#inputsOf(clip: ClipFile, clean: Audio): Generator<TrialInput> {
    const { codecs, conditions, identities = {} } = this.#options;
    const sound = fingerprintOf(Buffer.from(clean.samples.buffer, clean.samples.byteOffset, clean.samples.byteLength).toString("base64"));
    for (const condition of conditions) {
      let made: Audio | undefined;
      const heard = (): Audio => (made ??= condition.apply(clean, clip.name));
      for (const codec of this.#measuresUnprocessed(condition) ? [undefined, ...codecs] : codecs) {
        const names = [condition.name, codec?.name ?? UNPROCESSED];
        const inputs = [clip.name, sound, ...names, ...names.map((name) => identities[name])];
        const fingerprint = fingerprintOf(inputs, this.#measures, this.#versions);
        yield { clip, clean, heard, condition, codec, fingerprint };
      }
    }
  }

  async #trial(input: TrialInput, thread: MeasureThread): Promise<Trial | undefined> {
    const known = this.#journal.find(input.fingerprint);
    const { clip, condition, codec, fingerprint } = input;
    const names = { clip: clip.name, condition: condition.name, codec: codec?.name ?? UNPROCESSED };
    const trial = known ?? (await this.#made(input, names, thread));
    if (trial && !known) await this.#journal.add(fingerprint, trial);
    if (known) this.#resumed++;
    this.#advance(1);
    return trial;
  }

  /**
   * A condition that a clip cannot have, such as noise at a ratio to silence, is never more than a
   * failure to be listed.
   */
  async #made(input: TrialInput, names: TrialNames, thread: MeasureThread): Promise<Trial | undefined> {
    const { clip, condition } = names;
    const heard = await this.#unlessBad({ clip, condition }, async () => input.heard(), isBadAudio);
    return heard && this.#unlessBad(names, () => this.#measured(input, heard, names, thread));
  }

  async #measured({ clean, condition, codec }: TrialInput, heard: Audio, names: TrialNames, thread: MeasureThread): Promise<Trial> {
    const through = codec && (await hearThrough(codec, condition, { name: names.clip, clean, heard }, this.#signal));
    const { coded, input, output, reference } = through ?? { input: heard, output: heard, reference: clean };
    const isChanged = condition.name !== CLEAN;
    const isComparable = !coded?.hasOwnTiming && (coded !== undefined || isChanged);
    const hasOwnInput = coded !== undefined && isChanged && condition.stage !== "playback" && !condition.link;
    const alone = this.#measures.filter(({ noReference }) => noReference);
    const compared = this.#measures.filter(({ noReference }) => !noReference);
    return {
      ...names,
      seconds: clean.durationSeconds,
      ...(coded && { byteLength: coded.byteLength, delaySeconds: coded.delaySeconds }),
      values: await this.#compare(reference, output, isComparable ? this.#measures : alone, thread),
      ...(hasOwnInput && { inputValues: isComparable ? await this.#compare(input, output, compared, thread) : {} }),
    };
  }

  async #compare(reference: Audio, degraded: Audio, measures: readonly MeasureInfo[], thread: MeasureThread): Promise<MeasureValues> {
    const ids = new Set(measures.map(({ id }) => id));
    const extra = this.#options.extraFamilies ?? [];
    const elsewhere = new Set(extra.flatMap((family) => family.measures.map(({ id }) => id)));
    const inThread = [...ids].filter((id) => !elsewhere.has(id));
    const values = inThread.length > 0 ? await thread.measure(reference, degraded, inThread) : {};
    return { ...values, ...(await measurePair(extra, ids, reference, degraded)) };
  }

  /** The result, or undefined where it failed and that is only to be listed. */
  async #unlessBad<T>(
    names: Omit<Failure, "reason">,
    work: () => Promise<T>,
    isHarmless: (error: unknown) => boolean = () => false,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (this.#signal.aborted || !(this.#options.skipBad || isHarmless(error))) throw error;
      const failure = { ...names, reason: messageOf(error) };
      if (JSON.stringify(failure) !== JSON.stringify(this.failures.at(-1))) this.failures.push(failure);
      return undefined;
    }
  }

  #advance(trials: number): void {
    this.#done += trials;
    this.#options.onProgress?.({ done: this.#done, total: this.#total, resumed: this.#resumed });
  }
}
