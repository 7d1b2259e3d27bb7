/**
 * Checks of what callers hand over, where TypeScript did not: each error names the parameter, what
 * was found, and what is wanted.
 */

/** What a value is, whichever frame or context it comes from. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** What a value is, for a message. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : tagOf(value);
}

function wrong(value: unknown, name: string, wanted: string): TypeError {
  return new TypeError(`Cannot use ${kindOf(value)} as "${name}": ${wanted}`);
}

/**
 * Refuses all but a Float32Array; that of another frame or context is one too.
 * @throws TypeError
 */
export function assertFloats(value: unknown, name: string): asserts value is Float32Array {
  if (tagOf(value) === "Float32Array") return;
  const remedy = tagOf(value) === "Int16Array" ? "; divide 16-bit samples by 32768" : "";
  throw wrong(value, name, `a Float32Array of samples in [-1, 1] is wanted${remedy}`);
}

/**
 * Refuses all but an Int16Array.
 * @throws TypeError
 */
export function assertIntegers(value: unknown, name: string): asserts value is Int16Array {
  if (tagOf(value) !== "Int16Array") throw wrong(value, name, "an Int16Array is wanted, such as Int16Array.from(numbers)");
}

/**
 * Refuses all but a Uint8Array, which a Buffer of Node is too.
 * @throws TypeError
 */
export function assertBytes(value: unknown, name: string): asserts value is Uint8Array {
  if (tagOf(value) !== "Uint8Array") throw wrong(value, name, "a Uint8Array is wanted, such as new Uint8Array(buffer)");
}

/**
 * Refuses what is no `Audio`.
 * @throws TypeError
 */
export function assertAudio(value: unknown, name: string): void {
  const audio = value as { samples?: unknown; sampleRate?: unknown } | null | undefined;
  if (typeof audio === "object" && audio !== null && typeof audio.sampleRate === "number")
    return assertFloats(audio.samples, `${name}.samples`);
  throw wrong(value, name, "an Audio is wanted, such as new Audio(samples, 24000)");
}

/**
 * Refuses what is no `Codes`.
 * @throws TypeError
 */
export function assertCodes(value: unknown, name: string): void {
  const codes = value as { data?: unknown; frames?: unknown } | null | undefined;
  if (typeof codes === "object" && codes !== null && tagOf(codes.data) === "Int16Array" && typeof codes.frames === "number") return;
  throw wrong(value, name, "Codes are wanted, such as new Codes(data, 16)");
}

/**
 * Refuses what is no list or typed array of numbers. That they are codes is another question.
 * @throws TypeError
 */
export function assertNumbers(value: unknown, name: string): asserts value is ArrayLike<number> {
  const wanted = "Codes, or an array of whole numbers, are wanted";
  const isList = typeof value === "object" && value !== null && typeof (value as { length?: unknown }).length === "number";
  if (!isList || tagOf(value).startsWith("Big")) throw wrong(value, name, wanted);
  const list = value as ArrayLike<unknown>;
  for (let i = 0; i < list.length; i++) if (typeof list[i] !== "number") throw wrong(list[i], `${name}[${i}]`, wanted);
}

/**
 * Refuses what `for await` cannot go through.
 * @param of what the pieces are, such as `Float32Array`
 * @throws TypeError
 */
export function assertPieces(value: unknown, name: string, of: string): void {
  const pieces = value as { [Symbol.asyncIterator]?: unknown; [Symbol.iterator]?: unknown } | null | undefined;
  const isIterable = typeof (pieces?.[Symbol.asyncIterator] ?? pieces?.[Symbol.iterator]) === "function";
  if (!isIterable || typeof value === "string" || ArrayBuffer.isView(value))
    throw wrong(value, name, `an iterable of ${of} is wanted, such as [piece]`);
}

/**
 * Refuses what is no array.
 * @param of what its elements are, such as `Audio`
 * @throws TypeError
 */
export function assertList(value: unknown, name: string, of: string): void {
  if (!Array.isArray(value)) throw wrong(value, name, `an array of ${of} is wanted`);
}

/**
 * Refuses all but a number in a range.
 * @param whole whether it must be a whole number. Default true
 * @throws TypeError for what is no number; RangeError
 */
export function assertNumber(value: unknown, name: string, low: number, high: number, whole = true): asserts value is number {
  const wanted = `a ${whole ? "whole " : ""}number from ${low} to ${high} is wanted`;
  if (typeof value !== "number") throw wrong(value, name, wanted);
  if (!(value >= low && value <= high) || (whole && !Number.isInteger(value)))
    throw new RangeError(`Cannot use ${value} as "${name}": ${wanted}`);
}

/**
 * Refuses a choice that does not exist; undefined is the default.
 * @throws TypeError for what is no text; RangeError
 */
export function assertOneOf(value: unknown, choices: readonly string[], name: string): void {
  if (value === undefined || choices.includes(value as string)) return;
  const wanted = `choose ${choices.map((choice) => `"${choice}"`).join(" or ")}`;
  if (typeof value !== "string") throw wrong(value, name, wanted);
  throw new RangeError(`Cannot use ${kindOf(value)} as "${name}": ${wanted}`);
}

/** What an option may be; undefined is always the default. */
export type OptionKind = "number" | "boolean" | "string" | "function" | "object" | "numbers" | "signal";

/**
 * Refuses options that are no object, or of which one is of the wrong type.
 * @param kinds types of the options that there are; others are not looked at
 * @param parameter what the parameter is called
 * @throws TypeError
 */
export function assertOptions(value: unknown, kinds: Readonly<Record<string, OptionKind>>, parameter = "options"): void {
  assertKind(value, parameter, "object");
  for (const [name, kind] of Object.entries(kinds)) {
    const option = (value as Readonly<Record<string, unknown>>)[name];
    if (option !== undefined) assertKind(option, name, kind);
  }
}

/**
 * Refuses what is of another type.
 * @throws TypeError
 */
export function assertKind(value: unknown, name: string, kind: OptionKind): void {
  if (!isOfKind(value, kind)) throw wrong(value, name, WANTED[kind]);
}

const WANTED: Readonly<Record<OptionKind, string>> = {
  number: "a number is wanted",
  boolean: "true or false is wanted",
  string: "a string is wanted",
  function: "a function is wanted",
  object: "an object is wanted",
  numbers: "an array of numbers is wanted",
  signal: "an AbortSignal is wanted",
};

function isOfKind(value: unknown, kind: OptionKind): boolean {
  if (kind === "numbers") return Array.isArray(value) && value.every((number) => typeof number === "number");
  if (kind === "signal") return typeof (value as { aborted?: unknown } | null)?.aborted === "boolean";
  return kind === "object" ? typeof value === "object" && value !== null : typeof value === kind;
}
