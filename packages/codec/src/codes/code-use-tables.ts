/** A table as it is stored: both parts as base64 of signed bytes. */
export interface StoredCodeUse {
  readonly modelId: string;
  readonly codebookSize: number;
  readonly use: readonly string[];
  readonly places: readonly string[];
}

/** How models use the codes of their first layers. Written by `node bench/code-use.mjs`; see code-use.ts. */
export const CODE_USE_TABLES: readonly StoredCodeUse[] = [];
