import { type Audio, type Codec, type Codes, throwIfAborted } from "@twelvehz/codec/web";
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import { clip, coder } from "../app-state.ts";
import { isCancelled } from "../components/error-text.tsx";
import { scoresOf } from "../measure/scores.ts";
import { Transport } from "../playback/transport.ts";
import { throughBaseline } from "./baseline.ts";
import { codesBytes, type Contender, emptyRows, type Heard, OPUS_RATES, type Row, trackName } from "./contenders.ts";

/** Bytes of a sample of 16-bit PCM. */
const PCM_BYTES = 2;

const chosenRate = signal(OPUS_RATES[3]);
const shown = signal<readonly Row[]>(emptyRows(chosenRate.peek()));
const running = signal<AbortController | undefined>(undefined);
const problem = signal<unknown>(undefined);

/** Bit rate of Opus, bit/s. */
export const opusRate: ReadonlySignal<number> = chosenRate;
/** The lines of the comparison, as far as they are. */
export const rows: ReadonlySignal<readonly Row[]> = shown;
/** Whether a comparison runs. */
export const isComparing: ReadonlySignal<boolean> = computed(() => running.value !== undefined);
/** Why the last comparison ended early. */
export const comparisonError: ReadonlySignal<unknown> = problem;
/** Part of the lines that are there with their scores, 0 to 1. */
export const comparisonProgress: ReadonlySignal<number> = computed(
  () =>
    shown.value.reduce(
      (sum, { state }) => sum + (state.kind === "waiting" ? 0 : state.kind === "done" && state.heard.scores === "measuring" ? 0.5 : 1),
      0,
    ) / shown.value.length,
);
/** Plays all lines in step. */
export const comparisonTransport: Transport = new Transport();

effect(() => {
  const original = clip.value?.audio;
  stopComparison();
  shown.value = emptyRows(chosenRate.peek());
  problem.value = undefined;
  for (const { name } of shown.peek()) comparisonTransport.setTrack(name, undefined);
  if (original) finish("original", originalOf(original));
});

/** Ends what runs; lines that are there stay. */
export function stopComparison(): void {
  running.peek()?.abort();
  running.value = undefined;
}

/** Sends the clip through all contenders and measures them. */
export function startComparison(): Promise<void> {
  return run(emptyRows(chosenRate.peek()).map(({ contender }) => contender));
}

/** Chooses the rate of Opus; where a comparison is there, its line is made again. */
export async function chooseOpusRate(bitsPerSecond: number): Promise<void> {
  const wasShown = shown.peek().some(({ contender, state }) => contender.kind === "opus" && state.kind !== "waiting");
  chosenRate.value = bitsPerSecond;
  replaceRow("opus", { contender: { kind: "opus", bitsPerSecond }, state: { kind: "waiting" } });
  if (wasShown || isComparing.peek())
    await run(
      shown
        .peek()
        .filter(({ state }) => state.kind === "waiting")
        .map(({ contender }) => contender),
    );
}

async function run(contenders: readonly Contender[]): Promise<void> {
  const [original, engine] = [clip.peek()?.audio, coder.peek()];
  if (!original || !engine) return;
  stopComparison();
  const control = new AbortController();
  running.value = control;
  problem.value = undefined;
  const bench = new Bench(original, engine, control.signal);
  try {
    for (const contender of contenders) if (contender.kind !== "original") await bench.hear(contender);
    await bench.measure();
  } catch (error) {
    if (!control.signal.aborted && !isCancelled(error)) problem.value = error;
  } finally {
    if (running.peek() === control) running.value = undefined;
  }
}

/**
 * The work of one comparison. A baseline that fails leaves its line with the reason; when this
 * codec fails, all ends.
 */
class Bench {
  readonly #original: Audio;
  readonly #coder: Codec;
  readonly #signal: AbortSignal;
  #codes: Promise<Codes> | undefined;

  constructor(original: Audio, engine: Codec, signal: AbortSignal) {
    this.#original = original;
    this.#coder = engine;
    this.#signal = signal;
  }

  async hear(contender: Exclude<Contender, { kind: "original" }>): Promise<void> {
    const name = trackName(contender);
    replaceRow(name, { state: { kind: "waiting" } });
    if (contender.kind === "layers") return this.#finish(name, await this.#throughCodec(contender.layers));
    try {
      const heard = await throughBaseline(contender, this.#original, this.#signal);
      this.#finish(name, { ...heard, scores: "measuring" });
    } catch (error) {
      if (isCancelled(error)) throw error;
      replaceRow(name, { state: { kind: "failed", error } });
    }
  }

  /**
   * Measures one line after the other: two clips of five minutes at once would take too much
   * memory.
   */
  async measure(): Promise<void> {
    for (const { name, state } of shown.peek()) {
      if (state.kind !== "done" || state.heard.scores !== "measuring") continue;
      const scores = await scoresOf(this.#original, state.heard.audio, this.#signal).catch((error: unknown) => {
        if (isCancelled(error)) throw error;
        return "failed" as const;
      });
      replaceRow(name, { state: { kind: "done", heard: { ...state.heard, scores } } });
    }
  }

  async #throughCodec(layers: number): Promise<Heard> {
    this.#codes ??= this.#coder.encode(this.#original, { signal: this.#signal });
    const codes = await this.#codes;
    const { samplesPerFrame, decodeDelaySamples, sampleRate } = this.#coder.info;
    const audio = await this.#coder.decode(codes, { layers, signal: this.#signal });
    return {
      audio,
      byteLength: codesBytes(codes.frames, layers, codes.codebookSize),
      delaySeconds: (samplesPerFrame + decodeDelaySamples) / sampleRate,
      scores: "measuring",
    };
  }

  #finish(name: string, heard: Heard): void {
    throwIfAborted(this.#signal);
    finish(name, heard);
  }
}

function originalOf(audio: Audio): Heard {
  return { audio, byteLength: PCM_BYTES * audio.samples.length, delaySeconds: undefined, scores: undefined };
}

function finish(name: string, heard: Heard): void {
  comparisonTransport.setTrack(name, heard.audio);
  replaceRow(name, { state: { kind: "done", heard } });
}

function replaceRow(name: string, change: Partial<Row>): void {
  shown.value = shown.peek().map((row) => (row.name === name ? { ...row, ...change } : row));
}
