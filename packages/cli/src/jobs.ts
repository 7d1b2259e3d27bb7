/** Several inputs through several codecs at once, each with a worker of its own. */
import { availableParallelism } from "node:os";
import { basename, extname, join, resolve } from "node:path";
import { mkdir, stat } from "node:fs/promises";
import { type BackendName, type Codec, CodecError, messageOf, openCodec } from "@twelvehz/codec/node";

/** One input and where its output goes. */
export interface Job {
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
  /** The same for an output beside its input, where it must not meet the original. Default: `extension`. */
  readonly besideExtension?: string;
  /** A second output, which one input alone may have. */
  readonly side?: string | undefined;
}

/**
 * Pairs inputs with outputs.
 * @throws CodecError `usage` when several outputs would go to one file, or an output is one of the inputs
 */
export async function planJobs({ inputs, output, extension, besideExtension = extension, side }: OutputNaming): Promise<Job[]> {
  const folder = output !== undefined && output !== "-" && (output.endsWith("/") || (await isFolder(output)));
  if (inputs.length > 1 && output !== undefined && !folder) {
    throw new CodecError("usage", `Cannot write ${inputs.length} outputs to "${output}": give a folder, such as -o "${output}/"`);
  }
  if (inputs.length > 1 && side !== undefined)
    throw new CodecError("usage", `Cannot write the codes of ${inputs.length} inputs to "${side}": convert them one by one`);
  if (folder) await makeFolder(output);
  const jobs = inputs.map((input) => ({
    input,
    output: outputOf(input, folder, output, output === undefined ? besideExtension : extension),
  }));
  await assertDistinct(inputs, [...jobs.map((job) => job.output), ...(side === undefined ? [] : [side])]);
  return jobs;
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

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new CodecError("io", `Cannot make the folder "${path}": ${messageOf(error)}; choose another with -o`, { cause: error });
  }
}

function outputOf(input: string, folder: boolean, output: string | undefined, extension: string): string {
  if (output !== undefined && !folder) return output;
  if (input === "-") return output === undefined ? "-" : join(output, `stdin${extension}`);
  const name = basename(input, extname(input)) + extension;
  return output === undefined ? join(input, "..", name) : join(output, name);
}

/** Which model the jobs use, and how many run at once. */
export interface JobOptions {
  readonly model?: string | undefined;
  readonly backend?: BackendName | undefined;
  /** Codecs at once. Default: one for each processor with the compact model, one with the published model; at most one for each job. */
  readonly jobs?: number | undefined;
  /** Leave out the jobs whose output is there already. Default false. */
  readonly skipExisting?: boolean | undefined;
}

/** Some of several inputs failed; each has been told about on the standard error. */
export class SomeFailedError extends Error {
  /** Exit status of the command, which no single failure has. */
  static readonly exitStatus = 3;
  override readonly name = "SomeFailedError";
}

/** Which halves of the codec the jobs need. */
export interface Halves {
  readonly encoder?: boolean;
  readonly decoder?: boolean;
}

/**
 * Runs the jobs, several at once where there are several. One that fails is told about on the standard error, and the others are done;
 * cancelling stops all.
 * @param halves what is loaded before the first job
 * @param work one job with a codec that it has for itself
 * @throws the error of the job, where there is only one; of cancelling; of opening the model; else {@link SomeFailedError}
 */
export async function runJobs(
  jobs: readonly Job[],
  options: JobOptions,
  halves: Halves,
  work: (job: Job, codec: Codec) => Promise<void>,
): Promise<void> {
  const waiting = options.skipExisting ? await missingOutputs(jobs) : [...jobs];
  if (waiting.length === 0) return;
  const total = waiting.length;
  let stopped = false;
  let failures = 0;
  const attempt = async (job: Job, codec: Codec): Promise<void> => {
    try {
      await work(job, codec);
    } catch (error) {
      if (total === 1 || !(error instanceof CodecError) || error.code === "aborted") throw error;
      failures++;
      process.stderr.write(`twelvehz: ${job.input}: ${messageOf(error)}\n`);
    }
  };
  const lane = async (codec: Codec): Promise<void> => {
    try {
      await codec.prepare(halves);
      for (let job = waiting.shift(); job && !stopped; job = waiting.shift()) await attempt(job, codec);
    } catch (error) {
      stopped = true;
      throw error;
    } finally {
      await codec.close();
    }
  };
  const first = await openCodec(options.model, { backend: options.backend });
  const count = Math.min(total, options.jobs ?? lanesFor(first));
  const others = Array.from({ length: count - 1 }, async () => lane(await openCodec(options.model, { backend: options.backend })));
  const results = await Promise.allSettled([lane(first), ...others]);
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
  if (failures > 0) throw new SomeFailedError(`${failures} of ${total} inputs failed; the others are done`);
}

async function missingOutputs(jobs: readonly Job[]): Promise<Job[]> {
  const there = await Promise.all(
    jobs.map(
      ({ output }) =>
        output !== "-" &&
        stat(output).then(
          () => true,
          () => false,
        ),
    ),
  );
  return jobs.filter((_, i) => !there[i]);
}

/** One where a codec uses all processors. */
function lanesFor({ info }: Codec): number {
  return info.traits.parallelCodecs ? availableParallelism() : 1;
}
