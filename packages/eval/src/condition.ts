import type { Audio } from "@twelvehz/codec";
import type { LossModel } from "@twelvehz/transport";

/** A link between the two halves of a codec. */
export interface LinkCondition {
  /** Part of the packets that it loses, 0 to 1: what a sender may know. */
  readonly loss: number;
  /** The fates of a clip's packets, one after another; the same for the same key. */
  open(key: string): LossModel;
}

/**
 * What happens to a clip before a codec hears it, or to what comes out of the codec. The same clip
 * and condition always give the same sound.
 */
export interface Condition {
  /** Unique and readable, such as `clean`, `noise 10 dB` or `telephone band`. */
  readonly name: string;
  /**
   * `input` (default) = it happens to the clip before the codec hears it; `playback` = it happens
   * to what is heard, so it is applied to what came back from the codec and to the reference that
   * it is compared with, and the codec gets the clip as it is; `link` = it happens to the packets
   * of the codec, and `apply` does nothing.
   */
  readonly stage?: "input" | "playback" | "link" | undefined;
  /** For `link`: what happens to packets. */
  readonly link?: LinkCondition | undefined;
  /**
   * @param clip mono, any rate
   * @param key names the clip: fixes what is random
   * @returns sound of the same rate and length; the clip is left unchanged
   */
  apply(clip: Audio, key: string): Audio;
}
