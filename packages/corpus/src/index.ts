/** Corpora of speech as codes: made, checked, counted, exported. For Node. */
export { type CorpusInfo, readCorpusInfo, requireCorpus } from "./corpus-info.ts";
export type { RunProgress } from "./engine/progress.ts";
export { append, type ContentOptions, tokenize, type TokenizeOptions, type TokenizeResult } from "./tokenize.ts";
export { openStore } from "./store/open-store.ts";
export type { Store } from "./store/store.ts";
export { readRows } from "./rows/read-shards.ts";
export type { StoredRow } from "./rows/arrow-batch.ts";
export type { ShardInfo } from "./rows/shard-file.ts";
