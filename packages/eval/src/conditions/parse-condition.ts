import { type Audio, CodecError } from "@twelvehz/codec";
import type { Condition } from "../condition.ts";
import { clean } from "./clean.ts";
import { level } from "./level.ts";
import { parseLinkLoss } from "./link-loss.ts";
import { noise } from "./noise.ts";
import { NOISE_KINDS } from "./noise-source.ts";
import { playback, PLAYBACK_DEVICES } from "./playback.ts";
import { reverberation } from "./reverberation.ts";
import { telephoneBand } from "./telephone-band.ts";
import { twoTalkers } from "./two-talkers.ts";

/** Recordings that conditions may use. */
export interface ConditionSounds {
  /**
   * Noise for `noise N dB`, at any rate. Default: pink noise is made, and the condition is named
   * after it.
   */
  readonly noise?: readonly Audio[] | undefined;
  /** Speech for `two talkers N dB`, at any rate. Without it, that condition is refused. */
  readonly talkers?: readonly Audio[] | undefined;
}

/** One example of every condition that {@link parseCondition} knows, for help texts. */
export const CONDITION_EXAMPLES: readonly string[] = [
  "clean",
  "noise 10 dB",
  ...NOISE_KINDS.map((kind) => `${kind} noise 10 dB`),
  "reverberation 0.5 s",
  "two talkers 10 dB",
  "level -30 dB",
  "telephone band",
  "20 % loss",
  "20 % loss in bursts of 2.5",
  "lossgen-20 losses",
  ...PLAYBACK_DEVICES.map((device) => `playback ${device}`),
];

/** Words, then perhaps a number with its unit. */
const FORM = /^([a-z ]*?)(?: *([-+]?\d+(?:\.\d+)?) *(db|s))?$/;

/**
 * A condition by its name, such as `noise 10 dB` or `reverberation 0.5 s`: see
 * {@link CONDITION_EXAMPLES}. Capitals and the space before the unit do not matter.
 * @throws CodecError `usage` for a name or number that is not known, with all that exist; `usage`
 * when talkers are wanted and none are given
 */
export function parseCondition(text: string, sounds: ConditionSounds = {}): Condition {
  const link = asUsage(text, () => parseLinkLoss(text.trim().toLowerCase()));
  if (link) return link;
  const [, words, digits, unit] = FORM.exec(text.trim().toLowerCase().replace(/\s+/g, " ")) ?? [];
  const make = words === undefined ? undefined : makerOf(`${words}${unit === undefined ? "" : ` N ${unit}`}`, sounds);
  if (!make) throw unknownCondition(text);
  return asUsage(text, () => make(Number(digits)));
}

/** Numbers out of range are the user's. */
function asUsage<T>(text: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CodecError("usage", `Cannot use the condition ${JSON.stringify(text)}: ${error.message}`, { cause: error });
  }
}

/** What makes a condition of the form, from its number. */
function makerOf(form: string, { noise: recordings, talkers = [] }: ConditionSounds): ((value: number) => Condition) | undefined {
  const kind = NOISE_KINDS.find((name) => form === `${name} noise N db`);
  if (kind) return (ratio) => noise(ratio, kind);
  const device = PLAYBACK_DEVICES.find((name) => form === `playback ${name.toLowerCase()}`);
  if (device) return () => playback(device);
  switch (form) {
    case "clean":
      return clean;
    case "noise N db":
      return (ratio) => noise(ratio, recordings ?? "pink");
    case "reverberation N s":
      return reverberation;
    case "two talkers N db":
      return (ratio) => twoTalkers(ratio, talkers);
    case "level N db":
      return level;
    case "telephone band":
      return telephoneBand;
    default:
      return undefined;
  }
}

function unknownCondition(text: string): CodecError {
  const examples = CONDITION_EXAMPLES.map((example) => JSON.stringify(example)).join(", ");
  return new CodecError(
    "usage",
    `Cannot use the condition ${JSON.stringify(text)}: there is none of that form; write one such as ${examples}`,
  );
}
