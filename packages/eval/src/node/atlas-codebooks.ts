import { CodecError, folderFiles, modelFolder, type ModelInfo } from "@twelvehz/codec/node";

/**
 * The entries of a compact model's codebooks, as the decoder uses them.
 * @param model as `openCodec` takes it
 * @param info of the same model, opened
 * @returns one `[V, D]` row-major for each layer; undefined for a published model, whose entries
 * pass through a projection before they are added
 * @throws CodecError `bad-model`
 */
export async function readCodebooks(model: string | undefined, info: ModelInfo): Promise<Float32Array[] | undefined> {
  if (!info.traits.plainCodebooks) return undefined;
  const weights = await folderFiles(modelFolder(model)).weights();
  await weights.fetch(["codebooks"]);
  const [values, scales] = weights.stored("codebooks");
  const count = info.layers * info.codebookSize;
  const all = scales
    ? scaled(new Int8Array(values.slice().buffer), new Float32Array(scales.slice().buffer))
    : new Float32Array(values.slice().buffer);
  const width = all.length / count;
  if (!Number.isInteger(width) || width < 2)
    throw new CodecError(
      "bad-model",
      `Cannot read the codebooks of "${info.name}": ${all.length} values are no ${count} entries; get the model again`,
    );
  return Array.from({ length: info.layers }, (_, layer) =>
    all.slice(layer * info.codebookSize * width, (layer + 1) * info.codebookSize * width),
  );
}

/** Each scale is for an equal number of values, in order. */
function scaled(values: Int8Array, scales: Float32Array): Float32Array {
  const out = new Float32Array(values.length);
  const each = values.length / scales.length;
  for (let i = 0; i < out.length; i++) out[i] = values[i] * scales[Math.floor(i / each)];
  return out;
}
