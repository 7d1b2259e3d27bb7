// DNSMOS: Reddy, Gopal and Cutler, "DNSMOS: a non-intrusive perceptual objective speech quality
// metric to evaluate noise suppressors", ICASSP 2021 (P.808), and "DNSMOS P.835", ICASSP 2022.
// Networks, lengths and polynomials are those of the PyPI package "speechmos" 0.0.1.1.

import { MEL_BANDS, melFeatures } from "./mel-features.ts";
import { NEURAL_RATE, type NeuralMeasure } from "./neural-measure.ts";
import { NeuralSession } from "./neural-session.ts";

/** What the network hears at once. Shorter clips are repeated. */
const SEGMENT_SECONDS = 9.01;
const SEGMENT = 144_160;
/** From one segment to the next. */
const STEP = NEURAL_RATE;
/** What P.808's features leave out at the end of a segment. */
const P808_TAIL = 160;

/** From the network's outputs to MOS, constant term first. */
const POLYNOMIALS = [
  { id: "dnsmosSig", label: "DNSMOS SIG", terms: [0.0052439, 1.22083953, -0.08397278] },
  { id: "dnsmosBak", label: "DNSMOS BAK", terms: [-0.39604546, 1.60915514, -0.13166888] },
  { id: "dnsmosOvrl", label: "DNSMOS OVRL", terms: [0.04602535, 1.11546468, -0.06766283] },
] as const;

/**
 * DNSMOS by P.835: quality of the speech (SIG), of the background (BAK) and overall (OVRL), 1 to 5,
 * means over segments of 9.01 s each second.
 * @param path of the network `sig_bak_ovr.onnx`
 * @throws CodecError `not-found`, `bad-model`
 */
export async function openDnsmos(path: string): Promise<NeuralMeasure> {
  const session = await NeuralSession.open(path);
  return {
    measures: POLYNOMIALS.map(({ id, label }) => ({ id, label, model: `DNSMOS P.835, ${session.model}` })),
    async score(samples) {
      const segments = segmentsOf(samples);
      const sums = POLYNOMIALS.map(() => 0);
      for (const data of segments) {
        const raw = await session.run({ [session.inputs[0].name]: { dims: [1, SEGMENT], data } });
        POLYNOMIALS.forEach(({ terms }, i) => (sums[i] += terms[0] + terms[1] * raw[i] + terms[2] * raw[i] ** 2));
      }
      return Object.fromEntries(POLYNOMIALS.map(({ id }, i) => [id, sums[i] / segments.length]));
    },
    close: () => session.close(),
  };
}

/**
 * DNSMOS by P.808: overall quality, 1 to 5, mean over segments as {@link openDnsmos}.
 * @param path of the network `model_v8.onnx`
 * @throws CodecError `not-found`, `bad-model`
 */
export async function openDnsmosP808(path: string): Promise<NeuralMeasure> {
  const session = await NeuralSession.open(path);
  return {
    measures: [{ id: "dnsmosP808", label: "DNSMOS P.808", model: `DNSMOS P.808, ${session.model}` }],
    async score(samples) {
      const segments = segmentsOf(samples);
      let sum = 0;
      for (const segment of segments) {
        const data = melFeatures(segment.subarray(0, SEGMENT - P808_TAIL));
        sum += (await session.run({ [session.inputs[0].name]: { dims: [1, data.length / MEL_BANDS, MEL_BANDS], data } }))[0];
      }
      return { dnsmosP808: sum / segments.length };
    },
    close: () => session.close(),
  };
}

/**
 * Segments of 9.01 s, one each second: of the clip, doubled until it is long enough for one. At
 * least one comes back. Ends are rounded as published: segments that begin at 7 to 23 s, and few
 * later ones, come out one sample short and are left out.
 */
export function segmentsOf(samples: Float32Array): Float32Array[] {
  let length = samples.length;
  while (length < SEGMENT) length *= 2;
  const clip = length === samples.length ? samples : Float32Array.from({ length }, (_, i) => samples[i % samples.length]);
  const count = Math.trunc(Math.floor(length / STEP) - SEGMENT_SECONDS) + 1;
  const ends = Array.from({ length: count }, (_, i) => [i * STEP, Math.trunc((i + SEGMENT_SECONDS) * NEURAL_RATE)] as const);
  return ends.filter(([from, to]) => to - from >= SEGMENT && to <= length).map(([from, to]) => clip.slice(from, to));
}
