/** Checks of what callers hand over, where TypeScript did not: each error names the parameter, what was found, and what is wanted. */

/** What a value is, for a message. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : tag;
}

/**
 * Refuses all but a Float32Array; that of another frame or context is one too.
 * @throws TypeError
 */
export function assertFloats(value: unknown, name: string): void {
  if (Object.prototype.toString.call(value) === "[object Float32Array]") return;
  const remedy = /Int16Array/.test(kindOf(value)) ? "; divide 16-bit samples by 32768" : "";
  throw new TypeError(`Cannot use ${kindOf(value)} as "${name}": a Float32Array of samples in [-1, 1] is wanted${remedy}`);
}

/**
 * Refuses what is no `Audio`.
 * @throws TypeError
 */
export function assertAudio(value: unknown, name: string): void {
  const audio = value as { samples?: unknown; sampleRate?: unknown } | null | undefined;
  if (typeof audio === "object" && audio !== null && typeof audio.sampleRate === "number")
    return assertFloats(audio.samples, `${name}.samples`);
  throw new TypeError(`Cannot use ${kindOf(value)} as "${name}": an Audio is wanted, such as new Audio(samples, 24000)`);
}

/**
 * Refuses what is no `Codes`.
 * @throws TypeError
 */
export function assertCodes(value: unknown, name: string): void {
  const codes = value as { data?: unknown; frames?: unknown } | null | undefined;
  if (typeof codes === "object" && codes !== null && codes.data instanceof Int16Array && typeof codes.frames === "number") return;
  throw new TypeError(`Cannot use ${kindOf(value)} as "${name}": Codes are wanted, such as new Codes(data, 16)`);
}

/**
 * Refuses a choice that does not exist; undefined is the default.
 * @throws RangeError
 */
export function assertOneOf(value: unknown, choices: readonly string[], name: string): void {
  if (value === undefined || choices.includes(value as string)) return;
  throw new RangeError(`Cannot use ${kindOf(value)} as "${name}": choose ${choices.map((choice) => `"${choice}"`).join(" or ")}`);
}
