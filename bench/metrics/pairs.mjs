/**
 * Pairs of a clip and what a codec leaves of it, as WAV files at 24, 16 and 8 kHz, for the
 * agreement of measures.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Audio, openCodec, readAudio, writeAudio } from "@twelvehz/codec/node";
import { resample } from "../../packages/codec/dist/audio/resample.js";
import { readClip, soundFiles } from "../clips.mjs";

const RATE = 24_000;
const LAYERS = [16, 4];
const OPUS_KILOBITS = [6, 8, 12];

/** Names of the codecs that {@link makePairs} runs. */
export const CODECS = [...LAYERS.map((n) => `layers-${n}`), ...OPUS_KILOBITS.map((k) => `opus-${k}`), "pcm-8"];
/** Rates that every signal is written at, Hz. */
export const RATES = [24_000, 16_000, 8_000];

/**
 * Where a signal lies: `FOLDER/CLIP.CODEC.RATE.wav`, with the codec "reference" for the clip
 * itself.
 */
export function wavPath(folder, clip, codec, rate) {
  return join(folder, `${clip}.${codec}.${rate}.wav`);
}

/** Writes a signal at every rate, cut or padded to `length` samples at 24 kHz. */
export async function writeRates(folder, clip, codec, audio, length) {
  const samples = new Float32Array(length);
  samples.set(audio.samples.subarray(0, length));
  const exact = new Audio(samples, RATE);
  for (const rate of RATES) await writeAudio(wavPath(folder, clip, codec, rate), resample(exact, rate), { float: true });
}

/** Hard constant bit rate, tuned for speech; opusdec takes the delay out. */
async function opusRoundTrip(folder, clip, kilobits) {
  const [packed, out] = [join(folder, "packed.opus"), join(folder, "packed.wav")];
  const steps = [
    ["opusenc", ["--quiet", "--speech", "--hard-cbr", "--bitrate", String(kilobits), wavPath(folder, clip, "reference", RATE), packed]],
    ["opusdec", ["--quiet", "--float", "--rate", String(RATE), packed, out]],
  ];
  for (const [program, args] of steps) if (spawnSync(program, args).status !== 0) throw new Error(`${program} failed on clip ${clip}`);
  return readAudio(out);
}

/** 8000 samples a second of 8 bits. */
function pcmRoundTrip(audio) {
  const narrow = resample(audio, 8000);
  const steps = narrow.samples.map((x) => Math.max(-128, Math.min(127, Math.round(x * 128))) / 128);
  return resample(new Audio(steps, 8000), RATE);
}

/** @returns the names of the clips, in order */
export async function makePairs(clips, folder) {
  const files = soundFiles(clips);
  const codec = await openCodec();
  for (const [clip, file] of files.entries()) {
    const audio = await readClip(join(clips, file));
    const length = audio.samples.length;
    await writeRates(folder, clip, "reference", audio, length);
    const codes = await codec.encode(audio);
    for (const layers of LAYERS) await writeRates(folder, clip, `layers-${layers}`, await codec.decode(codes, { layers }), length);
    for (const kilobits of OPUS_KILOBITS)
      await writeRates(folder, clip, `opus-${kilobits}`, await opusRoundTrip(folder, clip, kilobits), length);
    await writeRates(folder, clip, "pcm-8", pcmRoundTrip(audio), length);
  }
  await codec.close();
  return files;
}
