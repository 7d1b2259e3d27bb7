import type { WeightSource } from "../../graph/builder.ts";
import type { ModelFamily } from "../family.ts";
import { COMPACT_MODEL_TYPE, type CompactConfig, parseCompactConfig } from "./config.ts";
import { compactBlobForC, runsInC } from "./blob-for-c.ts";
import { openCompact } from "./open.ts";
import { weightShapes } from "./weight-shapes.ts";

/** Our own small network. */
export const compactFamily: ModelFamily<CompactConfig> = {
  name: "compact",
  modelType: COMPACT_MODEL_TYPE,
  hubIds: [],
  traits: { attention: false, parallelCodecs: true, streamsPerProcessor: 8, plainCodebooks: true },
  parseConfig: parseCompactConfig,
  networks: (config) => ({
    encoder: (source) => askFor("encoder", config, source),
    decoder: (source) => askFor("decoder", config, source),
  }),
  codebooks: () => ["codebooks"],
  inC: { runs: runsInC, blob: compactBlobForC },
  open: openCompact,
};

function askFor(half: "encoder" | "decoder", config: CompactConfig, source: WeightSource): void {
  for (const [name, dims] of weightShapes(half, config)) source.weight(name, dims);
}
