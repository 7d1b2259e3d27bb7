import type { Codes } from "../codes/codes.ts";
import { CodecError } from "../errors.ts";
import { assertPieces } from "../misuse.ts";
import { joinBytes } from "../bytes/join.ts";
import { codesOfRows, parseJson } from "./codes-json.ts";
import { tokenFileBlocks } from "./token-file.ts";

/** Longest line that is read, bytes: 64 layers need some hundred. */
const LONGEST_LINE = 4096;
const NEWLINE = 10;

/**
 * Codes while they arrive: a token file, block by block, or lines of text, each a JSON array with
 * the codes of one frame, layer 0 first.
 * @param bytes in pieces of any size, such as from a pipe
 * @returns frames as soon as they are there
 * @throws CodecError `bad-format` for other bytes, a damaged token file or a line that is no JSON,
 * `bad-codes` for a line that is no array of codes
 */
export async function* arrivingCodes(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Codes, void, undefined> {
  assertPieces(bytes, "bytes", "Uint8Array");
  const source = bytes[Symbol.asyncIterator]();
  try {
    const first = await source.next();
    if (first.done)
      throw new CodecError(
        "bad-format",
        "Cannot read the codes: there are none; give a token file, or a line such as [5,1,7] for each frame",
      );
    const all = startingWith(first.value, source);
    if (/^[\s[]/.test(String.fromCharCode(first.value[0]))) yield* codesOfLines(all);
    else for await (const event of tokenFileBlocks(all)) if (event.type === "frames") yield event.codes;
  } finally {
    await source.return?.();
  }
}

async function* startingWith(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* codesOfLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Codes, void, undefined> {
  let number = 0;
  for await (const line of lines(bytes)) {
    number++;
    const where = `line ${number}`;
    if (line.every((byte) => byte <= 32)) continue;
    yield codesOfRows([parseJson(line, where)], where, {});
  }
}

/** Lines without their ends; the last may have none. */
async function* lines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of bytes) {
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      yield joinLine(rest, piece.subarray(from, end));
      rest = new Uint8Array(0);
      from = end + 1;
    }
    rest = joinLine(rest, piece.subarray(from));
  }
  if (rest.length > 0) yield rest;
}

function joinLine(start: Uint8Array, end: Uint8Array): Uint8Array {
  if (start.length + end.length > LONGEST_LINE)
    throw new CodecError(
      "bad-format",
      `Cannot read the codes: a line is longer than ${LONGEST_LINE} bytes; give the codes of one frame in each`,
    );
  return joinBytes([start, end]);
}
