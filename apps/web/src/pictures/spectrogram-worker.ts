import { Audio } from "@twelvehz/codec";
import { answerCall } from "../workers/answer-call.ts";
import { spectrogramPicture, type SpectrogramPicture } from "./spectrogram-picture.ts";

/** What this worker is asked for. */
export interface SpectrogramRequest {
  readonly samples: Float32Array;
  readonly sampleRate: number;
  readonly rows: number;
  readonly columns: number;
}

answerCall(
  ({ samples, sampleRate, rows, columns }: SpectrogramRequest): SpectrogramPicture =>
    spectrogramPicture(new Audio(samples, sampleRate), rows, columns),
);
