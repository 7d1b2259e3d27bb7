/**
 * One command line, from its arguments to its exit status: every failure becomes one line on the
 * standard error and a status from the table of errors.
 */
import { readFileSync } from "node:fs";
import { CommanderError } from "@commander-js/extra-typings";
import { CodecError, ERROR_TABLE, messageOf } from "@twelvehz/codec/node";
import { SomeFailedError } from "./convert-all.ts";
import { createProgram, withSubcommands } from "./program.ts";
import type { Signals } from "./signals.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

/**
 * Runs a command with the streams, the folder and the environment of this process, which goes on
 * afterwards.
 * @param args without the names of Node and of the program
 * @param signals cancel the work
 * @returns the exit status; 0 also where `process.exitCode` was set to that of a damaged input
 */
export async function runCommand(args: readonly string[], signals: Signals): Promise<number> {
  const program = await createProgram(version, signals, args[0]);
  for (const command of withSubcommands(program)) command.exitOverride();
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return tellFailure(error);
  }
}

/** Exit status for an error, after telling about it. */
export function tellFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ERROR_TABLE.usage.exitStatus; // commander has printed it
  process.stderr.write(`twelvehz: ${messageOf(error).replaceAll(/\s*\n\s*/g, " ")}\n`);
  if (error instanceof SomeFailedError) return SomeFailedError.exitStatus;
  return error instanceof CodecError ? ERROR_TABLE[error.code].exitStatus : 1;
}
