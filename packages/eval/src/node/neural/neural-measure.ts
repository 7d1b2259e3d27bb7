/** A quality score that a network gives to a clip alone, without a reference. */
export interface NeuralMeasureInfo {
  /** Key in results, such as `dnsmosOvrl`. */
  readonly id: string;
  /** For people, such as `DNSMOS OVRL`. */
  readonly label: string;
  /** Which network made the numbers: its name, file and SHA-256 (first 16 digits). */
  readonly model: string;
}

/** One network and the scores that it gives. */
export interface NeuralMeasure {
  readonly measures: readonly NeuralMeasureInfo[];
  /**
   * @param samples at {@link NEURAL_RATE}, in [-1, 1], not empty
   * @returns one number for each of `measures`
   */
  score(samples: Float32Array): Promise<Readonly<Record<string, number>>>;
  /** Frees the network. */
  close(): Promise<void>;
}

/** Rate that every network here was trained at, Hz. */
export const NEURAL_RATE = 16_000;
