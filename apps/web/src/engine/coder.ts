import type { Audio, Codec, Codes, DecodeOptions, WorkOptions } from "@twelvehz/codec/web";

/** What the page says of a model. */
export type CoderInfo = Pick<
  Codec["info"],
  "name" | "id" | "layers" | "codebookSize" | "frameRate" | "sampleRate" | "samplesPerFrame" | "decodeDelaySamples" | "backend"
>;

/**
 * Speech to codes and back, wherever that runs: a `Codec` in this browser is one, the server is
 * another. All work can be cancelled and fails with `CodecError`.
 */
export interface Coder {
  readonly info: CoderInfo;
  /** Speech to codes. */
  encode(audio: Audio, options?: WorkOptions): Promise<Codes>;
  /** Codes to speech, with the layers that are asked for. */
  decode(codes: Codes, options?: DecodeOptions): Promise<Audio>;
}
