/** Clips for measurements: the sound files of a folder, cut at 12 s. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Audio, readAudio } from "@twelvehz/codec/node";

/** Clips are cut after so many seconds. */
export const LONGEST_SECONDS = 12;
const SOUND = /\.(wav|flac|mp3|ogg|opus)$/i;

/** Names of the sound files of a folder, in order. */
export function soundFiles(folder) {
  return readdirSync(folder)
    .filter((file) => SOUND.test(file))
    .sort();
}

/** The first 12 s of a file, at 24 kHz. */
export async function readClip(file) {
  const { samples, sampleRate } = await readAudio(file, { sampleRate: 24_000 });
  return new Audio(samples.subarray(0, LONGEST_SECONDS * sampleRate), sampleRate);
}

/** {@link readClip} of every sound file of a folder. */
export function readClips(folder) {
  return Promise.all(soundFiles(folder).map((file) => readClip(join(folder, file))));
}

/** At most so many clips, at even distances. */
export function spread(clips, limit) {
  return limit >= clips.length ? clips : Array.from({ length: limit }, (_, i) => clips[Math.floor((i * clips.length) / limit)]);
}
