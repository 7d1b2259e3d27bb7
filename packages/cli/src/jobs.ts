/** Several inputs through several codecs at once, each with a worker of its own. */
import { availableParallelism } from "node:os";
import { basename, extname, join, resolve } from "node:path";
import { mkdir, stat } from "node:fs/promises";
import { type Codec, CodecError, type CodecErrorCode, messageOf, openCodec } from "@twelvehz/codec/node";

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
  /** Codecs at once. Default: one for each processor with the compact model, one with the published model; at most one for each job. */
  readonly jobs?: number | undefined;
  /** Leave out inputs whose output is there. Default false. */
  readonly skipExisting?: boolean | undefined;
  /** Tell of failed inputs on the standard output too. Default false. */
  readonly json?: boolean | undefined;
}

/** Which halves of the codec the jobs need. */
export interface Halves {
  readonly encoder?: boolean;
  readonly decoder?: boolean;
}

/** What is wrong with one input alone, so that the others can be done. */
const OF_ONE_INPUT: ReadonlySet<string> = new Set<CodecErrorCode>([
  "bad-format",
  "bad-audio",
  "bad-codes",
  "unsupported",
  "too-large",
  "not-found",
  "no-permission",
  "model-mismatch",
]);

/** An input that could not be done. */
interface FailedJob {
  readonly job: Job;
  readonly error: CodecError;
}

/**
 * Runs the jobs, several at once where there are several. An input that cannot be used is told of and the others are done; what would hit all of them, such as a full
 * disk, stops the rest.
 * @param halves what is loaded before the first job
 * @param work one job with a codec that it has for itself
 * @throws CodecError of the first input that failed; where there are several inputs, after the others are done, with how many failed
 */
export async function runJobs(
  jobs: readonly Job[],
  options: JobOptions,
  halves: Halves,
  work: (job: Job, codec: Codec) => Promise<void>,
): Promise<void> {
  const waiting = options.skipExisting ? await missing(jobs) : [...jobs];
  if (waiting.length === 0) return;
  const failed: FailedJob[] = [];
  let stopped = false;
  const lane = async (codec: Codec): Promise<void> => {
    try {
      await codec.prepare(halves);
      for (let job = waiting.shift(); job && !stopped; job = waiting.shift()) {
        const failure = await attempt(job, () => work(job, codec));
        if (failure && jobs.length > 1) failureReport(failure, options);
        if (failure) failed.push(failure);
      }
    } catch (error) {
      stopped = true;
      throw error;
    } finally {
      await codec.close();
    }
  };
  const first = await openCodec(options.model);
  const count = Math.min(waiting.length, options.jobs ?? lanesFor(first));
  const others = Array.from({ length: count - 1 }, async () => lane(await openCodec(options.model)));
  const results = await Promise.allSettled([lane(first), ...others]);
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
  if (failed.length > 0) throw summaryOf(failed, jobs.length);
}

async function attempt(job: Job, work: () => Promise<void>): Promise<FailedJob | undefined> {
  try {
    return void (await work());
  } catch (error) {
    if (error instanceof CodecError && OF_ONE_INPUT.has(error.code)) return { job, error };
    throw error;
  }
}

function failureReport({ job, error }: FailedJob, { json }: JobOptions): void {
  process.stderr.write(`twelvehz: ${error.message.replaceAll(/\s*\n\s*/g, " ")}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ input: job.input, error: { code: error.code, message: error.message } })}\n`);
}

function summaryOf(failed: readonly FailedJob[], total: number): CodecError {
  const [{ error }] = failed;
  if (total === 1) return error;
  const inputs = failed.map(({ job }) => `"${job.input}"`).join(", ");
  return new CodecError(error.code, `${failed.length} of ${total} inputs failed, the others are done: ${inputs}`, { cause: error });
}

/** The jobs whose output is not there yet; how many are left out is told. */
async function missing(jobs: readonly Job[]): Promise<Job[]> {
  const there = await Promise.all(
    jobs.map(async ({ output }) => output !== "-" && (await stat(output).catch(() => undefined))?.isFile() === true),
  );
  const left = jobs.filter((_, i) => !there[i]);
  if (left.length < jobs.length)
    process.stderr.write(`twelvehz: ${jobs.length - left.length} of ${jobs.length} outputs are there and are kept\n`);
  return left;
}

/** One where a codec uses all processors. */
function lanesFor({ info }: Codec): number {
  return info.traits.parallelCodecs ? availableParallelism() : 1;
}
