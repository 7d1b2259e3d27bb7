import type { Graph, StateSpec } from "../graph/builder.ts";
import type { GraphicsRequest } from "../gpu/card.ts";
import type { CodecModule } from "./codec-module.ts";

/** A tensor on its way into or out of a session. `data` is row-major. */
export type Tensor =
  | { readonly type: "float32"; readonly dims: readonly number[]; readonly data: Float32Array }
  | { readonly type: "int32"; readonly dims: readonly number[]; readonly data: Int32Array }
  | { readonly type: "int64"; readonly dims: readonly number[]; readonly data: BigInt64Array };

/** Tensors by the names of graph inputs or outputs. */
export type TensorMap = Readonly<Record<string, Tensor>>;

/** One loaded graph. Holds no state of a stream and may serve many at once. */
export interface Session {
  /**
   * Runs the graph once.
   * @throws CodecError `runtime` when the backend fails
   */
  run(inputs: TensorMap): Promise<TensorMap>;
  /** Frees the memory of the graph. */
  close(): Promise<void>;
}

/** How a graph is loaded. */
export interface LoadOptions {
  /** Whether the graph's operations are large enough for several threads. Default false. */
  readonly parallel?: boolean;
}

/** Something that can load graphs. */
export interface Backend {
  /** Name and version, for reports. */
  readonly name: string;
  /**
   * Loads a graph.
   * @throws CodecError `runtime` when the backend refuses it
   */
  load(graph: Graph, options?: LoadOptions): Promise<Session>;
  /**
   * The code in C as a WebAssembly module, of a backend that runs encoders and decoders in it
   * instead of as graphs.
   */
  codecModule?(): Promise<CodecModule>;
  /** The backend of models that {@link codecModule} does not run; without it they are refused. */
  fallback?(): Promise<Backend>;
  /** A graphics card for families that have kernels for one. */
  readonly graphics?: GraphicsRequest | undefined;
}

/** A session with the state of one owner: each run takes the state that the last one left. */
export class StatefulSession {
  readonly #session: Session;
  readonly #specs: readonly StateSpec[];
  #state: Record<string, Tensor> = {};

  /**
   * @param session a loaded graph, shared
   * @param specs the graph's state tensors
   */
  constructor(session: Session, specs: readonly StateSpec[]) {
    this.#session = session;
    this.#specs = specs;
    this.reset();
  }

  /** As before the first run. */
  reset(): void {
    this.#state = {};
    for (const { input, dims, fill } of this.#specs) {
      const size = dims.reduce((a, b) => a * b, 1);
      this.#state[input] = { type: "float32", dims, data: new Float32Array(size).fill(fill) };
    }
  }

  /**
   * A copy of the state, of plain values and arrays: tensors of a backend are objects of its own.
   */
  get state(): TensorMap {
    return Object.fromEntries(Object.entries(this.#state).map(([name, tensor]) => [name, plainCopy(tensor)]));
  }

  set state(state: TensorMap) {
    this.#state = { ...state };
  }

  /** Runs the graph on the inputs that are no state; returns all outputs. */
  async run(inputs: TensorMap): Promise<TensorMap> {
    const outputs = await this.#session.run({ ...inputs, ...this.#state });
    for (const { input, output } of this.#specs) this.#state[input] = outputs[output];
    return outputs;
  }
}

function plainCopy({ type, dims, data }: Tensor): Tensor {
  return { type, dims: [...dims], data: data.slice() } as Tensor;
}
