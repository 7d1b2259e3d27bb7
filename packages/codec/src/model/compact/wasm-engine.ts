/** The compact model as an {@link Engine}, all of it in C as WebAssembly. */
import type { ModelInfo } from "../../codes/model-info.ts";
import type { CodecModule } from "../../runtime/codec-module.ts";
import type { Engine, FrameDecoder, FrameEncoder } from "../../runtime/engine.ts";
import { ConcealingDecoder } from "../concealing-decoder.ts";
import type { BlobParts } from "../family.ts";
import type { ModelWeights } from "../weights.ts";
import { compactBlobForC } from "./blob-for-c.ts";
import type { CompactConfig } from "./config.ts";
import { LatentPredictor } from "./latent-predictor.ts";
import { type BlobSource, WasmDecoderModel, WasmEncoderModel } from "./wasm-codec.ts";

/** One open compact model. Encoder and decoder are instances of their own, made at first use. */
export class WasmCompactEngine implements Engine {
  readonly info: ModelInfo;
  readonly #config: CompactConfig;
  readonly #weights: ModelWeights;
  readonly #module: Promise<CodecModule>;
  readonly #predictor: (() => Promise<LatentPredictor>) | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #encoder: Promise<WasmEncoderModel> | undefined;
  #decoder: Promise<WasmDecoderModel> | undefined;

  /** @param module compiled or being compiled; what it fails with is told at first use */
  constructor(info: ModelInfo, config: CompactConfig, weights: ModelWeights, module: Promise<CodecModule>) {
    this.info = info;
    this.#config = config;
    this.#weights = weights;
    this.#module = module;
    this.#predictor = LatentPredictor.of(config, weights);
    module.catch(() => undefined);
  }

  async openEncoder(): Promise<FrameEncoder> {
    this.#encoder ??= this.#open("encoder", (module, source) => WasmEncoderModel.open(module, source, this.info.layers));
    return (await this.#encoder).openEncoder();
  }

  async openDecoder(): Promise<FrameDecoder> {
    this.#decoder ??= this.#open("decoder", (module, source) => WasmDecoderModel.open(module, source, this.info.layers));
    return new ConcealingDecoder((await this.#decoder).openDecoder(), this.info.layers, this.#predictor);
  }

  async close(): Promise<void> {
    this.#encoder = undefined;
    this.#decoder = undefined;
  }

  /** One after the other: both use the codebooks, which each forgets when it is done. */
  #open<T>(parts: BlobParts, open: (module: CodecModule, source: BlobSource) => Promise<T>): Promise<T> {
    const model = { config: this.#config, id: this.info.id, weights: this.#weights };
    const opened = this.#last.then(async () =>
      open(await this.#module, (place) => compactBlobForC(model, parts, { checksum: false, ...place })),
    );
    this.#last = opened.catch(() => undefined);
    return opened;
  }
}
