/**
 * Graphs that declare their history.
 *
 * A layer that needs the past asks the builder for it (`history`), and the builder adds one state
 * input and one state output to the graph. Whoever runs the graph hands the state tensors round
 * without knowing what they mean, so every network built from such layers can be streamed exactly.
 * Running everything at once from the first state is the offline case.
 */
import type { Attribute, DataType, Dimension, ExternalData, OnnxInitializer, OnnxNode, OnnxPort } from "./onnx.ts";
import { DATA_TYPES, writeOnnx } from "./onnx.ts";

/** A tensor inside a graph under construction. */
export interface Value {
  readonly name: string;
}

/** One state tensor of a graph: handed in before a run, taken out after it. */
export interface StateSpec {
  /** Name of the graph input. */
  readonly input: string;
  /** Name of the graph output that becomes the next input. */
  readonly output: string;
  /** Shape before the first run. One that grows begins with no steps. */
  readonly dims: readonly number[];
  /** Value of every element before the first run. */
  readonly fill: number;
}

/** A finished graph, ready to be loaded. */
export interface Graph {
  /**
   * ONNX ModelProto, written when it is asked for: a graph may be built for the names of its
   * weights alone.
   */
  readonly bytes: Uint8Array;
  /** The state tensors, in the order of their declaration. All float32. */
  readonly states: readonly StateSpec[];
  /** Folder of the files that hold weights outside of `bytes`, where there are such. */
  readonly weightFolder?: string | undefined;
}

/** A weight as it is stored: floats of 16 or 32 bits, or int8 with scales. */
export interface StoredWeight {
  readonly type: "float32" | "float16" | "bfloat16" | "int8";
  /** Row-major elements, in memory or where they lie in a file of {@link WeightSource.folder}. */
  readonly data: ArrayBufferView | ExternalData;
  /**
   * Of int8 only: the factors. `dims` is a prefix of the weight's shape: one factor for each output
   * channel or codebook entry.
   */
  readonly scales?: { readonly dims: readonly number[]; readonly data: Float32Array };
}

/** Where a graph finds its weights, by their names in the checkpoint. */
export interface WeightSource {
  /**
   * @param name tensor name in the checkpoint
   * @param dims the shape that the configuration asks for
   * @throws CodecError `bad-model` when it is missing, of another shape or of a type that is not
   * known
   */
  weight(name: string, dims: readonly number[]): StoredWeight;
  /** Folder of the files that {@link ExternalData} names, where weights are given so. */
  readonly folder?: string | undefined;
}

/** How much of the past {@link GraphBuilder.history} keeps. */
export interface HistoryOptions {
  /** Number of past steps in front of the new ones. */
  readonly steps: number;
  /** Shape of one step: the sizes of the other axes. */
  readonly stepDims: readonly number[];
  /** Axis of time: the first (default), or the last. */
  readonly axis?: "first" | "last";
  /** Value of the past before the first step. Default 0. */
  readonly fill?: number;
}

/** Shape of a state tensor: at the start, as it is declared, and which axis is time. */
interface StateShape {
  readonly dims: readonly number[];
  readonly declared: readonly Dimension[];
  readonly fill: number;
  readonly timeAxis: number;
}

