/** Evaluation in Node: folders, jobs, reports. */
export * from "../index.ts";
export { type ClipFile, listClips } from "@twelvehz/clips";
export { evaluate } from "./evaluate.ts";
export type { EvaluateOptions, EvaluationProgress } from "./evaluate-options.ts";
export { DEFAULT_SECONDS, EVALUATION_RATE, readClip } from "./read-clip.ts";
export { type OpenCodecs, openCodecs } from "./codec-list.ts";
export { type ConditionSources, type OpenConditions, openConditions } from "./condition-list.ts";
export { reportExamples } from "./report-sounds.ts";
export { atlasOfFolder, type AtlasProgress, type FolderAtlasOptions } from "./atlas.ts";
export { readCodebooks } from "./atlas-codebooks.ts";
export { type AtlasMaking, atlasMaking } from "./atlas-making.ts";
export type { NeuralMeasureInfo } from "./neural/neural-measure.ts";
export { type NeuralMeasures, type NeuralMeasuresOptions, openNeuralMeasures } from "./neural/open-neural-measures.ts";
export { externalCodec, type ExternalCodecOptions } from "./external-codec.ts";
export { splitCommand } from "./split-command.ts";
