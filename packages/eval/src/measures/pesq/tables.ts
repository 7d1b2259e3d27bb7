// Tables of ITU-T Recommendation P.862 (02/2001) and P.862.2 (11/2007). The numbers are facts of
// the standard, as published in the electronic attachment to P.862 that the PyPI package "pesq"
// 0.0.4 carries (its pesqpar.h, pesq.h and pesqmain.h); only numbers were taken from there.

/** Points of a gain over frequency, Hz and dB; between them the gain in dB is linear. */
export type GainCurve = readonly (readonly [hertz: number, gainDb: number])[];
/** Second-order section: b0, b1, b2, a1, a2. */
export type Section = readonly [b0: number, b1: number, b2: number, a1: number, a2: number];

/** What depends on the sample rate. */
export interface PesqRate {
  /** Hz. */
  readonly sampleRate: 8000 | 16000;
  /** Samples of a step of the envelope, 4 ms. */
  readonly step: number;
  /** Samples of a frame of fine time alignment, 64 ms. */
  readonly alignmentFrame: number;
  /** Samples of a frame of the perceptual model, 32 ms; frames overlap by half. */
  readonly frame: number;
  /** Sp, factor from powers of the transform to pitch power densities. */
  readonly powerFactor: number;
  /** Filter of the signals that are aligned in time; it plays no part in the perceptual model. */
  readonly alignmentSections: readonly Section[];
  /** Input filter of P.862.2. */
  readonly wideBandSection: Section;
  /** Bins of the transform in each Bark band. */
  readonly binsPerBand: readonly number[];
  /**
   * Correction of the power density in each band, by which the uneven number of bins is made good.
   */
  readonly bandCorrection: readonly number[];
}

/** Sl, factor of the loudness: `Sl_8k` and `Sl_16k`. */
export const LOUDNESS_FACTOR = 0.1866055;
/**
 * Centres of the bands, Bark, `[49]`; at 8 kHz the first 42 are used, also of the tables that
 * follow. `centre_of_band_bark_16k`.
 */
export const BAND_CENTRES: readonly number[] = [
  0.078672, 0.316341, 0.636559, 0.961246, 1.29045, 1.624217, 1.962597, 2.305636, 2.653383, 3.005889, 3.363201, 3.725371, 4.092449, 4.464486,
  4.841533, 5.223642, 5.610866, 6.003256, 6.400869, 6.803755, 7.211971, 7.625571, 8.044611, 8.469146, 8.899232, 9.334927, 9.776288,
  10.223374, 10.676242, 11.134952, 11.599563, 12.070135, 12.546731, 13.029408, 13.518232, 14.013264, 14.514566, 15.022202, 15.536238,
  16.056736, 16.583761, 17.117382, 17.657663, 18.204674, 18.758478, 19.319147, 19.886751, 20.461355, 21.043034,
];
/** Widths of the bands, Bark. `width_of_band_bark_16k`. */
export const BAND_WIDTHS: readonly number[] = [
  0.157344, 0.317994, 0.322441, 0.326934, 0.331474, 0.336061, 0.340697, 0.345381, 0.350114, 0.354897, 0.359729, 0.364611, 0.369544,
  0.374529, 0.379565, 0.384653, 0.389794, 0.394989, 0.400236, 0.405538, 0.410894, 0.416306, 0.421773, 0.427297, 0.432877, 0.438514,
  0.444209, 0.449962, 0.455774, 0.461645, 0.467577, 0.473569, 0.479621, 0.485736, 0.491912, 0.498151, 0.504454, 0.510819, 0.51725, 0.523745,
  0.530308, 0.536934, 0.543629, 0.55039, 0.55722, 0.564119, 0.571085, 0.578125, 0.585232,
];
/** Absolute threshold of hearing in each band, as a power. `abs_thresh_power_16k`. */
export const HEARING_THRESHOLDS: readonly number[] = [
  51286152, 2454709.5, 70794.59375, 4897.788574, 1174.897705, 389.045166, 104.71286, 45.70882, 17.782795, 9.772372, 4.897789, 3.090296,
  1.905461, 1.258925, 0.977237, 0.724436, 0.562341, 0.457088, 0.389045, 0.331131, 0.295121, 0.269153, 0.25704, 0.251189, 0.251189, 0.251189,
  0.251189, 0.263027, 0.288403, 0.30903, 0.338844, 0.371535, 0.398107, 0.436516, 0.467735, 0.489779, 0.501187, 0.501187, 0.512861, 0.524807,
  0.524807, 0.524807, 0.512861, 0.47863, 0.42658, 0.371535, 0.363078, 0.416869, 0.537032,
];

