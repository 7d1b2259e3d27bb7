/**
 * Measures of speech quality: a reference and what became of it, at the same rate and of the same
 * length. Runs in a page.
 */
export { type BandDetail, bandDetail } from "./band-detail.ts";
export { type Clipping, clipping } from "./clipping.ts";
export { f0Contour, type F0Error, f0Error } from "./f0.ts";
export { levelDifference } from "./level.ts";
export { logSpectralDistance } from "./log-spectral-distance.ts";
export { melCepstralDistance } from "./mel-cepstral-distance.ts";
export { type OnsetLoss, onsetLoss } from "./onsets.ts";
export { type PauseError, pauseError } from "./pauses.ts";
export { pesqNarrowBand, pesqWideBand } from "./pesq/pesq.ts";
export { siSdr } from "./si-sdr.ts";
export { estoi, stoi } from "./stoi.ts";
export { hann, powerSpectrogram, type SpectrogramOptions } from "./spectrogram.ts";
export type { MeasureFamily, MeasureInfo, MeasureResult, MeasureValues } from "./measure.ts";
export { chooseMeasures, FAMILIES, MEASURES, measurePair } from "./measures.ts";
