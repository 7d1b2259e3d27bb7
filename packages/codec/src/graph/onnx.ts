/**
 * Writes ONNX ModelProto bytes (onnx.proto3 of ONNX 1.17; protocol buffers wire format).
 * Only the fields that the graphs of this library need. Field numbers are those of onnx.proto3.
 */

/** Element types and their TensorProto.DataType numbers. */
export const DATA_TYPES = { float32: 1, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11, bfloat16: 16 } as const;

/** Name of an element type. */
export type DataType = keyof typeof DATA_TYPES;

/** Size of a tensor axis: a number, or a name for a size that is known only when the graph runs. */
export type Dimension = number | string;

/** An attribute of a node: integers, a float as `{ float }`, or text. */
export type Attribute = number | readonly number[] | { readonly float: number } | string;

/** One operation. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Operator domain; empty for ai.onnx. */
  readonly domain?: string;
}

/** A graph input or output. */
export interface OnnxPort {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly Dimension[];
}

/** Where the bytes of a weight lie in a file outside the model. */
export interface ExternalData {
  /** File name, relative to the folder given when the session is made. */
  readonly location: string;
  /** Byte offset in that file. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
}

/** A constant tensor, with its bytes inside the model or in another file. */
export interface OnnxInitializer {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: ArrayBufferView | ExternalData;
}

/** A whole graph. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly initializers: readonly OnnxInitializer[];
}

const IR_VERSION = 9;
const OPSET = 20;
const MICROSOFT_OPSET = 1;
/** AttributeProto.AttributeType */
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;
const WIRE_VARINT = 0;
const WIRE_LENGTH = 2;
const WIRE_FIXED32 = 5;
const DATA_LOCATION_EXTERNAL = 1;

/** A protocol buffers message under construction: a list of pieces, joined once at the end. */
class Message {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  #push(bytes: Uint8Array): this {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    return this;
  }

  #varint(value: number): this {
    const out: number[] = [];
    if (value >= 0 && value < 2 ** 31) {
      for (; value > 127; value >>>= 7) out.push((value & 127) | 128); // nearly all of them, and much faster than with BigInt
      out.push(value);
      return this.#push(Uint8Array.from(out));
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      out.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    out.push(Number(rest));
    return this.#push(Uint8Array.from(out));
  }

  int(field: number, value: number): this {
    return this.#varint((field << 3) | WIRE_VARINT).#varint(value);
  }

  float(field: number, value: number): this {
    return this.#varint((field << 3) | WIRE_FIXED32).#push(new Uint8Array(new Float32Array([value]).buffer));
  }

  bytes(field: number, bytes: Uint8Array): this {
    return this.#varint((field << 3) | WIRE_LENGTH)
      .#varint(bytes.length)
      .#push(bytes);
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, message: Message): this {
    this.#varint((field << 3) | WIRE_LENGTH).#varint(message.#length);
    for (const piece of message.#pieces) this.#push(piece);
    return this;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      out.set(piece, at);
      at += piece.length;
    }
    return out;
  }
}

function keyValue(key: string, value: string): Message {
  return new Message().text(1, key).text(2, value);
}

function initializerMessage({ name, type, dims, data }: OnnxInitializer): Message {
  const message = new Message();
  for (const dim of dims) message.int(1, dim);
  message.int(2, DATA_TYPES[type]).text(8, name);
  if (ArrayBuffer.isView(data)) return message.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return message
    .message(13, keyValue("location", data.location))
    .message(13, keyValue("offset", String(data.offset)))
    .message(13, keyValue("length", String(data.length)))
    .int(14, DATA_LOCATION_EXTERNAL);
}

function attributeMessage(name: string, value: Attribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === "number") return message.int(3, value).int(20, ATTRIBUTE_TYPES.int);
  if (typeof value === "string") return message.text(4, value).int(20, ATTRIBUTE_TYPES.string);
  if ("float" in value) return message.float(2, value.float).int(20, ATTRIBUTE_TYPES.float);
  for (const item of value) message.int(8, item);
  return message.int(20, ATTRIBUTE_TYPES.ints);
}

function nodeMessage(node: OnnxNode): Message {
  const message = new Message();
  for (const input of node.inputs) message.text(1, input);
  for (const output of node.outputs) message.text(2, output);
  message.text(3, `${node.op}:${node.outputs[0]}`).text(4, node.op);
  for (const [name, value] of Object.entries(node.attributes ?? {})) message.message(5, attributeMessage(name, value));
  return node.domain ? message.text(7, node.domain) : message;
}

function portMessage({ name, type, dims }: OnnxPort): Message {
  const shape = new Message();
  for (const dim of dims) shape.message(1, typeof dim === "number" ? new Message().int(1, dim) : new Message().text(2, dim));
  const tensorType = new Message().int(1, DATA_TYPES[type]).message(2, shape);
  return new Message().text(1, name).message(2, new Message().message(1, tensorType));
}

/**
 * The bytes of a model file for this graph: opset 20, with the com.microsoft operators of ONNX
 * Runtime admitted.
 */
export function writeOnnx(graph: OnnxGraph): Uint8Array {
  const body = new Message();
  for (const node of graph.nodes) body.message(1, nodeMessage(node));
  body.text(2, "twelvehz");
  for (const initializer of graph.initializers) body.message(5, initializerMessage(initializer));
  for (const input of graph.inputs) body.message(11, portMessage(input));
  for (const output of graph.outputs) body.message(12, portMessage(output));
  return new Message()
    .int(1, IR_VERSION)
    .text(2, "twelvehz")
    .message(7, body)
    .message(8, new Message().text(1, "").int(2, OPSET))
    .message(8, new Message().text(1, "com.microsoft").int(2, MICROSOFT_OPSET))
    .finish();
}
