#!/usr/bin/env node
/** Entry of the command. */
import { CodecError, messageOf } from "@twelvehz/codec/node";
import { runCommand, tellFailure } from "./run-command.ts";
import { Signals } from "./signals.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0); // who reads has seen enough: nothing more is worked out for nobody
  const what = error.code === "ENOSPC" ? "the disk is full" : messageOf(error);
  process.exit(tellFailure(new CodecError("io", `Cannot write the standard output: ${what}`)));
});
const status = await runCommand(process.argv.slice(2), new Signals());
if (status !== 0) process.exitCode = status;
