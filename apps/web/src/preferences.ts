/**
 * What the page remembers of its user. Where storage is forbidden or full, nothing is remembered
 * and nothing fails.
 */

const PREFIX = "twelvehz.";

/** What was remembered under a name, if it is one of the values that are possible today. */
export function recall<Value extends string>(name: string, possible: readonly Value[]): Value | undefined {
  const found = recallText(name);
  return possible.find((value) => value === found);
}

/** Whatever was remembered under a name. */
export function recallText(name: string): string | undefined {
  try {
    return globalThis.localStorage?.getItem(PREFIX + name) ?? undefined;
  } catch {
    return undefined; // storage is forbidden
  }
}

/** Remembers a value under a name. */
export function remember(name: string, value: string): void {
  try {
    globalThis.localStorage?.setItem(PREFIX + name, value);
  } catch {
    // storage is forbidden or full: the choice holds until the page is left
  }
}
