/** Inputs with the places of their outputs. */
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { CodecError, isStandardStream, makeFolder } from "@twelvehz/codec/node";

/** One input and where its output goes. */
export interface Conversion {
  readonly input: string;
  readonly output: string;
}

/** How outputs are named. */
export interface OutputNaming {
  /** Inputs as they were given. */
  readonly inputs: readonly string[];
  /** `-o`: a file for one input, a folder for several, or undefined: beside the input. */
  readonly output: string | undefined;
  /** What replaces the extension where no file was named, such as `.t12`. */
  readonly extension: string;
  /**
   * The same for an output beside its input, where it must not meet the original. Default:
   * `extension`.
   */
  readonly besideExtension?: string;
  /** A second output, which one input alone may have. */
  readonly side?: string | undefined;
}

/**
 * Pairs inputs with outputs. Other names of the standard streams, such as `/dev/stdout`, become
 * `-`.
 * @throws CodecError `usage` when several outputs would go to one file, or an output is one of the
 * inputs
 */
export async function planConversions({ extension, besideExtension = extension, ...paths }: OutputNaming): Promise<Conversion[]> {
  const inputs = paths.inputs.map((input) => (isStandardStream(input, 0) ? "-" : input));
  const [output, side] = [paths.output, paths.side].map((path) => (path !== undefined && isStandardStream(path, 1) ? "-" : path));
  const folder = output !== undefined && output !== "-" && (output.endsWith("/") || (await isFolder(output)));
  if (inputs.length > 1 && output !== undefined && !folder) {
    throw new CodecError("usage", `Cannot write ${inputs.length} outputs to "${output}": give a folder, such as -o "${output}/"`);
  }
  if (inputs.length > 1 && side !== undefined)
    throw new CodecError("usage", `Cannot write the codes of ${inputs.length} inputs to "${side}": convert them one by one`);
  const conversions = inputs.map((input) => ({
    input,
    output: outputOf(input, folder, output, output === undefined ? besideExtension : extension),
  }));
  await assertDistinct(inputs, [...conversions.map((one) => one.output), ...(side === undefined ? [] : [side])]);
  if (folder) await makeFolder(output);
  return conversions;
}

async function assertDistinct(inputs: readonly string[], outputs: readonly string[]): Promise<void> {
  const read = new Set(await Promise.all(inputs.filter((input) => input !== "-").map(identityOf)));
  const written = new Set<string>();
  for (const output of outputs) {
    const identity = await identityOf(output);
    if (read.has(identity)) throw new CodecError("usage", `Cannot write "${output}" over an input: choose another name with -o`);
    if (written.has(identity))
      throw new CodecError("usage", `Cannot write two outputs to "${output}": choose other names, or convert the inputs one by one`);
    written.add(identity);
  }
}

/** What two names of one file have in common. */
async function identityOf(path: string): Promise<string> {
  if (path === "-") return path;
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.isFile() ? `${found.dev}:${found.ino}` : resolve(path);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function outputOf(input: string, folder: boolean, output: string | undefined, extension: string): string {
  if (output !== undefined && !folder) return output;
  if (output === undefined && isPipe(input)) return "-";
  if (input === "-") return join(output ?? "", `stdin${extension}`);
  const name = basename(input, extname(input)) + extension;
  return output === undefined ? join(input, "..", name) : join(output, name);
}

/**
 * Whether an input comes through a pipe, such as that of a process substitution: nothing can lie
 * beside it.
 */
function isPipe(input: string): boolean {
  return input === "-" || (statSync(input, { throwIfNoEntry: false })?.isFIFO() ?? false);
}

/** Those whose output is not there yet; the standard output never is. */
export async function missingOutputs(conversions: readonly Conversion[]): Promise<Conversion[]> {
  const isThere = await Promise.all(
    conversions.map(async ({ output }) => output !== "-" && (await stat(output).catch(() => undefined)) !== undefined),
  );
  return conversions.filter((_, i) => !isThere[i]);
}
