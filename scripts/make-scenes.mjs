/**
 * `node scripts/make-scenes.mjs SPEECH_FOLDER NOISE_FOLDER`: makes the scenes of the page,
 * apps/web/public/scenes, from free recordings. Needs `flac` on the PATH.
 *
 * SPEECH_FOLDER holds the clips that RECIPES names, 24 kHz or more where a scene has 24 kHz:
 * - libritts_*: LibriTTS test-clean, speaker 1320 (OpenSLR 60, CC BY 4.0)
 * - aishell3_*: AISHELL-3, speaker SSB0005 (OpenSLR 93, Apache-2.0)
 * - speechocean762_*: speechocean762, speakers 5406 and 3027 (OpenSLR 101, CC BY 4.0) NOISE_FOLDER
 *   holds seven talkers of LibriSpeech at once (OpenSLR 12, CC BY 4.0), and a market of "Berlin
 *   Noise" (github.com/thomasrosen/berlin_noise, CC BY 4.0).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepare, root } from "./prepare.mjs";

const TARGET = join(root, "apps/web/public/scenes");
const LARGEST_BYTES = 400_000;
/** Level of speech in every scene, RMS of full scale, and the largest value that is left. */
const SPEECH_RMS = 10 ** (-25 / 20);
const LARGEST_VALUE = 0.9;
/** How far the speech stands above the noise of the shop, in dB, over the whole clip. */
const SHOP_SNR_DB = 8;
const FADE_SECONDS = 0.03;
/** The quietest piece of a clip, which fills the pauses. */
const ROOM_SECONDS = 0.1;
/** Half of a grain of it. */
const GRAIN_SECONDS = 0.02;

/** Pieces of a scene in order: a clip, or seconds of pause. */
const RECIPES = [
  {
    file: "shop.flac",
    sampleRate: 16_000,
    pieces: [0.7, "libritts_test-clean_en_1320_01.flac", 0.7],
    noises: ["babble7.opus", "berlin_64710754.opus"],
    title: { en: "A call from a noisy shop", zh: "嘈杂商店里的电话" },
    description: {
      en: "A man reads English while people talk and clatter around him, 8 dB below his voice; 16 kHz, as a phone sends it.",
      zh: "一位男士用英语朗读，周围人声嘈杂，噪声比人声低 8 dB；16 kHz，与电话音质相当。",
    },
    credit:
      "Speech: LibriTTS, Heiga Zen et al., 2019, CC BY 4.0. Noise: LibriSpeech (c) 2014 by Vassil Panayotov, CC BY 4.0; Berlin Noise by Thomas Rosen, CC BY 4.0. Mixed.",
  },
  {
    file: "pauses.flac",
    sampleRate: 24_000,
    pieces: [0.3, "aishell3_zh_SSB0005_00.flac", 1.2, "aishell3_zh_SSB0005_01.flac", 2, "aishell3_zh_SSB0005_02.flac", 0.5],
    noises: [],
    title: { en: "A talk with pauses", zh: "有停顿的讲话" },
    description: {
      en: "A woman says three sentences in Mandarin, with pauses of 1.2 and 2 seconds between them.",
      zh: "一位女士用普通话说三句话，句间停顿 1.2 秒和 2 秒。",
    },
    credit: "AISHELL-3, Yao Shi et al., 2020, Beijing Shell Shell Technology, Apache-2.0. Joined.",
  },
  {
    file: "story.flac",
    sampleRate: 16_000,
    pieces: [
      0.3,
      "speechocean762_en_spk5406_09.flac",
      0.3,
      "speechocean762_en_spk3027_07.flac",
      0.3,
      "speechocean762_en_spk5406_08.flac",
      0.3,
      "speechocean762_en_spk3027_06.flac",
      0.3,
    ],
    noises: [],
    title: { en: "A child's story", zh: "孩子讲故事" },
    description: {
      en: "Two girls, 11 and 8 years old, take turns to read sentences of stories in English, which they are learning.",
      zh: "两个女孩（11 岁和 8 岁）轮流用正在学习的英语朗读故事里的句子。",
    },
    credit: "speechocean762, Junbo Zhang et al., Interspeech 2021, CC BY 4.0. Joined.",
  },
];

let seed = 1;
/** The next of a row of numbers from 0 to 1 that is always the same: Park and Miller 1988. */
const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;

prepare();
const { Audio, encodeWav, readAudio } = await import("../packages/codec/dist/node/index.js");
const { positionals } = parseArgs({ allowPositionals: true });
if (positionals.length !== 2) {
  console.error("Usage: node scripts/make-scenes.mjs SPEECH_FOLDER NOISE_FOLDER");
  process.exit(2);
}
const [speechFolder, noiseFolder] = positionals;
const list = [];
for (const recipe of RECIPES) list.push(await makeScene(recipe));
list.reverse(); // the easiest to hear comes first, the noisy one last
writeFileSync(join(TARGET, "scenes.json"), `${JSON.stringify(list, undefined, 2)}\n`);

