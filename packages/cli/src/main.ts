#!/usr/bin/env node
/**
 * Entry of the command: every failure becomes one line on the standard error and an exit status
 * from the table of errors.
 */
import { readFileSync } from "node:fs";
import { CommanderError } from "@commander-js/extra-typings";
import { CodecError, ERROR_TABLE, messageOf } from "@twelvehz/codec/node";
import { SomeFailedError } from "./convert-all.ts";
import { createProgram, withSubcommands } from "./program.ts";
import { Signals } from "./signals.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

/** Exit status for an error, after telling about it. */
function fail(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ERROR_TABLE.usage.exitStatus; // commander has printed it
  process.stderr.write(`twelvehz: ${messageOf(error).replaceAll(/\s*\n\s*/g, " ")}\n`);
  if (error instanceof SomeFailedError) return SomeFailedError.exitStatus;
  return error instanceof CodecError ? ERROR_TABLE[error.code].exitStatus : 1;
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0); // who reads has seen enough: nothing more is worked out for nobody
  const what = error.code === "ENOSPC" ? "the disk is full" : messageOf(error);
  process.exit(fail(new CodecError("io", `Cannot write the standard output: ${what}`)));
});
const program = await createProgram(version, new Signals(), process.argv[2]);
for (const command of withSubcommands(program)) command.exitOverride();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = fail(error);
}
