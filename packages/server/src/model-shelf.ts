import { type Codec, CodecError, type ModelInfo } from "@twelvehz/codec";
import { COMPACT, folderFiles, listCachedModels, modelBytes, openCodec, resolveModel } from "@twelvehz/codec/node";
import { hasKernels } from "@twelvehz/codec/internal";
import type { ListedModel } from "./protocol.ts";

/** How a model is opened. */
export type OpenModel = (name: string, signal: AbortSignal) => Promise<Codec>;

/** The two halves of a codec, in the order in which they are loaded. */
const HALVES = [{ encoder: true }, { decoder: true }] as const;

/** One model on the shelf. */
interface Place {
  readonly codec: Promise<Codec>;
  /** Steps that are done: opened, encoder loaded, decoder loaded. */
  steps: number;
  info?: ModelInfo;
  failure?: unknown;
}

/**
 * The models that are installed. The default one is opened at once, another when a request names
 * it; what is open stays open.
 */
export class ModelShelf {
  /** Name of the default model. */
  readonly defaultName: string;
  readonly #open: OpenModel;
  readonly #places = new Map<string, Place>();
  /** Cancels what is being opened. */
  readonly #closing = new AbortController();

  /**
   * @param name default model; as for `openCodec`
   * @param open opens a model by name. Default `openCodec`
   * @throws CodecError `not-found` when there is no such model, and as reading the settings does
   */
  constructor(name?: string, open: OpenModel = (model, signal) => openCodec(model, { signal })) {
    this.defaultName = resolveModel(name).name;
    this.#open = open;
    this.#place(this.defaultName);
  }

  /** The default model when all of it is loaded; fails as opening it does. */
  get ready(): Promise<Codec> {
    return this.#place(this.defaultName).codec;
  }

  /**
   * How much of the default model is loaded, 0 to 1; its facts when it is open; why it cannot be
   * opened.
   */
  get state(): { readonly progress: number; readonly info: ModelInfo | undefined; readonly failure: unknown } {
    const place = this.#places.get(this.defaultName);
    return { progress: (place?.steps ?? 0) / (HALVES.length + 1), info: place?.info, failure: place?.failure };
  }

  /**
   * An installed model, opened where it is not.
   * @param name of {@link ModelShelf.list}; default: the default model
   * @throws CodecError `not-found` when it is not installed, `closed`, and as opening does
   */
  async codec(name: string = this.defaultName): Promise<Codec> {
    if (!this.#places.has(name) && !installed(this.defaultName).some((model) => model.name === name)) {
      const names = installed(this.defaultName).map((model) => model.name);
      throw new CodecError("not-found", `Cannot use the model "${name}": it is not installed; choose ${names.join(" or ")}`);
    }
    return this.#place(name).codec;
  }

  /** Every installed model, the one in the package first. */
  list(): ListedModel[] {
    return installed(this.defaultName).map(({ name, folder }) => ({
      name,
      bytes: modelBytes(folder),
      default: name === this.defaultName,
      info: this.#places.get(name)?.info,
    }));
  }

  /** Folder of an installed model that decodes on graphics cards, the default one first; undefined where there is none. */
  async graphicsFolder(): Promise<string | undefined> {
    const folders = installed(this.defaultName).sort((a, b) => Number(b.name === this.defaultName) - Number(a.name === this.defaultName));
    for (const { folder } of folders) if (await hasKernels(folderFiles(folder)).catch(() => false)) return folder;
    return undefined;
  }

  /** Frees all models. */
  async close(): Promise<void> {
    this.#closing.abort();
    const opened = await Promise.allSettled([...this.#places.values()].map(({ codec }) => codec));
    await Promise.allSettled(opened.map((one) => (one.status === "fulfilled" ? one.value.close() : undefined)));
  }

  #place(name: string): Place {
    if (this.#closing.signal.aborted) throw new CodecError("closed", "Cannot open a model: the server is closing");
    const found = this.#places.get(name);
    if (found) return found;
    const place: Place = { codec: Promise.resolve().then(() => this.#load(name, place)), steps: 0 };
    place.codec.catch((error: unknown) => {
      place.failure = error;
      if (name !== this.defaultName) this.#places.delete(name); // it may be repaired meanwhile
    });
    this.#places.set(name, place);
    return place;
  }

  async #load(name: string, place: Place): Promise<Codec> {
    const codec = await this.#open(name, this.#closing.signal);
    try {
      place.steps = 1;
      for (const half of HALVES) {
        await codec.prepare(half);
        place.steps++;
      }
    } catch (error) {
      await codec.close().catch(() => undefined); // the first failure is the one to tell
      throw error;
    }
    place.info = codec.info;
    return codec;
  }
}

function installed(defaultName: string): { readonly name: string; readonly folder: string }[] {
  const known = [{ name: COMPACT, folder: resolveModel(COMPACT).folder }, ...listCachedModels(process.env)];
  return known.some(({ name }) => name === defaultName)
    ? known
    : [...known, { name: defaultName, folder: resolveModel(defaultName).folder }];
}
