import type { FamilyTraits } from "../codes/model-info.ts";
import type { Engine } from "../runtime/engine.ts";
import { CodecError, describeJson, messageOf } from "../errors.ts";
import { isNestedDeeper } from "../bytes/json-depth.ts";
import type { Backend } from "../runtime/session.ts";
import type { BlobChoices, BlobParts, IdentifiedModel, ModelFamily } from "./family.ts";
import { type Digest, modelId } from "./identity.ts";
import { MODEL_FAMILIES } from "./registry.ts";
import { type ModelWeights, weightNames } from "./weights.ts";

/** Deepest nesting of config.json: the published one has four levels. */
const MAX_CONFIG_DEPTH = 32;

/** Where the files of a model come from: a folder, a URL, memory. */
export interface ModelFiles {
  /** What to call the place of the files in messages. */
  readonly where: string;
  /** The bytes of `config.json`. */
  config(): Promise<Uint8Array>;
  /** The weights of the model's safetensors file or files. */
  weights(): Promise<ModelWeights>;
  /**
   * A half whose weights are fetched at opening, in one go; others when they are first used. Default:
   * none is fetched ahead.
   */
  readonly ahead?: "decoder" | undefined;
  /** SHA-256, where there is one that starts sooner than that of the Web Cryptography API. */
  readonly sha256?: Digest;
}

/**
 * Opens a model of any family in this thread.
 * @param families those that may be opened. Default: all that are registered
 * @throws CodecError `bad-model` naming the file or field that is wrong; `unsupported` for a
 * backend or a device that does not run the family; `runtime` for a graphics card that was asked for
 * and cannot be used
 */
export async function openEngine(files: ModelFiles, backend: Backend, families: readonly ModelFamily[] = MODEL_FAMILIES): Promise<Engine> {
  const { family, config, id, weights } = await identifyModel(files, families);
  const running = await backendFor(backend, () => family.inC?.runs(config, weights) ?? false, files.where);
  if (backend.graphics?.isRequired && !family.hasKernels)
    throw new CodecError(
      "unsupported",
      `Cannot open the model in "${files.where}" on a graphics card: there are kernels for the published model only; choose the device "cpu" or "auto"`,
    );
  const origin = { id, family: family.name, traits: family.traits, backend: running.name };
  return family.open({ config, origin, weights, backend: running });
}

/**
 * What sets the family of a model apart, by its `config.json` alone.
 * @throws CodecError `bad-model` where there is none of that kind
 */
export async function traitsOf(files: Pick<ModelFiles, "config" | "where">): Promise<FamilyTraits> {
  return (await familyOf(files)).traits;
}

/**
 * Whether a model can decode on a graphics card, by its `config.json` alone.
 * @throws CodecError `bad-model` where there is none of that kind
 */
export async function hasKernels(files: Pick<ModelFiles, "config" | "where">): Promise<boolean> {
  return (await familyOf(files)).hasKernels ?? false;
}

/**
 * Which tensors of a model may be handed on as floats of 16 bits, by its `config.json` alone.
 * @throws CodecError `bad-model` where there is none of that kind
 */
export async function halvedTensors(
  files: Pick<ModelFiles, "config" | "where">,
): Promise<(name: string, shape: readonly number[]) => boolean> {
  const family = await familyOf(files);
  return (name, shape) => family.isHalved?.(name, shape) ?? false;
}

async function familyOf({ config, where }: Pick<ModelFiles, "config" | "where">): Promise<ModelFamily> {
  const { model_type: type } = parseConfig(await config(), where);
  const family = MODEL_FAMILIES.find(({ modelType }) => modelType === type);
  if (!family) throw unknownFamily(type, where, MODEL_FAMILIES);
  return family;
}

/** The backend itself, or what it falls back to for a model that the code in C does not take. */
async function backendFor(backend: Backend, runsInC: () => boolean, where: string): Promise<Backend> {
  if (!backend.codecModule || runsInC()) return backend;
  if (backend.fallback) return { ...(await backend.fallback()), graphics: backend.graphics };
  throw new CodecError(
    "unsupported",
    `Cannot open the model in "${where}" with the backend "${backend.name}": it runs compact models only; leave the backend out`,
  );
}

/**
 * A model as a blob that C code opens in place (docs/c-blob.md).
 * @param parts decoder, encoder, or both
 * @throws CodecError `bad-model` naming the file or field that is wrong; `unsupported` for a model
 * that has none
 */
export async function blobForC(files: ModelFiles, parts: BlobParts, choices: BlobChoices = {}): Promise<Uint8Array> {
  const { family, ...model } = await identifyModel(files, MODEL_FAMILIES);
  if (!family.inC)
    throw new CodecError(
      "unsupported",
      `Cannot export the model in "${files.where}" for C: there is code in C for compact models only; choose "compact"`,
    );
  return family.inC.blob(model, parts, choices);
}

async function identifyModel(
  files: ModelFiles,
  families: readonly ModelFamily[],
): Promise<IdentifiedModel<unknown> & { readonly family: ModelFamily }> {
  const json = parseConfig(await files.config(), files.where);
  const family = families.find(({ modelType }) => modelType === json["model_type"]);
  if (!family) throw unknownFamily(json["model_type"], files.where, families);
  const config = family.parseConfig(json);
  const weights = await files.weights();
  const { encoder, decoder } = await family.networks(config);
  if (encoder) weightNames(weights, encoder);
  const ofDecoder = decoder ? weightNames(weights, decoder) : [];
  if (files.ahead === "decoder") await weights.fetch(ofDecoder);
  const codebooks = await family.codebooks(config);
  await weights.fetch(codebooks);
  return { family, config, weights, id: await modelId(json, storedTensors(codebooks, weights), files.sha256) };
}

function unknownFamily(found: unknown, where: string, families: readonly ModelFamily[]): CodecError {
  const names = families.map(({ modelType }) => `"${modelType}"`);
  const known = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return new CodecError(
    "bad-model",
    `Cannot open the model in "${where}": its model_type is ${describeJson(found)}, known are ${known}; choose another folder`,
  );
}

function* storedTensors(names: readonly string[], weights: ModelWeights): Generator<Uint8Array> {
  for (const name of names) yield* weights.stored(name);
}

function parseConfig(bytes: Uint8Array, where: string): Record<string, unknown> {
  if (isNestedDeeper(bytes, MAX_CONFIG_DEPTH))
    throw new CodecError("bad-model", `Cannot use config.json in "${where}": it is nested too deep; get the model again`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new CodecError("bad-model", `Cannot read config.json in "${where}": ${messageOf(error)}; get the model again`, { cause: error });
  }
  if (json === null || typeof json !== "object" || Array.isArray(json)) {
    throw new CodecError("bad-model", `Cannot use config.json in "${where}": it holds no object; get the model again`);
  }
  return json as Record<string, unknown>;
}