const BINS_16K = [
  1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 3, 4, 5, 4, 5, 6, 6, 7, 8, 9, 9, 12, 12, 15, 16,
  18, 21, 25, 20,
];
const CORRECTION_16K = [
  100, 99.999992, 100, 100.000008, 100.000008, 100.000015, 99.999992, 99.999969, 50.000027, 100, 99.999969, 100.000015, 99.999947,
  100.000061, 53.047077, 110.000046, 117.991989, 65, 68.760147, 69.999931, 71.428818, 75.000038, 76.843384, 80.968781, 88.646126, 63.864388,
  68.15535, 72.547775, 75.584831, 58.379192, 80.950836, 64.135651, 54.384785, 73.821884, 64.437073, 59.176456, 65.521278, 61.399822,
  58.144047, 57.004543, 64.126297, 54.311001, 61.114979, 55.077751, 56.849335, 55.628868, 53.137054, 54.985844, 79.546974,
];

/** 350 to 3250 Hz, for the level. `align_filter_dB`. */
export const LEVEL_BAND: GainCurve = [
  [0, -500],
  [300, -500],
  [350, 0],
  [3250, 0],
  [3500, -500],
  [8000, -500],
];
/** The IRS receiving characteristic of the narrow-band model. `standard_IRS_filter_dB`. */
export const IRS_RECEIVE: GainCurve = [
  [0, -200],
  [50, -40],
  [100, -20],
  [125, -12],
  [160, -6],
  [200, 0],
  [250, 4],
  [300, 6],
  [350, 8],
  [400, 10],
  [500, 11],
  [600, 12],
  [3250, 12],
  [3500, 4],
  [4000, -200],
  [8000, -200],
];

/**
 * Narrow band. `InIIR_Hsos_8k`, `WB_InIIR_Hsos_8k`, `nr_of_hz_bands_per_bark_band_8k`,
 * `pow_dens_correction_factor_8k`.
 */
export const RATE_8K: PesqRate = {
  sampleRate: 8000,
  step: 32,
  alignmentFrame: 512,
  frame: 256,
  powerFactor: 2.764344e-5,
  alignmentSections: [
    [0.885535424, -0.885535424, 0, -0.771070709, 0],
    [0.895092588, 1.292907193, 0.449260174, 1.268869037, 0.442025372],
    [4.04952794, -7.865190042, 3.815662102, -1.746859852, 0.786305963],
    [0.500002353, -0.500002353, 0, 0, 0],
    [0.565002834, -0.241585934, -0.306009671, 0.259688659, 0.249979657],
    [2.115237288, 0.919935084, 1.141240051, -1.587313419, 0.665935315],
    [0.912224584, -0.224397719, -0.641121413, -0.246029464, -0.55672059],
    [0.444617727, -0.307589321, 0.141638062, -0.996391149, 0.502251622],
  ],
  wideBandSection: [2.6657628, -5.3315255, 2.6657628, -1.8890331, 0.89487434],
  binsPerBand: [...BINS_16K.slice(0, 41), 11],
  bandCorrection: [...CORRECTION_16K.slice(0, 41), 59.248363],
};

/**
 * Wide or narrow band. `InIIR_Hsos_16k`, `WB_InIIR_Hsos_16k`, `nr_of_hz_bands_per_bark_band_16k`,
 * `pow_dens_correction_factor_16k`.
 */
export const RATE_16K: PesqRate = {
  sampleRate: 16_000,
  step: 64,
  alignmentFrame: 1024,
  frame: 512,
  powerFactor: 6.910853e-6,
  alignmentSections: [
    [0.325631521, -0.08678286, -0.238848661, -1.07941649, 0.434583902],
    [0.403961804, -0.556985881, 0.153024077, -0.415115835, 0.696590244],
    [4.736162769, 3.287251046, 1.753289019, -1.859599046, 0.876284034],
    [0.365373469, 0, 0, -0.634626531, 0],
    [0.884811506, 0, 0, -0.256725271, 0.141536777],
    [0.723593055, -1.447186099, 0.723593044, -1.129587469, 0.657232737],
    [1.644910855, -1.817280902, 1.249658063, -1.778403899, 0.801724355],
    [0.633692689, -0.284644314, -0.319789663, 0, 0],
    [1.032763031, 0.268428979, 0.602913323, 0, 0],
    [1.001616361, -0.823749013, 0.439731942, -0.885778255, 0],
    [0.752472096, -0.37538899, 0.188977609, -0.077258216, 0.247230734],
    [1.023700575, 0.001661628, 0.52128424, -0.183867259, 0.354324187],
  ],
  wideBandSection: [2.740826, -5.4816519, 2.740826, -1.9444777, 0.94597794],
  binsPerBand: BINS_16K,
  bandCorrection: CORRECTION_16K,
};
