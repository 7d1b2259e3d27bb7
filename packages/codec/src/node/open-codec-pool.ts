import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Codec } from "../codec.ts";
import { throwIfAborted } from "../errors.ts";
import { hasKernels, traitsOf } from "../model/open-engine.ts";
import { deviceChoice, type DeviceName, type DeviceOptions } from "../runtime/device-name.ts";
import type { Engine } from "../runtime/engine.ts";
import { EnginePool, type PoolOptions, type StartedEngine } from "../runtime/engine-pool.ts";
import { withoutNotes } from "../runtime/notes.ts";
import { RemoteEngine } from "../runtime/remote-engine.ts";
import { folderFiles } from "./model-files.ts";
import { modelFolder } from "./model-folder.ts";
import { processPort } from "./process-port.ts";
import type { ServedModel } from "./serve-model.ts";
import { assertNumber, assertOptions } from "../misuse.ts";

/**
 * Options of {@link openCodecPool}. Streams share runs on a card within a process: with a device other
 * than `cpu`, a model that has kernels for one is opened in one process by default. A process that is
 * started anew takes the processor where there is no card any more.
 */
export interface CodecPoolOptions
  extends DeviceOptions,
    Partial<Pick<PoolOptions, "clock" | "hangMs" | "onReady" | "onLost" | "onRestored">> {
  /**
   * Processes, 1 to 64. Default: as many as there are processors, fewer where a stream wants several
   * of them.
   */
  readonly engines?: number | undefined;
  /**
   * Threads inside one operation of the networks, in each process. Default: the processors, shared
   * out.
   */
  readonly threads?: number | undefined;
  /** Is told what a user should know, a part of a sentence: when a graphics card is not used, or lost. */
  readonly onNote?: ((reason: string) => void) | undefined;
  /** Cancels the opening: it fails with CodecError `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Is told the id of every process that is started. */
  readonly onStarted?: ((pid: number) => void) | undefined;
}

const PROCESS = fileURLToPath(new URL("./engine-process.js", import.meta.url));
/**
 * How long an engine with a graphics card may be without an answer: when the card is lost, each of
 * its streams decodes up to 46 s of sound again, on the processor.
 */
const REPLAY_MS = 300_000;
/** An idle pool does not keep a process alive. */
const IDLE_TIMERS: PoolOptions["clock"] = {
  after(ms, action) {
    const timer = setTimeout(action, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/**
 * Opens a model in several processes. A stream is computed in the process that has the fewest. When
 * a process crashes or hangs, its streams go on in another one, to the same bits with the compact
 * model, and it is started anew.
 * @param model as for `openCodec`
 * @throws CodecError as `openCodec`; RangeError for a bad option
 */
export async function openCodecPool(model?: string, options: CodecPoolOptions = {}): Promise<Codec> {
  assertOptions(options, {
    signal: "signal",
    onNote: "function",
    onStarted: "function",
    onReady: "function",
    onLost: "function",
    onRestored: "function",
  });
  const folder = modelFolder(model);
  const choice = deviceChoice(options);
  const { device } = choice;
  const hangMs = device === "cpu" ? undefined : REPLAY_MS;
  const {
    engines = await enginesFor(folder, device),
    threads = Math.max(1, Math.floor(availableParallelism() / engines)),
    signal,
  } = options;
  assertNumber(engines, "engines", 1, 64);
  assertNumber(threads, "threads", 1, 64);
  throwIfAborted(signal);
  const opening = new Set<() => void>();
  const stop = (): void => opening.forEach((kill) => kill());
  signal?.addEventListener("abort", stop, { once: true });
  let now: DeviceName = device;
  const start = (): Promise<StartedEngine> =>
    startEngine({ folder, threads, backend: undefined, ...choice, device: now }, options, opening);
  try {
    const pool = await EnginePool.open({ clock: IDLE_TIMERS, hangMs, ...options, engines, start });
    if (device === "webgpu") now = "auto";
    return new Codec(pool);
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function enginesFor(folder: string, device: DeviceName): Promise<number> {
  const files = folderFiles(folder);
  if (device !== "cpu" && (await hasKernels(files))) return 1;
  const { streamsPerProcessor } = await traitsOf(files);
  return Math.max(1, Math.floor(availableParallelism() * Math.min(1, streamsPerProcessor)));
}

/** @param opening what ends an engine, while it is being opened */
async function startEngine(model: ServedModel, { onStarted, onNote }: CodecPoolOptions, opening: Set<() => void>): Promise<StartedEngine> {
  const child = fork(PROCESS, [JSON.stringify(model)], {
    serialization: "advanced",
    execArgv: [],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const lost = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (status, signal) => resolve(signal ?? `exit status ${status}`));
  });
  if (child.pid !== undefined) onStarted?.(child.pid);
  const kill = (): void => void child.kill("SIGKILL");
  const terminate = async (): Promise<void> => {
    child.ref(); // its end is waited for
    kill();
    await lost;
  };
  opening.add(kill);
  try {
    const engine = await RemoteEngine.connect(withoutNotes(processPort(child), onNote), terminate, lost);
    await warm(engine);
    return { engine, lost, kill };
  } finally {
    opening.delete(kill);
  }
}

/** The first frame of a stream must be as fast as the others. */
async function warm(engine: Engine): Promise<void> {
  const { samplesPerFrame, layers } = engine.info;
  const encoder = await engine.openEncoder();
  await encoder.push(new Float32Array(samplesPerFrame));
  await encoder.close();
  const decoder = await engine.openDecoder();
  await decoder.push(new Int16Array(layers));
  await decoder.close();
}
