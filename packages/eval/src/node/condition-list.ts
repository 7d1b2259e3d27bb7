import { createHash } from "node:crypto";
import { type Audio, throwIfAborted } from "@twelvehz/codec/node";
import { parseCondition } from "../conditions/parse-condition.ts";
import type { Condition } from "../condition.ts";
import { type ClipFile, listClips } from "@twelvehz/clips";
import { readClip } from "./read-clip.ts";

/** Recordings are cut after so many seconds. */
const RECORDING_SECONDS = 120;
/** So many of the clips are the second talkers. */
const MOST_TALKERS = 24;

/**
 * Short names, each with what `parseCondition` calls it; a number that is given takes the place of
 * the one here.
 */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  noise: "noise 10 dB",
  white: "white noise 10 dB",
  pink: "pink noise 10 dB",
  babble: "babble noise 10 dB",
  reverb: "reverberation 0.5 s",
  talkers: "two talkers 10 dB",
  level: "level -30 dB",
  telephone: "telephone band",
  phone: "playback phone",
  pc: "playback PC",
  speaker: "playback smart speaker",
};

/** Conditions with what their recordings were. */
export interface OpenConditions {
  readonly conditions: readonly Condition[];
  /** What the recordings are, by the names of the conditions that use some. */
  readonly identities: Readonly<Record<string, string>>;
}

/** Where conditions take recordings from. */
export interface ConditionSources {
  /** Folder or manifest of noise. Default: pink noise is made. */
  readonly noise?: string | undefined;
  /** The clips that are evaluated: they are the second talkers. */
  readonly clips: readonly ClipFile[];
  readonly seconds: number;
  /** Leave out clips that cannot be read as second talkers. Default: they are errors. */
  readonly skipBad?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Conditions by their names, separated by commas: short ones such as `noise:5`, `reverb`,
 * `talkers:10`, `level:-30`, `telephone`, `phone`, `pc` and `speaker`, or those of
 * `parseCondition`.
 * @throws CodecError `usage` for a name that is not known; what reading the recordings fails with
 */
export async function openConditions(list: string, sources: ConditionSources): Promise<OpenConditions> {
  const { clips, seconds, skipBad, signal } = sources;
  const names = list.split(",").map((name) => longName(name.trim()));
  const noise =
    sources.noise === undefined ? undefined : await readAll(await listClips(sources.noise), { seconds: RECORDING_SECONDS, signal });
  const needsTalkers = names.some((name) => name.startsWith("two talkers"));
  const talkers = needsTalkers ? await readAll(clips.slice(0, MOST_TALKERS), { seconds, skipBad, signal }) : undefined;
  const conditions = names.map((name) => parseCondition(name, { noise, talkers }));
  const digestFor = (name: string): string | undefined => {
    if (name.startsWith("noise ")) return digestOf(noise);
    return name.startsWith("two talkers ") ? digestOf(talkers) : undefined;
  };
  const identities = conditions.flatMap(({ name }) => {
    const digest = digestFor(name);
    return digest === undefined ? [] : [[name, digest] as const];
  });
  return { conditions, identities: Object.fromEntries(identities) };
}

function longName(text: string): string {
  const [, name, number] = /^([a-z]+)(?::([-+]?\d+(?:\.\d+)?))?$/.exec(text.toLowerCase()) ?? [];
  const long = name === undefined || !Object.hasOwn(SHORT_NAMES, name) ? undefined : SHORT_NAMES[name];
  if (long === undefined) return text;
  if (number === undefined) return long;
  return /\d/.test(long) ? long.replace(/-?\d+(?:\.\d+)?/, number) : text;
}

async function readAll(
  clips: readonly ClipFile[],
  { seconds, skipBad, signal }: Pick<ConditionSources, "seconds" | "skipBad" | "signal">,
): Promise<Audio[]> {
  const out: Audio[] = [];
  for (const clip of clips) {
    const audio = await readClip(clip, seconds, signal).catch((error: unknown) => {
      throwIfAborted(signal);
      if (!skipBad) throw error;
      return undefined; // the evaluation lists it
    });
    if (audio) out.push(audio);
  }
  return out;
}

function digestOf(recordings: readonly Audio[] | undefined): string | undefined {
  if (!recordings) return undefined;
  const hash = createHash("sha256");
  for (const { samples } of recordings) hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  return hash.digest("hex");
}
