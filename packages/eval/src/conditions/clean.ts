import { Audio } from "@twelvehz/codec";
import type { Condition } from "../condition.ts";

/** The clip as it is. */
export function clean(): Condition {
  return { name: "clean", apply: (clip) => new Audio(clip.samples.slice(), clip.sampleRate) };
}
