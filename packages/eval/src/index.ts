/** Quality of speech codecs: baselines, conditions, measures. Runs in a page. */

export { codecLayers } from "./baselines/codec-layers.ts";
export { decodeMuLaw, encodeMuLaw, muLaw } from "./baselines/mu-law.ts";
export { opusBaseline, type OpusOptions } from "./baselines/opus.ts";
export { CARRIERS, parseTransport, transportCodec, type TransportCodecOptions } from "./baselines/transport-codec.ts";
export { pcm8kHz } from "./baselines/pcm-8khz.ts";
export type { CodecUnderTest, CodedClip } from "./codec-under-test.ts";
export type { Condition, LinkCondition } from "./condition.ts";
export { activeSpeechLevel } from "./conditions/active-speech-level.ts";
export { clean } from "./conditions/clean.ts";
export { linkLoss } from "./conditions/link-loss.ts";
export { level } from "./conditions/level.ts";
export { noise } from "./conditions/noise.ts";
export { makeNoise, NOISE_KINDS, type NoiseKind } from "./conditions/noise-source.ts";
export { CONDITION_EXAMPLES, type ConditionSounds, parseCondition } from "./conditions/parse-condition.ts";
export { playback, PLAYBACK_DEVICES, type PlaybackDevice } from "./conditions/playback.ts";
export { reverberation } from "./conditions/reverberation.ts";
export { telephoneBand } from "./conditions/telephone-band.ts";
export { twoTalkers } from "./conditions/two-talkers.ts";
export { alignTo, type Delay, type DelayOptions, findDelay } from "./delay.ts";
export type { MeasureFamily, MeasureInfo, MeasureResult, MeasureValues } from "./measures/measure.ts";
export { chooseMeasures, FAMILIES, MEASURES, measurePair } from "./measures/measures.ts";
export {
  CLEAN,
  type CodecCost,
  type EvaluationResults,
  type Failure,
  type MeasureMean,
  type Provenance,
  type Trial,
  UNPROCESSED,
} from "./evaluation/results.ts";
export { resultsCsv } from "./evaluation/results-csv.ts";
export { type Interval, meanInterval, studentQuantile } from "./evaluation/statistics.ts";
export { codecCosts, goodness, measureMeans, MeanTable } from "./evaluation/summary.ts";
export { chooseExamples, type ExampleChoice, type ExampleSound, type ReportExample } from "./report/examples.ts";
export { reportPage } from "./report/report-page.ts";
export { textTables } from "./report/text-tables.ts";
export { type Atlas, type AtlasClip, type AtlasLayer, type AtlasOptions, makeAtlas } from "./atlas/atlas.ts";
export { atlasJson, type AtlasJsonOptions } from "./atlas/atlas-json.ts";
export { atlasPage } from "./atlas/atlas-page.ts";
export { FRAME_KINDS, type FrameAcoustics, frameAcoustics, QUANTITIES, type Quantity } from "./atlas/frame-acoustics.ts";
export { CODE_CONTEXTS, type CodeContext, type CodeEntropy, codeEntropy, type CodeEntropyOptions } from "./entropy/code-entropy.ts";
