import { Audio } from "@twelvehz/codec";
import { pesqWideBand, stoi } from "@twelvehz/eval/measures";
import { answerCall } from "../workers/answer-call.ts";
import type { Scores, ScoresRequest } from "./scores.ts";

answerCall(({ reference, degraded, sampleRate }: ScoresRequest): Scores => {
  const pair = [new Audio(reference, sampleRate), new Audio(degraded, sampleRate)] as const;
  return { pesq: pesqWideBand(...pair), stoi: stoi(...pair) };
});
