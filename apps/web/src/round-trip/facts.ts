import { bitsPerCode, type Codes } from "@twelvehz/codec/web";

/** Bytes of a sample of 16-bit PCM, with which codes are compared. */
const PCM_BYTES = 2;

/** What a round trip cost, in numbers. */
export interface RoundTripFacts {
  /** T, frames of codes. */
  readonly frames: number;
  /** K, layers. */
  readonly layers: number;
  /** Frames per second. */
  readonly frameRate: number;
  /** T frames at the model's frame rate, seconds: up to one frame longer than the clip. */
  readonly codesSeconds: number;
  /** Size of the token file. */
  readonly bytes: number;
  /** Of the codes alone: frame rate x layers x bits of a code. */
  readonly bitsPerSecond: number;
  /** How many times smaller the token file is than the clip as 16-bit PCM at the model's rate. */
  readonly ratio: number;
  /** From the press of the button to the sound, seconds. */
  readonly workSeconds: number;
  /** Seconds of sound in a second of work. */
  readonly timesRealTime: number;
}

/** What the facts are made from. */
export interface RoundTripMeasured {
  readonly codes: Codes;
  /** Samples of the clip at the model's rate. */
  readonly sampleCount: number;
  readonly sampleRate: number;
  readonly frameRate: number;
  /** Size of the token file. */
  readonly bytes: number;
  readonly workSeconds: number;
}

/** The numbers of the card. */
export function roundTripFacts({ codes, sampleCount, sampleRate, frameRate, bytes, workSeconds }: RoundTripMeasured): RoundTripFacts {
  return {
    frames: codes.frames,
    layers: codes.layers,
    frameRate,
    codesSeconds: codes.frames / frameRate,
    bytes,
    bitsPerSecond: frameRate * codes.layers * bitsPerCode(codes.codebookSize),
    ratio: (sampleCount * PCM_BYTES) / bytes,
    workSeconds,
    timesRealTime: sampleCount / sampleRate / workSeconds,
  };
}
