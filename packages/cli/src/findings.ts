/** What a command says of files that are not as they should be and were read nevertheless. */
import type { SoundFinding } from "@twelvehz/codec/node";

/**
 * Exit status of a command that has done its work, but on a file of which something was missing or
 * damaged.
 */
const INCOMPLETE_STATUS = 3;

/**
 * Tells findings on the standard error, a line for each; after damage the command will end with
 * {@link INCOMPLETE_STATUS}.
 */
export function tellFindings(input: string, findings: readonly SoundFinding[]): void {
  for (const { kind, reason } of findings) process.stderr.write(`twelvehz: ${kind} in ${JSON.stringify(input)}: ${reason}\n`);
  if (findings.some(({ kind }) => kind === "damage")) process.exitCode = INCOMPLETE_STATUS;
}

/** Tells what belongs to no file on the standard error. */
export function tellNote(reason: string): void {
  process.stderr.write(`twelvehz: note: ${reason}\n`);
}
