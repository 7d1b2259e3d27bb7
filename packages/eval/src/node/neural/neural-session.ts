import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { CodecError, messageOf, quietOrt } from "@twelvehz/codec/node";
import type * as Ort from "onnxruntime-node";

/** An input or output of a network: sizes, or names of sizes that are free. */
export interface NeuralPort {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** An input value, row-major. */
export interface NeuralInput {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/**
 * One ONNX file that judges speech, on ONNX Runtime. A run blocks the thread for as long as the
 * network takes.
 */
export class NeuralSession {
  /**
   * File name and the first 16 digits of its SHA-256: says in results which model made a number.
   */
  readonly model: string;
  readonly inputs: readonly NeuralPort[];
  readonly outputs: readonly NeuralPort[];
  readonly #session: Ort.InferenceSession;
  readonly #Tensor: typeof Ort.Tensor;

  private constructor(model: string, session: Ort.InferenceSession, Tensor: typeof Ort.Tensor) {
    this.model = model;
    this.#session = session;
    this.#Tensor = Tensor;
    this.inputs = session.inputMetadata.map(toPort);
    this.outputs = session.outputMetadata.map(toPort);
  }

  /**
   * @param path of an ONNX file
   * @throws CodecError `not-found` when it cannot be read, `bad-model` when ONNX Runtime refuses it
   */
  static async open(path: string): Promise<NeuralSession> {
    const bytes = await readModel(path);
    const model = `${basename(path)} sha256 ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;
    quietOrt();
    const ort = await import("onnxruntime-node"); // not before: it looks at the environment when it is loaded
    try {
      const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const;
      return new NeuralSession(model, await ort.InferenceSession.create(bytes, options), ort.Tensor);
    } catch (error) {
      const message = `Cannot open the network "${path}": ONNX Runtime says "${messageOf(error)}"; give an ONNX file`;
      throw new CodecError("bad-model", message, { cause: error });
    }
  }

  /**
   * Runs the network once.
   * @returns its first output, flat
   * @throws CodecError `runtime` when ONNX Runtime fails
   */
  async run(inputs: Readonly<Record<string, NeuralInput>>): Promise<Float32Array> {
    const feeds = Object.entries(inputs).map(([name, { data, dims }]) => [name, new this.#Tensor("float32", data, dims)] as const);
    try {
      const results = await this.#session.run(Object.fromEntries(feeds));
      return results[this.#session.outputNames[0]].data as Float32Array;
    } catch (error) {
      const message = `Cannot run the network "${this.model}": ONNX Runtime says "${messageOf(error)}"; check free memory, or give another file`;
      throw new CodecError("runtime", message, { cause: error });
    }
  }

  /** Frees the network. */
  async close(): Promise<void> {
    await this.#session.release();
  }
}

async function readModel(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const message = `Cannot read the network "${path}": ${messageOf(error)}; give the path of an ONNX file`;
    throw new CodecError("not-found", message, { cause: error });
  }
}

function toPort(meta: Ort.InferenceSession.ValueMetadata): NeuralPort {
  return meta.isTensor ? { name: meta.name, type: meta.type, shape: meta.shape } : { name: meta.name, type: "no tensor", shape: [] };
}
