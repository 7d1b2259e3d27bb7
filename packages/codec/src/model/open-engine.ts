import { CodecError, messageOf } from "../errors.ts";
import type { Engine } from "../engine.ts";
import type { Backend } from "../runtime/session.ts";
import { COMPACT_MODEL_TYPE, parseCompactConfig } from "./compact/config.ts";
import { CompactEngine } from "./compact/engine.ts";
import { modelId } from "./identity.ts";
import { SafetensorsWeights } from "./weights.ts";

/** Where the files of a model come from: a folder, a URL, memory. */
export interface ModelFiles {
  /** What to call the place in messages. */
  readonly place: string;
  /** The bytes of `config.json` or `model.safetensors`. */
  read(file: "config.json" | "model.safetensors"): Promise<Uint8Array>;
}

/**
 * Opens a model in this thread.
 * @throws CodecError `bad-model` naming the file or field that is wrong
 */
export async function openEngine(files: ModelFiles, backend: Backend): Promise<Engine> {
  const json = parseConfig(await files.read("config.json"), files.place);
  const type = json["model_type"];
  if (type !== COMPACT_MODEL_TYPE) {
    throw new CodecError(
      "bad-model",
      `Cannot open the model in "${files.place}": its model_type is ${JSON.stringify(type)}, known is "${COMPACT_MODEL_TYPE}"; choose another folder`,
    );
  }
  const config = parseCompactConfig(json);
  const weights = new SafetensorsWeights(await files.read("model.safetensors"));
  return CompactEngine.open(config, await modelId(json, weights.stored("codebooks")), weights, backend);
}

function parseConfig(bytes: Uint8Array, place: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new CodecError("bad-model", `Cannot read config.json in "${place}": ${messageOf(error)}; get the model again`, { cause: error });
  }
  if (json === null || typeof json !== "object" || Array.isArray(json)) {
    throw new CodecError("bad-model", `Cannot use config.json in "${place}": it holds no object; get the model again`);
  }
  return json as Record<string, unknown>;
}