/**
 * Builds one ONNX graph, node by node. Values have time as their first axis unless a comment says
 * otherwise.
 */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #inputs: OnnxPort[] = [];
  readonly #outputs: OnnxPort[] = [];
  readonly #initializers = new Map<string, OnnxInitializer>();
  readonly #states: StateSpec[] = [];
  readonly #loaded = new Map<string, Value>();
  readonly #weights: WeightSource;
  #counter = 0;

  /** @param weights where {@link weight} finds its tensors */
  constructor(weights: WeightSource) {
    this.#weights = weights;
  }

  /** Declares a graph input. */
  input(name: string, type: DataType, dims: readonly Dimension[]): Value {
    this.#inputs.push({ name, type, dims });
    return { name };
  }

  /** Declares that a value leaves the graph under the given name. */
  output(name: string, value: Value, type: DataType, dims: readonly Dimension[]): void {
    this.#nodes.push({ op: "Identity", inputs: [value.name], outputs: [name] });
    this.#outputs.push({ name, type, dims });
  }

  /** Adds a node with one output. */
  op(op: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.ops(op, inputs, 1, attributes)[0];
  }

  /** Adds a node with several outputs. */
  ops(op: string, inputs: readonly Value[], count: number, attributes: Readonly<Record<string, Attribute>> = {}): Value[] {
    const outputs = Array.from({ length: count }, () => ({ name: `v${this.#counter++}` }));
    this.#nodes.push({ op, inputs: inputs.map((v) => v.name), outputs: outputs.map((v) => v.name), attributes });
    return outputs;
  }

  /** The same values in another type. */
  cast(x: Value, type: DataType): Value {
    return this.op("Cast", [x], { to: DATA_TYPES[type] });
  }

  /**
   * A weight of the checkpoint as float32; stored once however often it is used. The conversion is
   * folded when the graph is loaded.
   * @param as another shape of as many elements to see it in
   */
  weight(name: string, dims: readonly number[], as: readonly number[] = dims): Value {
    const key = `${name} as ${as.join()}`;
    let value = this.#loaded.get(key);
    if (!value) {
      value = this.#asFloat32(key, as, this.#weights.weight(name, dims));
      this.#loaded.set(key, value);
    }
    return value;
  }

  #asFloat32(name: string, dims: readonly number[], { type, data, scales }: StoredWeight): Value {
    this.#initializers.set(name, { name, type, dims, data });
    if (type === "float32") return { name };
    const floats = this.cast({ name }, "float32");
    if (!scales) return floats;
    const broadcast = dims.map((_, axis) => scales.dims[axis] ?? 1);
    return this.op("Mul", [floats, this.floats(scales.data, broadcast)]);
  }

  /**
   * A matrix of the checkpoint beside the scales of its rows: of int8 with a scale for each row,
   * the whole numbers; else the numbers themselves, and scales of 1.
   * @returns float32 `[rows, columns]` and `[rows]`
   */
  scaledRows(name: string, dims: readonly [rows: number, columns: number]): { readonly values: Value; readonly scales: Value } {
    const { type, data, scales } = this.#weights.weight(name, dims);
    if (scales?.dims.join() !== String(dims[0]))
      return { values: this.weight(name, dims), scales: this.floats(new Float32Array(dims[0]).fill(1)) };
    this.#initializers.set(name, { name, type, dims, data });
    return { values: this.cast({ name }, "float32"), scales: this.floats(scales.data) };
  }

  /** A float32 constant that is no weight of the checkpoint. */
  floats(data: Float32Array, dims: readonly number[] = [data.length]): Value {
    return this.#constant("float32", data, dims);
  }

  /** An int64 constant of one axis: what shapes, axes and slice bounds are given in. */
  ints(...values: number[]): Value {
    return this.#constant("int64", BigInt64Array.from(values, BigInt), [values.length]);
  }

  #constant(type: DataType, data: ArrayBufferView, dims: readonly number[]): Value {
    const name = `c${this.#initializers.size}`;
    this.#initializers.set(name, { name, type, dims, data });
    return { name };
  }

  /** New shape; one size may be -1. */
  reshape(x: Value, ...dims: number[]): Value {
    return this.op("Reshape", [x, this.ints(...dims)]);
  }

  /** Elements `start` to `end - 1` of one axis; negative bounds count from the end. */
  slice(x: Value, axis: number, start: number, end: number = Number.MAX_SAFE_INTEGER): Value {
    return this.op("Slice", [x, this.ints(start), this.ints(end), this.ints(axis)]);
  }

  /**
   * Puts the last `steps` steps of the past in front of x, along the axis of time, and keeps the
   * last `steps` of the result for the next run.
   * @param x `[T, ...stepDims]`, or `[...stepDims, T]`
   * @returns `[steps + T, ...stepDims]`, or `[...stepDims, steps + T]`
   */
  history(x: Value, options: HistoryOptions): Value {
    const { steps, stepDims, axis = "first", fill = 0 } = options;
    const dims = axis === "first" ? [steps, ...stepDims] : [...stepDims, steps];
    const timeAxis = axis === "first" ? 0 : stepDims.length;
    return this.#state(x, { dims, declared: dims, fill, timeAxis }, (joined) => this.slice(joined, timeAxis, -steps));
  }

  /**
   * Puts the past in front of x, as far as there is one, and keeps at most `most` steps of the
   * result for the next run: the state grows from nothing up to that.
   * @param x `[T, ...stepDims]`
   * @param most int64 `[1]`, constant or given at the run
   * @returns `[P + T, ...stepDims]`, P the steps that were kept
   */
  growingHistory(x: Value, most: Value, stepDims: readonly number[]): Value {
    const shape = { dims: [0, ...stepDims], declared: ["P", ...stepDims], fill: 0, timeAxis: 0 };
    const keep = (joined: Value): Value =>
      this.op("Slice", [joined, this.op("Neg", [most]), this.ints(Number.MAX_SAFE_INTEGER), this.ints(0)]);
    return this.#state(x, shape, keep);
  }

  #state(x: Value, { dims, declared, fill, timeAxis }: StateShape, keep: (joined: Value) => Value): Value {
    const input = `state${this.#states.length}`;
    const output = `${input}.next`;
    const anew = declared.map((dim) => (typeof dim === "string" ? `${input}.${dim}` : dim));
    const joined = this.op("Concat", [this.input(input, "float32", anew), x], { axis: timeAxis });
    this.output(
      output,
      keep(joined),
      "float32",
      declared.map((dim) => (typeof dim === "string" ? `${output}.${dim}` : dim)),
    );
    this.#states.push({ input, output, dims, fill });
    return joined;
  }

  /** The finished graph. */
  finish(): Graph {
    const initializers = [...this.#initializers.values()];
    const onnx = { nodes: this.#nodes, inputs: this.#inputs, outputs: this.#outputs, initializers };
    return {
      get bytes() {
        return writeOnnx(onnx);
      },
      states: this.#states,
      weightFolder: this.#weights.folder,
    };
  }
}
