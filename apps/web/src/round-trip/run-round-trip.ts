import { type Audio, type Codec, type Codes, type Progress, writeTokenFile } from "@twelvehz/codec/web";
import { batch, effect, signal, type ReadonlySignal } from "@preact/signals";
import { type Clip, clip, codes, coder, isSourceFolded, reconstruction, where, type Where } from "../app-state.ts";
import { isCancelled } from "../components/error-text.tsx";
import type { ScoresState } from "../measure/score-text.tsx";
import { type CleanScores, cleanScoresOf, scoresOf } from "../measure/scores.ts";
import { ScoresClock } from "../measure/scores-progress.tsx";
import { type RoundTripFacts, roundTripFacts } from "./facts.ts";

/** What came out. */
export interface RoundTripResult {
  readonly audio: Audio;
  readonly facts: RoundTripFacts;
  readonly modelName: string;
  readonly where: Where;
}

/** How far a round trip is. */
export type RoundTrip =
  | { readonly kind: "idle" }
  /** `progress` is 0 to 1, or undefined where nobody tells. */
  | { readonly kind: "working"; readonly step: "encode" | "decode"; readonly progress: number | undefined }
  | { readonly kind: "done"; readonly result: RoundTripResult }
  | { readonly kind: "failed"; readonly error: unknown };

const state = signal<RoundTrip>({ kind: "idle" });
const measured = signal<ScoresState>("measuring");
const againstClean = signal<CleanScores | undefined>(undefined);
const clock = signal(new ScoresClock());
let running = new AbortController();
let measuring = new AbortController();

/** How far the round trip of the clip is. */
export const roundTrip: ReadonlySignal<RoundTrip> = state;
/** Scores of the result; they come after it. */
export const scores: ReadonlySignal<ScoresState> = measured;

/** Scores against the clean voice, of a noisy clip of which that is known; they come last. */
export const cleanScores: ReadonlySignal<CleanScores | undefined> = againstClean;
/** How far measuring them is. */
export const scoresClock: ReadonlySignal<ScoresClock> = clock;

/** Ends the measuring of the result, which stays. */
export function cancelScores(): void {
  measuring.abort();
}

/** Measures the result after all. */
export async function measureAgain(): Promise<void> {
  const [original, now] = [clip.peek()?.audio, state.peek()];
  if (original && now.kind === "done") await measure(original, now.result.audio, running.signal);
}

/** Ends what is running: the clip has no result then. */
export function cancelRoundTrip(): void {
  running.abort();
  state.value = { kind: "idle" };
}

effect(() => {
  if (clip.value || state.peek().kind !== "idle") cancelRoundTrip(); // another clip: what was made of the last one is not its result
});

/**
 * Encodes and decodes the clip, with no more to choose. Result, error and progress are in
 * {@link roundTrip}.
 */
export async function startRoundTrip(): Promise<void> {
  const [chosen, engine] = [clip.peek(), coder.peek()];
  if (!chosen || !engine) return;
  running.abort();
  running = new AbortController();
  const { signal } = running;
  isSourceFolded.value = true; // at once, so that nothing moves when the result comes
  try {
    await work(chosen, engine, signal);
  } catch (error) {
    if (!signal.aborted) state.value = isCancelled(error) ? { kind: "idle" } : { kind: "failed", error };
  }
}

async function work({ audio }: Clip, engine: Codec, signal: AbortSignal): Promise<void> {
  const began = performance.now();
  const made = await engine.encode(audio, { signal, onProgress: teller("encode", signal) });
  const heard = await engine.decode(made, { signal, onProgress: teller("decode", signal) });
  if (signal.aborted) return;
  const workSeconds = (performance.now() - began) / 1000;
  publish(made, { audio: heard, facts: factsOf(made, audio, engine, workSeconds), modelName: engine.info.name, where: where.peek() });
  await measure(audio, heard, signal);
}

/**
 * Shows a round trip of the clip that was made before. @param scores of it; measured where they are
 * not known
 */
export async function takeRoundTrip(made: Codes, result: RoundTripResult, scores: ScoresState): Promise<void> {
  const original = clip.peek()?.audio;
  if (!original) return;
  running.abort();
  running = new AbortController();
  publish(made, result);
  measured.value = scores;
  if (scores === "measuring") await measure(original, result.audio, running.signal);
  else await measureClean(original, result.audio, running.signal);
}

/**
 * Says that a step has begun; gives who tells how far it is. The last piece of cancelled work still
 * tells, and is not listened to.
 */
function teller(step: "encode" | "decode", signal: AbortSignal): (progress: Progress) => void {
  const tell = (progress: number | undefined): void => {
    if (!signal.aborted) state.value = { kind: "working", step, progress };
  };
  tell(undefined);
  return ({ doneSeconds, totalSeconds }) => tell(doneSeconds / totalSeconds);
}

function factsOf(made: Codes, audio: Audio, { info }: Codec, workSeconds: number): RoundTripFacts {
  const { sampleRate, frameRate } = info;
  return roundTripFacts({
    codes: made,
    sampleCount: audio.samples.length,
    sampleRate,
    frameRate,
    bytes: writeTokenFile(made).length,
    workSeconds,
  });
}

async function measureClean(noisy: Audio, heard: Audio, signal: AbortSignal): Promise<void> {
  const clean = clip.peek()?.clean;
  const found = clean && (await cleanScoresOf(clean, noisy, heard, signal).catch(() => undefined)); // what it adds can be done without
  if (!signal.aborted) againstClean.value = found;
}

function publish(made: Codes, result: RoundTripResult): void {
  batch(() => {
    codes.value = made;
    reconstruction.value = result.audio;
    measured.value = "measuring";
    againstClean.value = undefined;
    state.value = { kind: "done", result };
  });
}

async function measure(original: Audio, heard: Audio, signal: AbortSignal): Promise<void> {
  measuring = new AbortController();
  const either = AbortSignal.any([signal, measuring.signal]);
  const mine = new ScoresClock();
  batch(() => {
    clock.value = mine;
    measured.value = "measuring";
  });
  const found = await scoresOf(original, heard, either, (leftMs) => mine.tell(leftMs)).catch(
    (error: unknown): ScoresState => (isCancelled(error) ? "cancelled" : "failed"),
  );
  if (signal.aborted) return;
  measured.value = found;
  await measureClean(original, heard, either);
}
