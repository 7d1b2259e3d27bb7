/** Corpora of speech as codes: made, checked, counted, exported. For Node. */
export { type CorpusInfo, readCorpusInfo, requireCorpus } from "./corpus-info.ts";
export type { RunProgress } from "./engine/progress.ts";
export { append, type ContentOptions, tokenize, type TokenizeOptions, type TokenizeResult } from "./tokenize.ts";
export { openStore } from "./store/open-store.ts";
export type { Store } from "./store/store.ts";
export { readRows } from "./rows/read-shards.ts";
export type { StoredRow } from "./rows/arrow-batch.ts";
export type { ShardInfo } from "./rows/shard-file.ts";
export { type CorpusStats, corpusStats, type LayerUse, type Spread } from "./stats/corpus-stats.ts";
export { statsPage } from "./stats/stats-page.ts";
export { type CorpusFault, type Verification, verifyCorpus, type VerifyCorpusOptions } from "./verify.ts";
export { EXPORT_FORMATS, exportCorpus, type ExportCorpusOptions, type ExportFormat } from "./exports/export-corpus.ts";
export { type QueueOptions, runOnQueue } from "./engine/queue.ts";
export { type RunMetrics, serveRunMetrics } from "./engine/metrics.ts";
export type { RunOptions } from "./engine/run-plan.ts";
export { watchPlan, workOn, type WorkOptions } from "./work.ts";
