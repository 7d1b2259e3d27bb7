const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether the brackets of JSON text are nested deeper than a limit. To be asked before
 * `JSON.parse`, which takes seconds and gigabytes for some MB of opening brackets, and gives values
 * that `JSON.stringify` cannot walk through.
 * @param json bytes of UTF-8, valid JSON or not
 */
export function isNestedDeeper(json: Uint8Array, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfString(json, at);
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > limit) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

/** Where the string ends that begins at `start`: its closing quote, or the end of the text. */
export function endOfString(json: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at;
}
