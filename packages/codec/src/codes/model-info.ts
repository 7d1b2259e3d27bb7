/** Which model made some codes. Codes of two models are never mixed. */
export interface ModelIdentity {
  /** Human name, such as `twelvehz-compact-1`; at most 64 bytes of UTF-8. */
  readonly name: string;
  /**
   * 32 hexadecimal digits: the first 16 bytes of SHA-256 over configuration and decoder codebooks.
   */
  readonly id: string;
}

/** What sets a family of models apart for those who call it: ask for these, never for its name. */
export interface FamilyTraits {
  /**
   * The encoder attends to the past, so that {@link EncoderOptions.attention} changes its codes.
   */
  readonly attention: boolean;
  /** Several codecs at once are faster than one: they are small, and one uses one processor. */
  readonly parallelCodecs: boolean;
  /**
   * Streams that a processor of a usual server computes in real time, with room to spare; below 1, a
   * stream wants several processors.
   */
  readonly streamsPerProcessor: number;
  /**
   * The decoder adds the entries of the codebooks up as they are stored, so that they can be looked
   * at.
   */
  readonly plainCodebooks: boolean;
}

/** Facts about a model that is open. */
export interface ModelInfo extends ModelIdentity {
  /**
   * Which network it is, for reports: `compact` is our own, `published` is
   * Qwen3-TTS-Tokenizer-12Hz. What follows from it is in {@link traits}.
   */
  readonly family: string;
  /** What sets the family apart. */
  readonly traits: FamilyTraits;
  /** Hz. */
  readonly sampleRate: number;
  /** Codec frames per second. */
  readonly frameRate: number;
  /** Samples in one frame. */
  readonly samplesPerFrame: number;
  /** K, layers of the residual quantizer. */
  readonly layers: number;
  /** V, entries per codebook. */
  readonly codebookSize: number;
  /** Samples by which a decode stream's output lags behind the frames given to it. */
  readonly decodeDelaySamples: number;
  /** Backend that runs the networks, for reports. */
  readonly backend: string;
  /** Name of the graphics card on which its decoder runs; undefined where that is the processor. */
  readonly graphicsCard?: string | undefined;
}
