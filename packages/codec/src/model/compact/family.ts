import type { ModelFamily } from "../family.ts";
import { COMPACT_MODEL_TYPE, type CompactConfig, parseCompactConfig } from "./config.ts";
import { compactBlobForC, runsInC } from "./blob-for-c.ts";
import { buildCompactDecoder, buildCompactEncoder } from "./networks.ts";
import { openCompact } from "./open.ts";

/** Our own small network. */
export const compactFamily: ModelFamily<CompactConfig> = {
  name: "compact",
  modelType: COMPACT_MODEL_TYPE,
  hubIds: [],
  traits: { attention: false, parallelCodecs: true, streamsPerProcessor: 8, plainCodebooks: true },
  parseConfig: parseCompactConfig,
  networks: (config) => [
    (source) => buildCompactEncoder(config, source), //
    (source) => buildCompactDecoder(config, source),
  ],
  codebooks: () => ["codebooks"],
  inC: { runs: runsInC, blob: (model, parts, bits) => compactBlobForC(model, parts, { bits }) },
  open: openCompact,
};
