import { Audio } from "@twelvehz/codec";
import { pauseError, pesqWideBand, stoi } from "@twelvehz/eval/measures";
import { answerCall } from "../workers/answer-call.ts";
import type { PauseScores, ScoresRequest } from "./scores.ts";

/** Time that PESQ takes for each unit of STOI, of long clips: both grow with the length. */
const PESQ_PER_STOI = 3.5;
/** Sound with which the machine is timed, seconds. */
const TRIAL_SECONDS = 4;

answerCall(({ reference, degraded, sampleRate }: ScoresRequest, tellLeftMs: (leftMs: number) => void): PauseScores => {
  const pair = [new Audio(reference, sampleRate), new Audio(degraded, sampleRate)] as const;
  const trial = pair.map(({ samples }) => new Audio(samples.subarray(0, TRIAL_SECONDS * sampleRate), sampleRate));
  const trialMs = timed(() => stoi(trial[0], trial[1])).ms;
  tellLeftMs((1 + PESQ_PER_STOI) * trialMs * (reference.length / trial[0].samples.length));
  const clarity = timed(() => stoi(...pair));
  tellLeftMs(PESQ_PER_STOI * clarity.ms);
  return { pesq: pesqWideBand(...pair), stoi: clarity.value, pauseDb: pauseError(...pair)?.degradedNoiseDb };
});

function timed<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const began = performance.now();
  return { value: work(), ms: performance.now() - began };
}
