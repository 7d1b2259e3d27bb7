import type { Audio } from "@twelvehz/codec";

/** What happens to a clip before a codec hears it. The same clip and condition always give the same sound. */
export interface Condition {
  /** Unique and readable, such as `clean`, `noise 10 dB` or `telephone band`. */
  readonly name: string;
  /**
   * @param clip mono, any rate
   * @param key names the clip: fixes what is random
   * @returns sound of the same rate and length; the clip is left unchanged
   */
  apply(clip: Audio, key: string): Audio;
}
