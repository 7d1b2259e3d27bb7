import type { Codes } from "../codes/codes.ts";
import type { ModelIdentity } from "../codes/model-info.ts";
import { type CodesClock, DEFAULT_SPEC, framesPerSecond, type Rational, samplesOf, toRational } from "../codes/codes-spec.ts";
import { CodecError, describeJson, messageOf } from "../errors.ts";
import { isNestedDeeper } from "../bytes/json-depth.ts";
import { type CodeGrid, codesOfGrid, type GridReading } from "./code-grid.ts";
import { modelProblem } from "./token-file-header.ts";

/** Deepest nesting: codes take three, and the other fields of a row some. */
const MAX_DEPTH = 100;

/** What JSON may say beside what {@link Codes} carry. */
export interface SerializeJsonOptions {
  /** Frames per second. Default: those of the codes. */
  readonly frameRate?: Rational;
}

/**
 * Codes as one JSON object in UTF-8: `model` (`{name, id}` or null), `frameRate` (number),
 * `sampleRate` (where it is not 24000), `codebookSize`, `layers`, `sampleCount` (or null) and
 * `codes`, `[T][K]`, one frame a line.
 */
export function serializeCodesJson(codes: Codes, options: SerializeJsonOptions = {}): Uint8Array {
  const { model = null, codebookSize, layers, sampleRate, sampleCount = null } = codes;
  const head = JSON.stringify({
    model: model && { name: model.name, id: model.id },
    frameRate: framesPerSecond({ frameRate: options.frameRate ?? codes.frameRate }),
    ...(sampleRate !== DEFAULT_SPEC.sampleRate && { sampleRate }),
    codebookSize,
    layers,
    sampleCount,
  });
  const rows = Array.from({ length: codes.frames }, (_, t) => `[${codes.frame(t).join(",")}]`).join(",\n");
  return new TextEncoder().encode(`${head.slice(0, -1)},"codes":[${rows === "" ? "" : `\n${rows}\n`}]}\n`);
}

/**
 * Codes of a JSON object as {@link serializeCodesJson} writes it, of one that has only `codes` or
 * `audio_codes`, at any depth, or of a bare `[T][K]` array; a batch of one clip is that clip.
 * @throws CodecError `bad-format` when it is no such JSON, `bad-codes` for a wrong shape or code
 */
export function parseCodesJson(bytes: Uint8Array, options: GridReading = {}): Codes {
  const object = holderOf(parseJson(bytes, "the JSON file"));
  const rows = object && alone(object.codes ?? object.audio_codes);
  if (!object || rows === undefined)
    throw bad('neither an array nor an object with "codes" was found; give [[...], ...] or {"codes": [[...], ...]}');
  const layers = optionalInteger(object, "layers") ?? options.layers;
  const codebookSize = optionalInteger(object, "codebookSize") ?? options.codebookSize;
  const clock = clockOf(object);
  const meta = { model: modelOf(object.model), sampleCount: optionalInteger(object, "sampleCount"), ...clock };
  const codes = codesOfRows(
    rows,
    "the JSON file",
    {
      axes: options.axes,
      note: options.note,
      ...(layers !== undefined && { layers }),
      ...(codebookSize !== undefined && { codebookSize }),
    },
    meta,
  );
  checkSampleCount(codes);
  if (options.layers === undefined || codes.layers === options.layers) return codes;
  throw new CodecError(
    "bad-codes",
    `Cannot use the JSON file as codes: ${codes.layers} layers were found, ${options.layers} are wanted; give codes of ${options.layers} layers`,
  );
}

/**
 * The object that has the codes: the value itself or one inside, the first that is found; for a
 * bare array, one made of it.
 */
export function holderOf(value: unknown): Record<string, unknown> | undefined {
  if (Array.isArray(value) && !isRecord(value[0])) return { codes: value };
  if (isRecord(value) && holds(value.codes)) return value;
  if (isRecord(value) && holds(value.audio_codes)) return value;
  if (typeof value !== "object" || value === null) return undefined;
  for (const inner of Object.values(value)) {
    const found = isRecord(inner) || (Array.isArray(inner) && isRecord(inner[0])) ? holderOf(inner) : undefined;
    if (found) return found;
  }
  return undefined;
}

/**
 * Codes, or what is meant to be some: what is nested in an object of this name is looked for there.
 */
function holds(value: unknown): boolean {
  return value !== undefined && value !== null && !isRecord(value);
}

