import { CodecError, describeJson, messageOf } from "../errors.ts";
import type { Engine } from "../engine.ts";
import { isNestedDeeper } from "../json-depth.ts";
import type { Backend } from "../runtime/session.ts";
import { COMPACT_MODEL_TYPE, parseCompactConfig } from "./compact/config.ts";
import { CompactEngine } from "./compact/engine.ts";
import { buildCompactDecoder, buildCompactEncoder } from "./compact/networks.ts";
import { modelId } from "./identity.ts";
import { PUBLISHED_MODEL_TYPE, type PublishedConfig, parsePublishedConfig } from "./published/config.ts";
import { PublishedEngine } from "./published/engine.ts";
import { buildPublishedDecoder, publishedCodebooks } from "./published/decoder.ts";
import { buildPublishedEncoder } from "./published/encoder.ts";
import { type ModelWeights, weightNames } from "./weights.ts";

/** What the published model is called in token files. */
const PUBLISHED_NAME = "Qwen3-TTS-Tokenizer-12Hz";

/** Deepest nesting of config.json: the published one has four levels. */
const MAX_CONFIG_DEPTH = 32;

/** Where the files of a model come from: a folder, a URL, memory. */
export interface ModelFiles {
  /** What to call the place in messages. */
  readonly place: string;
  /** The bytes of `config.json`. */
  config(): Promise<Uint8Array>;
  /** The weights of the model's safetensors file or files. */
  weights(): Promise<ModelWeights>;
}

/**
 * Opens a model in this thread: a compact one, or Qwen3-TTS-Tokenizer-12Hz.
 * @throws CodecError `bad-model` naming the file or field that is wrong
 */
export async function openEngine(files: ModelFiles, backend: Backend): Promise<Engine> {
  const json = parseConfig(await files.config(), files.place);
  switch (json["model_type"]) {
    case COMPACT_MODEL_TYPE:
      return openCompact(json, await files.weights(), backend);
    case PUBLISHED_MODEL_TYPE:
      return openPublished(json, await files.weights(), backend);
    default:
      throw new CodecError(
        "bad-model",
        `Cannot open the model in "${files.place}": its model_type is ${describeJson(json["model_type"])}, known are "${COMPACT_MODEL_TYPE}" and "${PUBLISHED_MODEL_TYPE}"; choose another folder`,
      );
  }
}

async function openCompact(json: Record<string, unknown>, weights: ModelWeights, backend: Backend): Promise<Engine> {
  const config = parseCompactConfig(json);
  weightNames(weights, (source) => buildCompactEncoder(config, source));
  weightNames(weights, (source) => buildCompactDecoder(config, source));
  await weights.fetch(["codebooks"]);
  return CompactEngine.open(config, await modelId(json, weights.stored("codebooks")), weights, backend);
}

async function openPublished(json: Record<string, unknown>, weights: ModelWeights, backend: Backend): Promise<Engine> {
  const config = parsePublishedConfig(json);
  weightNames(weights, (source) => buildPublishedEncoder(config, source));
  weightNames(weights, (source) => buildPublishedDecoder(config, source));
  await weights.fetch(publishedCodebooks(config));
  const id = await modelId(json, storedCodebooks(config, weights));
  return new PublishedEngine(config, { name: PUBLISHED_NAME, id }, weights, backend);
}

function* storedCodebooks(config: PublishedConfig, weights: ModelWeights): Generator<Uint8Array> {
  for (const name of publishedCodebooks(config)) yield* weights.stored(name);
}

function parseConfig(bytes: Uint8Array, place: string): Record<string, unknown> {
  if (isNestedDeeper(bytes, MAX_CONFIG_DEPTH))
    throw new CodecError("bad-model", `Cannot use config.json in "${place}": it is nested too deep; get the model again`);
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
