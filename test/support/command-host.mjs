/**
 * Runs command lines one after the other in one process, which is started with an IPC channel: for
 * tests of what the command says and writes, where starting Node and loading the command would take
 * most of the time. Each has arguments, folder, environment and standard streams of its own, and
 * leaves no unfinished output, as a process that ends.
 */
import { Readable, Writable } from "node:stream";
import { discardOpenOutputs } from "@twelvehz/codec/node";
import { runCommand } from "../../packages/cli/dist/run-command.js";
import { Signals } from "../../packages/cli/dist/signals.js";

const signals = new Signals();

/** A standard stream that keeps what is written to it. */
function collecting() {
  const parts = [];
  const stream = new Writable({
    write(bytes, _, done) {
      parts.push(bytes);
      done();
    },
  });
  return { stream, parts };
}

function setStream(name, value) {
  Object.defineProperty(process, name, { value, configurable: true });
}

async function runOne({ args, cwd, env, input }) {
  const [out, err] = [collecting(), collecting()];
  setStream("stdin", Readable.from(input.length === 0 ? [] : [Buffer.from(input)], { objectMode: false }));
  setStream("stdout", out.stream);
  setStream("stderr", err.stream);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv.splice(2, Infinity, ...args);
  process.chdir(cwd);
  process.exitCode = undefined;
  const failed = await runCommand(args, signals);
  const status = failed || process.exitCode || 0;
  process.exitCode = undefined;
  discardOpenOutputs();
  return { status, stdout: Buffer.concat(out.parts), stderr: Buffer.concat(err.parts).toString() };
}

process.on("message", async (request) => process.send(await runOne(request)));
process.on("disconnect", () => process.exit());
