import { Codes, type CodesOptions } from "../codes/codes.ts";
import { DEFAULT_SPEC } from "../codes/codes-spec.ts";
import { CodecError } from "../errors.ts";

/** What the formats that only hold integers do not say. */
export interface ReadCodesOptions {
  /** V, entries per codebook, 2 to 32768. Default: what the file says, else 2048. */
  readonly codebookSize?: number;
  /** K that is wanted; codes of another number of layers are refused. Default: any. */
  readonly layers?: number;
  /**
   * Order of the axes where a file does not say it: `TK` frames first, `KT` layers first. Default
   * `TK`, with a note where the shape may be either.
   */
  readonly axes?: "TK" | "KT" | undefined;
}

/** How a reader of one format is called. */
export interface GridReading extends ReadCodesOptions {
  /** Takes what a reader has gone over or taken for granted, for people. */
  readonly note?: ((reason: string) => void) | undefined;
}

/** A table of numbers from a file. */
export interface CodeGrid extends Pick<CodesOptions, "model" | "sampleCount" | "frameRate" | "sampleRate"> {
  /** For error messages, such as `the .npy file`. */
  readonly where: string;
  /** Rows and columns; the caller has checked that the file holds that many values. */
  readonly shape: readonly number[];
  /** The value of a row and column, whatever number it is. */
  readonly valueAt: (row: number, column: number) => number;
}

/**
 * Codes of a table of numbers, every one of them checked.
 * @throws CodecError `bad-codes` when the shape is not `[T, K]`, K is not the wanted one or a value
 * is no code
 */
export function codesOfGrid(grid: CodeGrid, options: GridReading): Codes {
  const { axes = "TK", codebookSize = DEFAULT_SPEC.codebookSize } = options;
  if (grid.shape.length !== 2) throw notTwoAxes(grid);
  if (!(codebookSize >= 2 && codebookSize <= 32768)) {
    throw new CodecError(
      "bad-codes",
      `Cannot use ${grid.where} as codes: a codebook of ${codebookSize} entries was named, 2 to 32768 are wanted; correct it`,
    );
  }
  const [frames, layers] = axes === "TK" ? grid.shape : [grid.shape[1], grid.shape[0]];
  checkLayers(grid, frames, layers, options);
  noteAmbiguity(frames, layers, options);
  const data = new Int16Array(frames * layers);
  for (let t = 0; t < frames; t++) {
    for (let k = 0; k < layers; k++) {
      const value = axes === "TK" ? grid.valueAt(t, k) : grid.valueAt(k, t);
      if (!(value >= 0 && value < codebookSize && Number.isInteger(value))) throw notACode(grid, value, t, k, codebookSize);
      data[t * layers + k] = value;
    }
  }
  const { model, sampleCount, frameRate, sampleRate } = grid;
  return new Codes(data, layers, {
    codebookSize,
    model,
    sampleCount,
    ...(frameRate && { frameRate }),
    ...(sampleRate && { sampleRate }),
  });
}

function checkLayers(grid: CodeGrid, frames: number, layers: number, { axes = "TK", layers: wanted }: ReadCodesOptions): void {
  if (layers >= 1 && layers <= 64 && (wanted === undefined || layers === wanted)) return;
  const other = axes === "TK" ? "KT" : "TK";
  const turned = wanted === undefined ? frames >= 1 && frames <= 64 : frames === wanted;
  const remedy = turned
    ? `if its axes are the other way round, read it with axes "${other}" (--axes ${other})`
    : "give codes as frames of layers, [T, K]";
  throw new CodecError(
    "bad-codes",
    `Cannot use ${grid.where} of shape [${grid.shape}] as codes: ${layers} layers were found, ${wanted ?? "1 to 64"} are wanted; ${remedy}`,
  );
}

/** As many rows as codes usually have layers may be those layers. */
function noteAmbiguity(frames: number, layers: number, { axes, layers: wanted, note }: GridReading): void {
  if (axes !== undefined || wanted !== undefined || frames !== DEFAULT_SPEC.layers) return;
  note?.(`read as ${frames} frames of ${layers} layers; if it is ${frames} layers of ${layers} frames, say so with axes "KT" (--axes KT)`);
}

function notTwoAxes(grid: CodeGrid): CodecError {
  const remedy =
    grid.shape.length === 1 ? "save it as codes.reshape(-1, 16) or with its own number of layers" : "save one clip without a batch axis";
  return new CodecError(
    "bad-codes",
    `Cannot use ${grid.where} of shape [${grid.shape}] as codes: two axes, frames and layers, are wanted; ${remedy}`,
  );
}

function notACode(grid: CodeGrid, value: number, t: number, k: number, codebookSize: number): CodecError {
  const remedy = value === -1 ? "; -1 is the padding of batches, cut the clip before it" : "";
  return new CodecError(
    "bad-codes",
    `Cannot use ${value} at frame ${t}, layer ${k} of ${grid.where} as a code: integers of 0 to ${codebookSize - 1} are wanted${remedy}`,
  );
}
