import { CodecError, OutputFile } from "@twelvehz/codec/node";

/**
 * Opens files before the work, so that what cannot be written is said at once; none is left when one fails.
 * @param paths `-` = the standard output
 * @throws CodecError `usage` for the same path twice; as `OutputFile.create`
 */
export async function openOutputFiles(paths: readonly string[]): Promise<OutputFile[]> {
  assertDifferent(paths);
  const files: OutputFile[] = [];
  try {
    for (const path of paths) files.push(await OutputFile.create(path));
  } catch (error) {
    await Promise.all(files.map((file) => file.discard()));
    throw error;
  }
  return files;
}

/** @throws CodecError `usage` */
export function assertDifferent(paths: readonly string[]): void {
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new CodecError("usage", `Cannot write two outputs to "${twice}": choose other names`);
}
