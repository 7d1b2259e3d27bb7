import type { ModelFamily } from "../family.ts";
import { parsePublishedConfig, PUBLISHED_MODEL_TYPE, type PublishedConfig } from "./config.ts";

/** What the published model is called in token files. */
const PUBLISHED_NAME = "Qwen3-TTS-Tokenizer-12Hz";

/** Qwen3-TTS-Tokenizer-12Hz. One codec takes 0.7 GB and all processors. */
export const publishedFamily: ModelFamily<PublishedConfig> = {
  name: "published",
  modelType: PUBLISHED_MODEL_TYPE,
  hubIds: ["Qwen/Qwen3-TTS-Tokenizer-12Hz"],
  traits: { attention: true, parallelCodecs: false, streamsPerProcessor: 0.5, plainCodebooks: false },
  parseConfig: parsePublishedConfig,
  networks: async (config) => {
    const [{ buildPublishedEncoder }, { buildPublishedDecoder }] = await Promise.all([import("./encoder.ts"), import("./decoder.ts")]);
    return { encoder: (source) => buildPublishedEncoder(config, source), decoder: (source) => buildPublishedDecoder(config, source) };
  },
  codebooks: async (config) => (await import("./decoder.ts")).publishedCodebooks(config),
  hasKernels: true,
  isHalved: (name, shape) => /^decoder\.(?!.*\.dwconv\.).*\.weight$/.test(name) && shape.length > 1,
  open: async (model) => (await import("./engine.ts")).PublishedEngine.open(PUBLISHED_NAME, model),
};
