/** Several inputs through several codecs at once, each with a worker of its own. */
import { availableParallelism } from "node:os";
import { basename, extname, join } from "node:path";
import { stat } from "node:fs/promises";
import { type Codec, CodecError, openCodec } from "@twelvehz/codec/node";

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
}

/**
 * Pairs inputs with outputs.
 * @throws CodecError `usage` when several inputs would go to one file, or an output is its own input
 */
export async function planJobs({ inputs, output, extension }: OutputNaming): Promise<Job[]> {
  const folder = output !== undefined && output !== "-" && (output.endsWith("/") || (await isFolder(output)));
  if (inputs.length > 1 && output !== undefined && !folder) {
    throw new CodecError("usage", `Cannot write ${inputs.length} outputs to "${output}": give a folder, such as -o "${output}/"`);
  }
  const jobs = inputs.map((input) => ({ input, output: outputOf(input, folder, output, extension) }));
  const twice = jobs.find((job, i) => job.output !== "-" && jobs.findIndex((other) => other.output === job.output) !== i);
  if (twice)
    throw new CodecError("usage", `Cannot write two outputs to "${twice.output}": rename one of the inputs, or convert them one by one`);
  const same = jobs.find((job) => job.input === job.output && job.input !== "-");
  if (same) throw new CodecError("usage", `Cannot write "${same.output}" over its own input: choose another name with -o`);
  return jobs;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
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
  /** Codecs at once. Default: one for each processor, at most one for each job. */
  readonly jobs?: number | undefined;
}

/** Which halves of the codec the jobs need. */
export interface Halves {
  readonly encoder?: boolean;
  readonly decoder?: boolean;
}

/**
 * Runs the jobs, several at once where there are several. A failed job stops the rest.
 * @param halves what is loaded before the first job
 * @param work one job with a codec that it has for itself
 */
export async function runJobs(
  jobs: readonly Job[],
  options: JobOptions,
  halves: Halves,
  work: (job: Job, codec: Codec) => Promise<void>,
): Promise<void> {
  const waiting = [...jobs];
  let failed = false;
  const lane = async (): Promise<void> => {
    const codec = await openCodec(options.model);
    try {
      await codec.prepare(halves);
      for (let job = waiting.shift(); job && !failed; job = waiting.shift()) await work(job, codec);
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      await codec.close();
    }
  };
  const count = Math.min(jobs.length, options.jobs ?? availableParallelism());
  const results = await Promise.allSettled(Array.from({ length: count }, lane));
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
}
