/** The command: as a process of its own, as its users run it, or many in one process. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, fork, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const MAIN = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));
const HOST = fileURLToPath(new URL("command-host.mjs", import.meta.url));

/** The settings of whoever runs the tests are not theirs. */
const NO_SETTINGS = join(tmpdir(), "twelvehz-test-no-settings.json");

/** How a run of the command ended. */
export interface Finished {
  /** Exit status, or null where a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** How the command is run. */
export interface RunOptions {
  /** Bytes for the standard input, which is closed after them. */
  readonly input?: Uint8Array | undefined;
  /** Working folder. */
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

function environment({ env = {} }: RunOptions): NodeJS.ProcessEnv {
  return { ...process.env, TWELVEHZ_MODEL: "", TWELVEHZ_CONFIG: NO_SETTINGS, ...env };
}

/** Starts the command in a process of its own; its standard input stays open. */
export function start(args: readonly string[], options: RunOptions = {}): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: options.cwd, env: environment(options) });
  child.stdin.on("error", () => undefined); // a command may end before it has read everything
  return child;
}

/** Waits for the end of a command. */
export function finished(child: ChildProcessWithoutNullStreams): Promise<Finished> {
  const out: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (bytes: Buffer) => out.push(bytes));
  child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
  return new Promise((resolve) => child.on("close", (status, signal) => resolve({ status, signal, stdout: Buffer.concat(out), stderr })));
}

/** Runs the command to its end in a process of its own. */
export async function inProcess(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = start(args, options);
  const end = finished(child);
  child.stdin.end(options.input);
  return end;
}

/** Characters of what the shared process says last, to be told when it ends on its own. */
const KEPT_SAYING = 16_000;

/** The shared process, and the end of the last command in it. */
interface Sharing {
  host: { readonly child: ChildProcess; readonly saying: () => string } | undefined;
  last: Promise<unknown>;
}

/** One for all test files that a process runs, each of which loads this module anew. */
const sharing = ((globalThis as unknown as Record<symbol, Sharing>)[Symbol.for("twelvehz.command-host")] ??= {
  host: undefined,
  last: Promise.resolve(),
});

/**
 * Runs the command to its end, in a process that tests share: one command at a time. Where processes
 * are what is tested, {@link inProcess} and {@link start} are for.
 */
export function twelvehz(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const run = sharing.last.then(() => inHost(args, options));
  sharing.last = run.catch(() => undefined);
  return run;
}

function inHost(args: readonly string[], options: RunOptions): Promise<Finished> {
  const { child, saying } = (sharing.host ??= startHost());
  return new Promise((resolve, reject) => {
    const gone = (status: number | null, signal: NodeJS.Signals | null): void => {
      reject(new Error(`twelvehz ${args.join(" ")} ended the process that it shares with others: ${status ?? signal}\n${saying()}`));
    };
    child.once("close", gone);
    child.once("message", (end: Omit<Finished, "signal">) => {
      child.off("close", gone);
      resolve({ ...end, stdout: Buffer.from(end.stdout), signal: null });
    });
    child.send({ args, cwd: options.cwd ?? process.cwd(), env: environment(options), input: options.input ?? new Uint8Array(0) });
  });
}

/** It ends when this process does. */
function startHost(): NonNullable<Sharing["host"]> {
  const child = fork(HOST, { serialization: "advanced", stdio: ["pipe", "inherit", "pipe", "ipc"], execArgv: [] });
  child.setMaxListeners(0);
  child.unref();
  child.channel?.unref();
  child.once("exit", () => (sharing.host = undefined));
  let text = "";
  (child.stderr as Socket).unref().on("data", (bytes: Buffer) => {
    text = (text + bytes.toString()).slice(-KEPT_SAYING);
    process.stderr.write(bytes);
  });
  return { child, saying: () => text };
}

/**
 * Runs the command as {@link twelvehz} does; it must succeed, and what it says on the standard error
 * is part of the failure otherwise.
 */
export async function succeed(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const run = await twelvehz(args, options);
  if (run.status !== 0) throw new Error(`twelvehz ${args.join(" ")} ended with ${run.status ?? run.signal}: ${run.stderr}`);
  return run;
}

/** A folder of its own, which is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Names of everything in a folder and below, also what is hidden. */
export function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort();
}

/** Path of a bundled clip. */
export function clipPath(name: string): string {
  return fileURLToPath(new URL(`../../examples/clips/${name}`, import.meta.url));
}

/** Path of a sound fixture. */
export function soundPath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/audio/${name}`, import.meta.url));
}
