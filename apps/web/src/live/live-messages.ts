/** What goes to and from the audio thread. Frames are samples of the audio context's clock. */

/** Ends either processor: one that asks to go on is never freed. */
export const STOP = "stop";

/** Sound that came in. */
export interface CapturedPiece {
  /** At the context's rate, one channel. */
  readonly samples: Float32Array;
  /** The context's frame after the last sample. */
  readonly endFrame: number;
}

/** What the player is doing. */
export interface PlaybackReport {
  /** Whether decoded sound is heard now. */
  readonly isPlaying: boolean;
  /**
   * Index of the next decoded sample, at the context's rate, counted from the first captured one.
   */
  readonly position: number;
  /** The context's frame at which that sample is played. */
  readonly atFrame: number;
  /** Samples that wait. */
  readonly buffered: number;
  /** Samples that have waited whenever a piece came; undefined while too few have come. */
  readonly spare: number | undefined;
  /** How often the sound broke off. */
  readonly underruns: number;
  /** Samples left out to catch up. */
  readonly dropped: number;
}
