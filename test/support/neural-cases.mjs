/**
 * The clips on which neural measures are compared with the Python package: free example clips, at
 * 16 kHz, clean, spoiled and joined.
 */
import { Audio } from "@twelvehz/codec/node";
import { resample } from "../../packages/codec/dist/audio/resample.js";
import { CLIPS, degrade, readClip } from "./degradations.mjs";

const RATE = 16_000;

function joined(clips) {
  const samples = clips.flatMap(({ samples }) => [...samples]);
  return new Audio(Float32Array.from(samples), clips[0].sampleRate);
}

/**
 * Names and sounds, `[name, Audio]`, at 16 kHz in [-1, 1]. Short clips are repeated by DNSMOS; the
 * long one has several segments.
 */
export async function neuralCases() {
  const [english, chinese] = await Promise.all(CLIPS.map(readClip));
  const cases = {
    english,
    "chinese, noise 10 dB": degrade(chinese, "noise-10"),
    "english, clipped": degrade(english, "clipped"),
    "chinese, dropouts": degrade(chinese, "dropouts"),
    "20 s": joined([english, degrade(chinese, "noise-10"), chinese, degrade(english, "dropouts"), english]),
  };
  return Object.entries(cases).map(([name, clip]) => {
    const { samples } = resample(clip, RATE);
    return [
      name,
      new Audio(
        samples.map((x) => Math.max(-1, Math.min(1, x))),
        RATE,
      ),
    ];
  });
}
