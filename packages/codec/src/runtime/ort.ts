/**
 * The only file that knows ONNX Runtime. The module itself (onnxruntime-node or onnxruntime-web)
 * comes in as an argument.
 */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { CodecError, messageOf } from "../errors.ts";
import type { Graph } from "../graph/builder.ts";
import type { KeptGraphs } from "./kept-graphs.ts";
import type { Backend, LoadOptions, Session, Tensor, TensorMap } from "./session.ts";

/** What is used of the module `onnxruntime-node` or `onnxruntime-web`. */
export interface OrtModule {
  readonly InferenceSession: { create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
  readonly Tensor: { new (type: Tensor["type"], data: Tensor["data"], dims: readonly number[]): OrtTensor };
}

/** Settings of an {@link ortBackend}. */
export interface OrtOptions {
  /** Name of the module, for reports, such as `onnxruntime-node`. */
  readonly name: string;
  /**
   * Threads inside one operation, at least 1. Default: `processors` for graphs that gain by it,
   * else 1.
   */
  readonly threads?: number | undefined;
  /** Processors of the machine. Default 1. */
  readonly processors?: number;
  /** Where networks are kept as the runtime has left them, for graphs with a folder of weights. */
  readonly kept?: KeptGraphs;
}

/** A backend that runs graphs on ONNX Runtime's CPU or WebAssembly provider. */
export function ortBackend(ort: OrtModule, { name, threads, processors = 1, kept }: OrtOptions): Backend {
  return {
    name,
    async load(graph: Graph, { parallel = false }: LoadOptions = {}): Promise<Session> {
      const options: InferenceSession.SessionOptions = {
        intraOpNumThreads: threads ?? (parallel ? processors : 1),
        interOpNumThreads: 1,
        logSeverityLevel: 3,
        extra: {
          session: {
            use_device_allocator_for_initializers: "1", // weights that are repacked go back to the system, not into an arena
            ...(graph.weightFolder && { model_external_initializers_file_folder_path: graph.weightFolder }),
          },
        },
      };
      const session = graph.weightFolder && kept ? await openKept(ort, kept, graph, options) : undefined;
      return new OrtSession(ort, session ?? (await guarded("load a network", () => ort.InferenceSession.create(graph.bytes, options))));
    },
  };
}

/** As the runtime has left it the last time, or leaving it for the next; undefined where neither works. */
async function openKept(
  { InferenceSession: sessions }: OrtModule,
  kept: KeptGraphs,
  graph: Graph,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession | undefined> {
  const { session: settings } = options.extra as { readonly session: Readonly<Record<string, string>> };
  const found = await kept.find(graph);
  if (found) {
    const session = { ...settings, model_external_initializers_file_folder_path: found.folder };
    try {
      return await sessions.create(found.bytes, { ...options, graphOptimizationLevel: "disabled", extra: { session } });
    } catch {
      await found.discard();
    }
  }
  const place = await kept.place(graph);
  if (!place) return undefined;
  const session = { ...settings, optimized_model_external_initializers_file_name: place.weights };
  try {
    const opened = await sessions.create(graph.bytes, { ...options, optimizedModelFilePath: place.path, extra: { session } });
    await place.keep().catch(() => place.discard());
    return opened;
  } catch {
    await place.discard();
    return undefined;
  }
}

class OrtSession implements Session {
  readonly #ort: OrtModule;
  readonly #session: InferenceSession;

  constructor(ort: OrtModule, session: InferenceSession) {
    this.#ort = ort;
    this.#session = session;
  }

  async run(inputs: TensorMap): Promise<TensorMap> {
    const feeds: Record<string, OrtTensor> = {};
    for (const [name, { type, data, dims }] of Object.entries(inputs)) feeds[name] = new this.#ort.Tensor(type, data, dims);
    const results = await guarded("run a network", () => this.#session.run(feeds));
    return results as unknown as TensorMap;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

async function guarded<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CodecError("runtime", `Cannot ${action}: ONNX Runtime says "${messageOf(error)}"; check free memory, or open another model`, {
      cause: error,
    });
  }
}
