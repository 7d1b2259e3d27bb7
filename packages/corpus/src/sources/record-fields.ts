/** Records of manifests to what a corpus knows of a clip, whatever their fields are called. */

/** Names of fields, the first that is there is taken. */
const NAMES = {
  audio: ["audio", "audio_filepath", "file", "path", "wav", "audio_path", "filename"],
  id: ["id", "utt_id", "utterance_id", "key", "__key__"],
  text: ["text", "transcript", "sentence", "transcription"],
  speaker: ["speaker", "speaker_id", "client_id"],
  language: ["language", "lang", "locale"],
  offset: ["offset"],
  duration: ["duration"],
} as const;

/** One record of any manifest. */
export type SourceRecord = Readonly<Record<string, unknown>>;

/** A record with the fields that are known by their names; values that are of no use are undefined. */
export interface KnownFields {
  /** Path or address; undefined where the field holds something else. */
  readonly audio?: string | undefined;
  readonly id?: string | undefined;
  readonly text?: string | undefined;
  readonly speaker?: string | undefined;
  readonly language?: string | undefined;
  readonly offset?: number | undefined;
  readonly duration?: number | undefined;
  /** All others, a JSON object; undefined where there are none. */
  readonly extra?: string | undefined;
}

/**
 * Sorts the fields of a record.
 * @param leaveOut fields that are neither known nor kept
 * @returns what is wrong with it as a string, or the fields
 */
export function knownFields(record: SourceRecord, leaveOut: readonly string[] = []): KnownFields | string {
  const used = new Set<string>(leaveOut);
  const take = (kind: keyof typeof NAMES): { name: string; value: unknown } | undefined => {
    const name = NAMES[kind].find((candidate) => !used.has(candidate) && !isNothing(record[candidate]));
    if (name === undefined) return undefined;
    used.add(name);
    return { name, value: record[name] };
  };
  const text = (kind: keyof typeof NAMES): string | undefined => {
    const found = take(kind);
    return found === undefined ? undefined : textOf(found.value);
  };
  const audio = take("audio")?.value;
  const offset = numberOf(take("offset"));
  const duration = numberOf(take("duration"));
  for (const value of [offset, duration]) if (typeof value === "string") return value;
  const known = {
    audio: textOf(isObject(audio) ? audio["path"] : audio),
    id: text("id"),
    text: text("text"),
    speaker: text("speaker"),
    language: text("language"),
    offset: offset as number | undefined,
    duration: duration as number | undefined,
  };
  return { ...known, extra: extraOf(record, used) };
}

/** The fields that are left, as JSON. */
export function extraOf(record: SourceRecord, used: ReadonlySet<string>): string | undefined {
  const rest = Object.entries(record).filter(([name, value]) => !used.has(name) && value !== undefined);
  return rest.length === 0 ? undefined : wellFormed(JSON.stringify(Object.fromEntries(rest), jsonValue));
}

/** JSON knows neither big integers nor bytes. */
function jsonValue(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

/** Whether a field holds nothing. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a field says, as text that UTF-8 can carry; undefined where it says nothing. */
export function textOf(value: unknown): string | undefined {
  if (isNothing(value)) return undefined;
  if (typeof value === "string") return wellFormed(value);
  return wellFormed(typeof value === "object" ? JSON.stringify(value, jsonValue) : String(value));
}

/** Half a surrogate pair, which UTF-8 cannot carry, becomes U+FFFD. */
function wellFormed(text: string): string {
  return /[\ud800-\udfff]/.test(text) ? Buffer.from(text).toString() : text;
}

/** Seconds, or what is wrong with them. */
function numberOf(field: { name: string; value: unknown } | undefined): number | string | undefined {
  if (field === undefined) return undefined;
  const value = typeof field.value === "string" ? Number(field.value.trim() || Number.NaN) : field.value;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  return `"${field.name}" is ${JSON.stringify(field.value, jsonValue)}; seconds, 0 or more, are wanted`;
}
