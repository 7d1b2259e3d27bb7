/**
 * Manifests of Lhotse: recordings with their supervisions, and cuts with one recording
 * (https://lhotse.readthedocs.io/en/latest/corpus.html, cuts.html).
 */
import type { Entry, FoundEntry, SoundPlace } from "./entry.ts";
import { folderOf, nameOf } from "./files.ts";
import { badLine } from "./record-entry.ts";
import { extraOf, type SourceRecord, textOf } from "./record-fields.ts";
import { guessSeconds, type SourceContext } from "./source.ts";

/** What a record of Lhotse is. */
export type LhotseKind = "recording" | "supervision" | "cut";

/** A recording: a whole file, of which clips are parts. */
export interface Recording {
  readonly id: string;
  readonly path: string;
  readonly root: number;
  readonly seconds: number;
  readonly channels: number;
}

/** Tells records of Lhotse by their fields; undefined for others. */
export function lhotseKind(record: SourceRecord): LhotseKind | undefined {
  if (Array.isArray(record["sources"]) && "sampling_rate" in record && "id" in record) return "recording";
  if ("recording_id" in record && "start" in record && "duration" in record) return "supervision";
  if ("recording" in record && "start" in record && "duration" in record) return "cut";
  return undefined;
}

/** A recording with one file, or what is wrong with it. */
export function recordingOf(record: SourceRecord, root: number): Recording | string {
  const sources = record["sources"] as readonly Readonly<Record<string, unknown>>[];
  const [source] = sources;
  if (sources.length !== 1 || !source) return `the recording has ${sources.length} sources; one file is wanted`;
  if (source["type"] !== "file" || typeof source["source"] !== "string")
    return `the recording is of type ${JSON.stringify(source["type"])}; "file" is wanted`;
  const channels = Array.isArray(source["channels"]) ? source["channels"].length : 1;
  const path = textOf(source["source"]) ?? "";
  return { id: textOf(record["id"]) ?? path, path, root, seconds: Number(record["duration"]) || guessSeconds(path, 0), channels };
}

/** Seconds, or undefined. */
function seconds(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** A part of a recording, with what a supervision says of it. */
function partOf(
  address: string,
  line: number,
  recording: Recording,
  { id, start, duration, channel }: SourceRecord,
  about: Pick<Entry, "text" | "speaker" | "language" | "extra">,
): FoundEntry {
  const [offset, length] = [seconds(start), seconds(duration)];
  if (offset === undefined || !length) return badLine(address, line, '"start" and "duration" are not seconds');
  const one = Array.isArray(channel) ? (channel.length === 1 ? (channel[0] as unknown) : undefined) : channel;
  const place: SoundPlace = {
    root: recording.root,
    path: recording.path,
    channel: recording.channels > 1 && typeof one === "number" ? one : undefined,
  };
  const name = textOf(id) ?? `${nameOf(address)}:${line}`;
  const entry: Entry = { id: name, source: recording.path, place, offset, duration: length, ...about, line };
  return { entry, seconds: length };
}

const USED = new Set(["id", "recording_id", "start", "duration", "channel", "text", "speaker", "language"]);

function aboutOf(supervision: SourceRecord): Pick<Entry, "text" | "speaker" | "language" | "extra"> {
  return {
    text: textOf(supervision["text"]),
    speaker: textOf(supervision["speaker"]),
    language: textOf(supervision["language"]),
    extra: extraOf(supervision, USED),
  };
}

/** A clip by a supervision, whose recording was named before. */
export function readSupervision(address: string, line: number, record: SourceRecord, context: SourceContext): FoundEntry {
  context.supervised = true;
  const id = textOf(record["recording_id"]) ?? "";
  const recording = context.recordings.get(id);
  if (recording) return partOf(address, line, { id, ...recording }, record, aboutOf(record));
  return badLine(address, line, `its recording ${JSON.stringify(id)} is in none of the sources; give the manifest of recordings too`);
}

/** A clip by a cut of one recording, with its first supervision. */
export function readCut(address: string, line: number, record: SourceRecord, { rootOf }: SourceContext): FoundEntry {
  const inner = record["recording"] as SourceRecord | null;
  if (!inner || !Array.isArray(inner["sources"])) return badLine(address, line, "the cut holds no recording");
  const recording = recordingOf(inner, rootOf(folderOf(address)));
  if (typeof recording === "string") return badLine(address, line, recording);
  const supervisions = (Array.isArray(record["supervisions"]) ? record["supervisions"] : []) as SourceRecord[];
  if (supervisions.length > 1) return badLine(address, line, `the cut has ${supervisions.length} supervisions; cut it to one each`);
  const custom = extraOf(record, new Set([...USED, "recording", "supervisions", "type", "features"]));
  const about = aboutOf(supervisions[0] ?? {});
  const extra = [custom, about.extra].filter((text) => text !== undefined).map((text) => JSON.parse(text) as object);
  return partOf(address, line, recording, record, {
    ...about,
    extra: extra.length === 0 ? undefined : JSON.stringify(Object.assign({}, ...extra)),
  });
}

/** Recordings that no supervision cuts up are clips themselves. */
export function* wholeRecordings({ recordings }: Pick<SourceContext, "recordings">): Generator<FoundEntry> {
  for (const [id, { path, root, seconds: length }] of recordings)
    yield { entry: { id, source: path, place: { root, path } }, seconds: length };
}
