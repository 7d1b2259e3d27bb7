/** What a family of models must say of itself; everything else treats all families alike. */
import type { FamilyTraits, ModelInfo } from "../codes/model-info.ts";
import type { Engine } from "../runtime/engine.ts";
import type { WeightSource } from "../graph/builder.ts";
import type { Backend } from "../runtime/session.ts";
import type { ModelWeights } from "./weights.ts";

/**
 * What {@link ModelFamily.open} gets: weights that were checked, and the identity that was computed
 * from them.
 */
export interface OpenedModel<Config> {
  readonly config: Config;
  /** What the model's information says of its family, identity and backend. */
  readonly origin: Pick<ModelInfo, "id" | "family" | "traits" | "backend">;
  readonly weights: ModelWeights;
  readonly backend: Backend;
}

/** What a blob for C can hold of a model: a half, or both, which share the codebooks. */
export const BLOB_PARTS = ["decoder", "encoder", "both"] as const;

/** One of {@link BLOB_PARTS}. */
export type BlobParts = (typeof BLOB_PARTS)[number];

/** Bits that a blob for C can give the weights of its largest matrices. */
export const BLOB_BITS = [8, 4] as const;

/** One of {@link BLOB_BITS}. */
export type BlobBits = (typeof BLOB_BITS)[number];

/** What a blob for C holds beside what it must. */
export interface BlobChoices {
  /** Of the weights of the large matrices at the frame rate. Default 8. */
  readonly bits?: BlobBits | undefined;
  /** With what predicts lost frames, where the model has it. Default false. */
  readonly predictor?: boolean | undefined;
}

/** A model whose files were checked. */
export interface IdentifiedModel<Config> {
  readonly config: Config;
  /** Identity of the model, 32 hexadecimal digits. */
  readonly id: string;
  readonly weights: ModelWeights;
}

/** Itself, or a promise of it. */
type Soon<T> = T | Promise<T>;

/**
 * One family: a network with its configuration. A new one is a folder of its own and one line in
 * `registry.ts`.
 */
export interface ModelFamily<Config = unknown> {
  /** Short name, for reports. */
  readonly name: string;
  /** Value of `model_type` in `config.json`. */
  readonly modelType: string;
  /** Names of its models on the public hubs, `OWNER/NAME`. */
  readonly hubIds: readonly string[];
  /** What sets its models apart for those who call them. */
  readonly traits: FamilyTraits;
  /**
   * Checks a parsed `config.json`.
   * @throws CodecError `bad-model` naming the field that is wrong
   */
  parseConfig(json: Readonly<Record<string, unknown>>): Config;
  /**
   * For each half that is a network, what asks a source for all of its weights, such as the building
   * of its graph: so they can be checked before any is read, and those of one half fetched alone. A
   * promise where that is loaded when it is needed.
   */
  networks(config: Config): Soon<{ readonly [Half in "encoder" | "decoder"]?: (source: WeightSource) => unknown }>;
  /**
   * Names of the tensors that hold the decoder's codebooks, in the order of the layers: they
   * identify the model.
   */
  codebooks(config: Config): Soon<readonly string[]>;
  /** What a family says that has encoder and decoder in C. */
  readonly inC?: {
    /** Whether the code in C takes this model of the family. */
    runs(config: Config, weights: ModelWeights): boolean;
    /**
     * The model as a blob that C code opens in place (docs/c-blob.md).
     * @throws CodecError `unsupported` for a model of the family that C code does not take
     */
    blob(model: IdentifiedModel<Config>, parts: BlobParts, choices?: BlobChoices): Promise<Uint8Array>;
  };
  /** Whether its decoder has kernels for a graphics card. Default false. */
  readonly hasKernels?: boolean;
  /**
   * Whether a tensor is one of those that a graphics card may keep as floats of 16 bits: then it may be
   * handed on so. Default: none.
   */
  isHalved?(name: string, shape: readonly number[]): boolean;
  /** Opens the model. */
  open(model: OpenedModel<Config>): Engine | Promise<Engine>;
}