/** Writes the sound of a scene; returns its entry of the list. */
async function makeScene({ file, sampleRate, pieces, noises, title, description, credit }) {
  const clips = [];
  for (const piece of pieces) clips.push(typeof piece === "string" ? await speech(piece, sampleRate) : piece);
  const dry = joinPieces(clips, sampleRate);
  const wet = noises.length === 0 ? dry : mixed(dry, await noiseOf(noises, sampleRate, dry.length));
  const gain = Math.min(1, LARGEST_VALUE / largest(wet));
  writeFlac(join(TARGET, file), scaled(wet, gain), sampleRate);
  const clean = noises.length === 0 ? undefined : file.replace(".flac", "-clean.flac"); // the voice alone, as loud as it is in the scene
  if (clean) writeFlac(join(TARGET, clean), scaled(dry, gain), sampleRate);
  return { file, ...(clean && { clean }), seconds: Number((wet.length / sampleRate).toFixed(1)), title, description, credit };
}

async function speech(name, sampleRate) {
  const { samples } = await readAudio(join(speechFolder, name), { sampleRate });
  return scaled(faded(samples, sampleRate), SPEECH_RMS / rms(samples));
}

/** The noises one on top of the other, each as loud as the others, as long as asked for. */
async function noiseOf(names, sampleRate, length) {
  const sum = new Float32Array(length);
  for (const name of names) {
    const { samples } = await readAudio(join(noiseFolder, name), { sampleRate });
    const gain = 1 / rms(samples);
    for (let i = 0; i < length; i++) sum[i] += gain * samples[i % samples.length];
  }
  return faded(sum, sampleRate);
}

function mixed(speechSamples, noise) {
  const gain = SPEECH_RMS / 10 ** (SHOP_SNR_DB / 20) / rms(noise);
  return speechSamples.map((x, i) => x + gain * noise[i]);
}

/**
 * Clips and pauses one after the other; a pause sounds like the room of the clip before it, or of
 * the first one.
 */
function joinPieces(pieces, sampleRate) {
  const rooms = pieces.map((piece) => (typeof piece === "number" ? undefined : quietestPart(piece, Math.round(ROOM_SECONDS * sampleRate))));
  let room = rooms.find((part) => part !== undefined);
  const parts = pieces.map((piece, i) => {
    if (typeof piece !== "number") {
      room = rooms[i];
      return piece;
    }
    return faded(moreOf(room, Math.round(piece * sampleRate), sampleRate), sampleRate);
  });
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** Without the faded edges, and without clicks: the part whose largest value is the smallest. */
function quietestPart(samples, length) {
  let [best, smallest] = [undefined, Infinity];
  for (let at = length >> 2; at + length <= samples.length - (length >> 2); at += length >> 2) {
    const part = samples.subarray(at, at + length);
    const value = largest(part);
    if (value < smallest) [best, smallest] = [part, value];
  }
  return best;
}

/**
 * So much of a room as is asked for: short grains of the piece, from random places, each fading
 * into the next, so that nothing repeats.
 */
function moreOf(part, length, sampleRate) {
  const half = Math.round(GRAIN_SECONDS * sampleRate);
  const out = new Float32Array(length);
  for (let at = -half; at < length; at += half) {
    const from = Math.floor(random() * (part.length - 2 * half));
    for (let i = 0; i < 2 * half; i++) {
      if (at + i >= 0 && at + i < length) out[at + i] += part[from + i] * Math.sin((Math.PI * (i + 0.5)) / (2 * half));
    }
  }
  return out;
}

function faded(samples, sampleRate) {
  const fade = Math.round(FADE_SECONDS * sampleRate);
  return samples.map((x, i) => x * Math.min(1, i / fade, (samples.length - 1 - i) / fade));
}

function scaled(samples, gain) {
  return samples.map((x) => x * gain);
}

function largest(samples) {
  return samples.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
}

function rms(samples) {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
}

function writeFlac(path, samples, sampleRate) {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-scene-"));
  try {
    const wav = join(folder, "scene.wav");
    writeFileSync(wav, encodeWav(new Audio(samples, sampleRate)).bytes);
    const { status, error } = spawnSync("flac", ["--silent", "--best", "--force", "--no-padding", "-o", path, wav], { stdio: "inherit" });
    if (status !== 0) throw new Error(`flac failed: ${error?.message ?? status}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const { size } = statSync(path);
  if (size > LARGEST_BYTES) throw new Error(`${path} has ${size} bytes, over ${LARGEST_BYTES}`);
  console.log(`${path}: ${(samples.length / sampleRate).toFixed(1)} s, ${size} bytes`);
}
