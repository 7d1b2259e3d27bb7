import { CodecError } from "@twelvehz/codec";

/** A quoted part, an escaped character, a space, or anything else. */
const PIECE = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|(\s+)|([^\s'"\\]+)|(.)/gsu;

/**
 * Words of a command line, in the manner of a shell but without one: parts in single quotes stand
 * as they are, in double quotes a backslash gives the character after it, outside of quotes too.
 * Nothing else has a meaning, so neither `|` nor `$` nor `*`.
 * @returns at least one word
 * @throws CodecError `usage` for an open quote or no words
 */
export function splitCommand(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, single, double, escaped, space, plain, stray] of line.matchAll(PIECE)) {
    if (stray !== undefined) throw new CodecError("usage", `Cannot read the command ${JSON.stringify(line)}: ${stray} is not closed`);
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + (single ?? double?.replace(/\\(.)/gsu, "$1") ?? escaped ?? plain);
  }
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new CodecError("usage", "Cannot run an empty command: write a program and its arguments");
  return words;
}
