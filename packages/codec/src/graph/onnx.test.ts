import { describe, expect, it } from "vitest";
import { DATA_TYPES, writeOnnx } from "./onnx.ts";

/** A protocol buffers message, read without a schema: every field by its number, in order. */
type Fields = Map<number, (number | Uint8Array)[]>;

function fieldsOf(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const values = fields.get(key >> 3) ?? [];
    fields.set(key >> 3, values);
    if ((key & 7) === 0) values.push(Number(varint()));
    else if ((key & 7) === 5) values.push(view.getFloat32((at += 4) - 4, true));
    else if ((key & 7) === 2) {
      const length = Number(varint());
      values.push(bytes.subarray(at, (at += length)));
    } else throw new Error(`wire type ${key & 7}`);
  }
  expect(at).toBe(bytes.length);
  return fields;
}

const text = (value: number | Uint8Array | undefined): string => new TextDecoder().decode(value as Uint8Array);
const messages = (fields: Fields, field: number): Fields[] => (fields.get(field) ?? []).map((bytes) => fieldsOf(bytes as Uint8Array));

/** The graph of a model, onnx.proto3 field 7, after a look at what is around it. */
function graphOf(model: Uint8Array): Fields {
  const fields = fieldsOf(model);
  expect(fields.get(1)).toEqual([9]); // IR version of opset 20
  const opsets = messages(fields, 8).map((set) => [text(set.get(1)?.[0]), set.get(2)?.[0]]);
  expect(opsets).toEqual([
    ["", 20],
    ["com.microsoft", 1],
  ]);
  return fieldsOf(fields.get(7)?.[0] as Uint8Array);
}

const empty = { nodes: [], inputs: [], outputs: [], initializers: [] };

describe("the ONNX writer", () => {
  it("writes nodes with their inputs, outputs, domain and attributes of every kind", () => {
    const attributes = { axis: -1, perm: [1, 0, 300], epsilon: { float: 0.5 }, mode: "constant" };
    const node = { op: "Demo", inputs: ["a", "", "b"], outputs: ["y"], domain: "com.microsoft", attributes };
    const [written] = messages(graphOf(writeOnnx({ ...empty, nodes: [node] })), 1);
    expect(written.get(1)?.map(text)).toEqual(["a", "", "b"]);
    expect(written.get(2)?.map(text)).toEqual(["y"]);
    expect([text(written.get(4)?.[0]), text(written.get(7)?.[0])]).toEqual(["Demo", "com.microsoft"]);
    const [axis, perm, epsilon, mode] = messages(written, 5);
    expect([text(axis.get(1)?.[0]), axis.get(3), axis.get(20)]).toEqual(["axis", [-1], [2]]); // AttributeProto.INT
    expect([text(perm.get(1)?.[0]), perm.get(8), perm.get(20)]).toEqual(["perm", [1, 0, 300], [7]]); // INTS
    expect([text(epsilon.get(1)?.[0]), epsilon.get(2), epsilon.get(20)]).toEqual(["epsilon", [0.5], [1]]); // FLOAT
    expect([text(mode.get(1)?.[0]), text(mode.get(4)?.[0]), mode.get(20)]).toEqual(["mode", "constant", [3]]); // STRING
  });

  it("leaves the domain out where it is that of ONNX", () => {
    const [written] = messages(graphOf(writeOnnx({ ...empty, nodes: [{ op: "Add", inputs: [], outputs: ["y"] }] })), 1);
    expect(written.has(7)).toBe(false);
  });

  it("writes ports with sizes that are known and sizes that have a name", () => {
    const graph = graphOf(
      writeOnnx({
        ...empty,
        inputs: [{ name: "x", type: "float32", dims: ["T", 128] }],
        outputs: [{ name: "y", type: "int64", dims: [] }],
      }),
    );
    const [input] = messages(graph, 11);
    const [tensor] = messages(messages(input, 2)[0], 1);
    expect([text(input.get(1)?.[0]), tensor.get(1)]).toEqual(["x", [DATA_TYPES.float32]]);
    const [time, width] = messages(messages(tensor, 2)[0], 1);
    expect([text(time.get(2)?.[0]), width.get(1)]).toEqual(["T", [128]]);
    const [output] = messages(graph, 12);
    expect(messages(messages(output, 2)[0], 1)[0].get(1)).toEqual([DATA_TYPES.int64]);
  });

  it("writes the bytes of a tensor from any place in memory, also of one with thousands of values", () => {
    const large = Float32Array.from({ length: 5001 }, (_, i) => i).subarray(1);
    const [written] = messages(
      graphOf(writeOnnx({ ...empty, initializers: [{ name: "w", type: "float32", dims: [2, 2500], data: large }] })),
      5,
    );
    expect(written.get(1)).toEqual([2, 2500]);
    expect([written.get(2), text(written.get(8)?.[0])]).toEqual([[DATA_TYPES.float32], "w"]);
    const raw = written.get(9)?.[0] as Uint8Array;
    expect(new Float32Array(raw.slice().buffer)).toEqual(large);
    expect(written.has(14)).toBe(false);
  });

  it("writes where a tensor lies in another file, also beyond 4 GiB", () => {
    const data = { location: "model.safetensors", offset: 2 ** 33 + 1, length: 16 };
    const [written] = messages(graphOf(writeOnnx({ ...empty, initializers: [{ name: "w", type: "bfloat16", dims: [8], data }] })), 5);
    expect(written.get(14)).toEqual([1]); // TensorProto.EXTERNAL
    expect(messages(written, 13).map((pair) => [text(pair.get(1)?.[0]), text(pair.get(2)?.[0])])).toEqual([
      ["location", "model.safetensors"],
      ["offset", "8589934593"],
      ["length", "16"],
    ]);
    expect(written.has(9)).toBe(false);
  });
});