/** A batch of one clip, `[1][T][K]`, as that clip. */
export function alone(rows: unknown): unknown {
  let inner = rows;
  while (Array.isArray(inner) && inner.length === 1 && Array.isArray(inner[0]) && Array.isArray(inner[0][0])) inner = inner[0];
  return inner;
}

/**
 * Codes of a `[T][K]` array of numbers, or of `[K][T]` where the options say so. Without frames, K
 * is the wanted one or that of {@link DEFAULT_SPEC}.
 * @throws CodecError `bad-codes` for a wrong shape or code
 */
export function codesOfRows(
  rows: unknown,
  where: string,
  options: GridReading,
  meta: Pick<CodeGrid, "model" | "sampleCount" | "frameRate" | "sampleRate"> = {},
): Codes {
  if (!Array.isArray(rows))
    throw new CodecError("bad-codes", `Cannot use "codes" of ${where}: an array of frames is wanted, [[...K codes], ...T frames]`);
  if (rows.length > 0 && !Array.isArray(rows[0]))
    throw new CodecError(
      "bad-codes",
      `Cannot use the codes of ${where}: one flat list was found; give an array per frame, [[...K codes], ...T frames]`,
    );
  const layers = options.layers ?? DEFAULT_SPEC.layers;
  if (rows.length === 0) return codesOfGrid({ where, shape: [0, layers], valueAt: () => Number.NaN, ...meta }, { ...options, axes: "TK" });
  const columns = (rows[0] as unknown[]).length;
  const odd = rows.findIndex((row) => !Array.isArray(row) || row.length !== columns);
  if (odd >= 0)
    throw new CodecError(
      "bad-codes",
      `Cannot use frame ${odd} of ${where}: it has not ${columns} codes as frame 0 has; give every frame the same number`,
    );
  const valueAt = (row: number, column: number): number => (typeof rows[row][column] === "number" ? rows[row][column] : Number.NaN);
  return codesOfGrid({ where, shape: [rows.length, columns], valueAt, ...meta }, options);
}

/**
 * JSON of UTF-8 bytes.
 * @param where for the message, such as `the JSON file`
 * @throws CodecError `bad-format` when it is no JSON, or nested more than 100 deep
 */
export function parseJson(bytes: Uint8Array, where: string): unknown {
  if (isNestedDeeper(bytes, MAX_DEPTH))
    throw new CodecError("bad-format", `Cannot read ${where}: it is nested more than ${MAX_DEPTH} deep; make it again`);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CodecError("bad-format", `Cannot read ${where}: it is not JSON in UTF-8 (${messageOf(cause)}); make it again`, { cause });
  }
}

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** When the frames are: as the object says, else as in {@link DEFAULT_SPEC}. */
function clockOf({ frameRate, sampleRate }: Record<string, unknown>): CodesClock {
  const rate = sampleRate ?? DEFAULT_SPEC.sampleRate;
  if (!Number.isInteger(rate) || (rate as number) < 1 || (rate as number) > 768_000)
    throw bad(`"sampleRate" is ${describeJson(rate)}, a whole number from 1 to 768000 is wanted; correct it or leave it out`);
  return { frameRate: frameRate === undefined ? DEFAULT_SPEC.frameRate : fractionOf(frameRate), sampleRate: rate as number };
}

function fractionOf(frameRate: unknown): Rational {
  try {
    if (typeof frameRate === "number") return toRational(frameRate);
  } catch {
    // the message below says what is wanted
  }
  throw bad('"frameRate" is not a number over 0; correct it or leave it out');
}

function checkSampleCount(codes: Codes): void {
  const { frames, sampleCount = 0 } = codes;
  const most = samplesOf(codes, frames);
  if (sampleCount > most)
    throw bad(`"sampleCount" is ${sampleCount}, ${frames} frames stand for at most ${most}; correct it or leave it out`);
}

function optionalInteger(object: Record<string, unknown>, key: string): number | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw bad(`"${key}" is ${describeJson(value)}, a whole number is wanted; correct it or leave it out`);
}

function modelOf(value: unknown): ModelIdentity | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value) || typeof value.name !== "string" || typeof value.id !== "string")
    throw bad('"model" is not {"name": ..., "id": 32 hexadecimal digits}; correct it or leave it out');
  const model = { name: value.name, id: value.id };
  const problem = modelProblem(model);
  if (problem) throw bad(`${problem}; correct "model" or leave it out`);
  return model;
}

function bad(found: string): CodecError {
  return new CodecError("bad-format", `Cannot read the codes from the JSON file: ${found}`);
}
