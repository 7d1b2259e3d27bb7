import type { Attention } from "../codes/codes-spec.ts";
import type { ModelInfo } from "../codes/model-info.ts";

/**
 * All that an encoder or decoder remembers between two calls, as plain values and arrays that a
 * port can carry. Only one of the same model and the same version can go on from it; what it holds
 * is nobody else's concern.
 */
export type SavedState = object;

/** The encoder's state for one owner. Samples are mono at the model's rate. */
export interface FrameEncoder {
  /** Takes any number of samples; returns the codes `[t, K]` of the frames that are now whole. */
  push(samples: Float32Array): Promise<Int16Array>;
  /**
   * Ends the clip: returns the codes of the rest, filled up to a whole frame; the encoder is then
   * as new.
   */
  flush(): Promise<Int16Array>;
  /** As new. */
  reset(): Promise<void>;
  /** A copy of its state. */
  save(): Promise<SavedState>;
  /** Goes on from a state that {@link save} of another encoder of the model gave. */
  restore(state: SavedState): Promise<void>;
  /** Frees what the encoder holds. */
  close(): Promise<void>;
}

/** The decoder's state for one owner. */
export interface FrameDecoder {
  /** Takes codes `[t, K]` of any number of frames; returns the samples that are now final. */
  push(codes: Int16Array): Promise<Float32Array>;
  /**
   * One frame is lost: returns samples in its place, as many as {@link push} would for a frame.
   * @param next the first layers of the frame after it, where they have come already; they are to
   * be pushed nevertheless
   */
  conceal(next?: Int16Array): Promise<Float32Array>;
  /** Ends the clip: returns the samples that were still open; the decoder is then as new. */
  flush(): Promise<Float32Array>;
  /** As new; gains other than 1 are to be set again. */
  reset(): Promise<void>;
  /** A copy of its state, gains included. */
  save(): Promise<SavedState>;
  /** Goes on from a state that {@link save} of another decoder of the model gave. */
  restore(state: SavedState): Promise<void>;
  /** From the next frame on: factor of each layer's contribution, `[K]`, 1 = use, 0 = leave out. */
  setGains(gains: Float32Array): Promise<void>;
  /** Frees what the decoder holds. */
  close(): Promise<void>;
}

/** How an encoder is opened. */
export interface EncoderOptions {
  /** Default `windowed`. The compact model has no attention and takes no notice. */
  readonly attention?: Attention | undefined;
}

/** How a decoder is opened. */
export interface DecoderOptions {
  /**
   * `exact` (default) = the network without seams; `reference` = as the published package cuts
   * codes into pieces of 300 frames (24 s), for those who must match it. The compact model takes no
   * notice.
   */
  readonly chunking?: "exact" | "reference" | undefined;
}

/**
 * One open model: what every family implements, and what a worker forwards. Encoder and decoder are
 * loaded at their first opening.
 */
export interface Engine {
  readonly info: ModelInfo;
  openEncoder(options?: EncoderOptions): Promise<FrameEncoder>;
  openDecoder(options?: DecoderOptions): Promise<FrameDecoder>;
  /** Frees the model. */
  close(): Promise<void>;
}
