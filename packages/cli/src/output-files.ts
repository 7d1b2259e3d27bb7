import { stat } from "node:fs/promises";
import { CodecError, OutputFile } from "@twelvehz/codec/node";

/**
 * Opens files before the work, so that what cannot be written is said at once; none is left when
 * one fails.
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

/**
 * Refuses names of files that say another format than the one that is written; devices and pipes
 * may have any name.
 * @throws CodecError `usage`
 */
export async function assertWavName(path: string): Promise<void> {
  if (path === "-" || /\.wave?$/i.test(path)) return;
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile()) return;
  const remedy = 'choose a name that ends in .wav; other formats are made of it, for example with "ffmpeg -i out.wav out.mp3"';
  throw new CodecError("usage", `Cannot write WAV as "${path}": ${remedy}`);
}
