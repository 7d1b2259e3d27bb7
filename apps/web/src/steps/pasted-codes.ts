/**
 * Codes from text that was pasted: what this page copies, JSON, what Python prints of a list, an
 * array or a tensor, and plain rows of numbers.
 */
import { CodecError, Codes, type ModelIdentity, parseCodes } from "@twelvehz/codec";

/**
 * Which way the rows of pasted text go: `TK` a row is a frame, `KT` a row is a layer, `auto` as the
 * numbers of rows and columns tell.
 */
export type PastedAxes = "auto" | "TK" | "KT";

/** What the codes are for. */
export interface PasteTarget {
  /** The model that is to decode them, where it is known: codes that name another are refused. */
  readonly model?: ModelIdentity | undefined;
  /** K of the model. */
  readonly layers: number;
  /** V of the model. */
  readonly codebookSize: number;
}

/** Longest text: five minutes of codes with a few spaces between them take 0.5 MB. */
const MOST_CHARACTERS = 4_000_000;

/**
 * Codes of pasted text. One row alone is layer 0.
 * @throws CodecError `bad-codes` or `bad-format` with the row and what is wrong in it,
 * `model-mismatch`, `too-large`
 */
export function codesOfText(text: string, axes: PastedAxes, target: PasteTarget): Codes {
  if (text.length > MOST_CHARACTERS)
    throw new CodecError("too-large", `Cannot use the text as codes: it is longer than ${MOST_CHARACTERS} characters; load a file instead`);
  const trimmed = text.trim();
  if (trimmed === "") throw bad("the text is empty; paste rows of whole numbers");
  if (isJsonObject(trimmed)) return codesOfBytes(new TextEncoder().encode(trimmed), "pasted.json", target);
  const rows = rowsOf(trimmed).map((row, i) => codesOfRow(row, i, target.codebookSize));
  checkEven(rows);
  return codesOfRows(rows, axesOf(rows, axes, target.layers), target);
}

/**
 * An object says itself what its axes are and which model made it. What Python prints of a
 * dictionary is no JSON: its rows are looked for.
 */
function isJsonObject(text: string): boolean {
  if (!/^\{\s*["}]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return text.indexOf("'") < 0; // the reader says what is wrong with it
  }
}

/**
 * Codes of a file, if the model can decode them.
 * @param name of the file: its extension decides where the content does not
 * @throws CodecError as `parseCodes` does, `bad-codes` when they have more layers or larger
 * codebooks than the model
 */
export function codesOfBytes(bytes: Uint8Array, name: string, { model, layers, codebookSize }: PasteTarget): Codes {
  const { codes } = parseCodes(bytes, { name, ...(model && { expectedModel: model }) });
  if (codes.frames === 0) throw bad("there are no frames; give at least one");
  if (codes.layers > layers) throw bad(`${codes.layers} layers were found, the model has ${layers}; give at most ${layers}`);
  if (codes.codebookSize <= codebookSize) return codes;
  throw bad(
    `they are of codebooks with ${codes.codebookSize} entries, those of the model have ${codebookSize}; open the model that made them`,
  );
}

/** Innermost brackets are rows, whatever stands around them; without brackets, lines are. */
function rowsOf(text: string): string[] {
  if (countOf(text, "[") !== countOf(text, "]")) throw bad('a bracket is open; paste it whole, from the first "[" to the last "]"');
  const groups = text.match(/\[[^[\]]*\]/g);
  if (groups) return groups.map((group) => group.slice(1, -1));
  return text.split(/\r\n?|\n/).filter((line) => line.trim() !== "");
}

function countOf(text: string, sign: string): number {
  return text.split(sign).length - 1;
}

/** Numbers of a row; a label that ends in a colon may stand before them. */
function codesOfRow(row: string, number: number, codebookSize: number): number[] {
  const parts = row
    .replace(/^[^:]*:/, "")
    .split(/[\s,;|]+/)
    .filter((part) => part !== "");
  return parts.map((part, column) => codeOf(part, `row ${number + 1}, column ${column + 1}`, codebookSize));
}

function codeOf(part: string, where: string, codebookSize: number): number {
  if (/^(\.{3}|…)$/.test(part)) throw bad(`${where} is "${part}": numbers were left out when it was printed; paste all of them`);
  const value = /^\d{1,6}(\.0?)?$/.test(part) ? Number(part) : Number.NaN;
  if (value < codebookSize) return value;
  throw bad(`${where} is "${part.slice(0, 20)}"; give whole numbers of 0 to ${codebookSize - 1}`);
}

function checkEven(rows: readonly (readonly number[])[]): void {
  const odd = rows.findIndex((row) => row.length !== rows[0].length || row.length === 0);
  if (odd >= 0)
    throw bad(`row ${odd + 1} has ${rows[odd].length} numbers, row 1 has ${rows[0].length}; give every row the same number, at least one`);
}

/** Frames are rows where both ways are possible, as in the files of codes. */
function axesOf(rows: readonly (readonly number[])[], axes: PastedAxes, layers: number): "TK" | "KT" {
  if (axes !== "auto") return axes;
  const [count, width] = [rows.length, rows[0].length];
  if (width === layers) return "TK";
  if (count === layers || count === 1) return "KT";
  if (width <= layers) return "TK";
  if (count <= layers) return "KT";
  throw bad(
    `${count} rows of ${width} numbers were found; give frames as rows of at most ${layers} numbers, or layers as at most ${layers} rows`,
  );
}

function codesOfRows(rows: readonly (readonly number[])[], axes: "TK" | "KT", target: PasteTarget): Codes {
  const [frames, layers] = axes === "TK" ? [rows.length, rows[0].length] : [rows[0].length, rows.length];
  if (layers > target.layers)
    throw bad(`${layers} layers were found, the model has ${target.layers}; choose the other direction of the rows, or give fewer layers`);
  const data = Int16Array.from({ length: frames * layers }, (_, i) => {
    const [t, k] = [Math.floor(i / layers), i % layers];
    return axes === "TK" ? rows[t][k] : rows[k][t];
  });
  return new Codes(data, layers, { codebookSize: target.codebookSize });
}

function bad(found: string): CodecError {
  return new CodecError("bad-codes", `Cannot use the codes: ${found}`);
}
