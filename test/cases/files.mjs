/**
 * Files that other programs have written, and what must come out of each: through the command, the
 * library and the server.
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { codesFormatOf, collectAudio, openAudioFile, readCodes } from "@twelvehz/codec/node";
import { createServer } from "@twelvehz/server";
import { ffmpegIsThere, twelvehz } from "./run.mjs";

/**
 * Sound: how long it is, s. `ffmpeg`: only with its help. `status`: exit status of the command, 3
 * where something is damaged. `rms`: how loud it is, where a wrong reading would be as long.
 */
const SOUNDS = {
  "aac-with-id3/m37_aac_id3_hls.aac": { seconds: 4, ffmpeg: true },
  "aiff-lengths/a02_frames0_streamed.aiff": { seconds: 4 },
  "aiff-lengths/a03_frames_max.aiff": { seconds: 4 },
  "aiff-lengths/a04_frames_more_than_data.aiff": { seconds: 4 },
  "aiff-lengths/a15_sox_pipe.aiff": { seconds: 4 },
  "aiff-lengths/a16_ffmpeg_pipe.aiff": { seconds: 4 },
  "ffmpeg-xerror/b17_trunc.aac": { seconds: 2.3, ffmpeg: true },
  "ffmpeg-xerror/b18_trunc.ts": { seconds: 2.8, ffmpeg: true },
  "ffmpeg-xerror/b20_frag_trunc.mp4": { seconds: 2.8, ffmpeg: true },
  "ffmpeg-xerror/b23_pipe.caf": { seconds: 4, ffmpeg: true },
  "flac-from-pipe-too-large/f27_4bit_8bit.flac": { seconds: 4 },
  "flac-total-on-boundary-silent/f04_total_half.flac": { seconds: 4 },
  "mp3-cut-last-frame/m03_truncated_last_frame.mp3": { seconds: 4 },
  "mp3-cut-last-frame/m04_truncated_xing.mp3": { seconds: 3 },
  "mp3-cut-last-frame/m05_info_cbr_truncated.mp3": { seconds: 2 },
  "mp3-found-inside-mp4/a38_mp3_in_mov.mov": { seconds: 4, ffmpeg: true },
  "mp3-found-inside-mp4/b12_mp3.mp4": { seconds: 4, ffmpeg: true },
  "mp3-frame-count-wrong/m30_vbri_10x_frames.mp3": { seconds: 4 },
  "mp3-frame-count-wrong/m32_xing_counts_itself.mp3": { seconds: 4 },
  "mp3-frame-count-wrong/m33_xing_huge.mp3": { seconds: 4 },
  "mp3-freeformat/m01_freeformat400.mp3": { seconds: 4 },
  "mp3-freeformat/m02_freeformat64.mp3": { seconds: 4 },
  "ogg-chained/o01_chained_vorbis.ogg": { seconds: 8 },
  "ogg-chained/o02_chained_opus.opus": { seconds: 8 },
  "ogg-chained/o03_chained_mono_stereo.opus": { seconds: 8 },
  "ogg-chained/o41_chained_same_serial.opus": { seconds: 8 },
  "ogg-no-eos/o05_no_eos_android.oga": { seconds: 4 },
  "ogg-no-eos/o06_no_eos_vorbis.ogg": { seconds: 4 },
  "rifx-noise/w26_rifx.wav": { seconds: 4, rms: 0.0531 },
  "vorbis-granule-zero-silent/o33_granule_all_zero_vorbis.ogg": { seconds: 4 },
  "wav-block-align/w03_blockalign0.wav": { seconds: 4, rms: 0.0531 },
  "wav-block-align/w04_blockalign1_of16mono.wav": { seconds: 4, rms: 0.0531 },
  "wav-block-align/w05_blockalign16bits.wav": { seconds: 4, rms: 0.0531 },
  "wav-block-align/w06_stereo_blockalign2.wav": { seconds: 4, rms: 0.0531 },
  "wav-codec-bits0/b08_gsm.wav": { seconds: 4, ffmpeg: true },
  "wav-codec-bits0/b09_mp3_in.wav": { seconds: 4, ffmpeg: true },
  "wav-codec-bits0/b24_g723.wav": { seconds: 4, ffmpeg: true },
  "wav-size-wrong/w07_data_size_too_big.wav": { seconds: 4 },
  "wav-size-wrong/w08_data_size_40_too_big.wav": { seconds: 4 },
  "wav-size-wrong/w09_truncated_half.wav": { seconds: 2 },
  "wav-size-wrong/w14_data_size_0x80000000plus.wav": { seconds: 4 },
  "wav-size-wrong/w43_rf64_ds_too_big.wav": { seconds: 4 },
};

/** Codes: frames that are there, and the exit status of decoding them; no frames are an error. */
const CODES = {
  "json-keys-differ/d05_audio_codes.json": { frames: 13 },
  "json-keys-differ/e07_codes_key.jsonl": { frames: 13 },
  "npy-trailing/c18.npz": { frames: 13 },
  "npy-trailing/c22_trailing.npy": { frames: 13 },
  "t12-cut-empty-success/cut.t12": { frames: 0, status: 65 },
  "t12-cut-empty-success/cut4.t12": { frames: 128, status: 3 },
};

/** What a container or an encoder may add or take away, s. */
const TOLERANCE_SECONDS = 0.15;

/** Tries every file in every way. */
export async function* tryFiles(folder, scratch) {
  const { app } = createServer({ model: "compact" });
  try {
    for (const [name, right] of Object.entries(SOUNDS)) yield* trySound(join(folder, name), right, { app, scratch });
    for (const [name, right] of Object.entries(CODES)) yield* tryCodes(join(folder, name), right, { app, scratch });
  } finally {
    await app.close();
  }
}

async function* trySound(path, right, { app, scratch }) {
  const name = basename(path);
  if (right.ffmpeg && !ffmpegIsThere) yield { name, outcome: "skipped", why: "it wants an ffmpeg on the PATH" };
  else {
    yield await judged(`${name}, library`, () => libraryHears(path, right));
    yield await judged(`${name}, command`, () => commandHears(path, right, scratch));
  }
  yield await judged(`${name}, server`, () => serverHears(path, right, app));
}

async function judged(name, attempt) {
  try {
    const why = await attempt();
    return { name, outcome: why === undefined ? "passed" : "failed", why };
  } catch (error) {
    return { name, outcome: "failed", why: error.message };
  }
}

function lengthProblem(found, { seconds }) {
  return Math.abs(found - seconds) > TOLERANCE_SECONDS ? `${found.toFixed(2)} s were found, ${seconds} s are there` : undefined;
}

async function libraryHears(path, right) {
  const { samples, durationSeconds } = await collectAudio(await openAudioFile(path), 24_000);
  const rms = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
  const isLoud = right.rms === undefined || Math.abs(rms / right.rms - 1) < 0.02;
  return lengthProblem(durationSeconds, right) ?? (isLoud ? undefined : `its level is ${rms.toFixed(4)}, ${right.rms} is right`);
}

async function commandHears(path, right, scratch) {
  const { status, stdout, stderr } = await twelvehz(["encode", path, "-o", join(scratch, "out.t12"), "--json"]);
  if (status !== (right.status ?? 0)) return `exit status ${status}: ${stderr}`;
  return lengthProblem(JSON.parse(stdout).durationSeconds, right);
}

/** The server reads nothing through ffmpeg: it must name what the file is. */
async function serverHears(path, right, app) {
  const answer = await app.inject({ method: "POST", url: "/v1/encode?format=json", payload: readFileSync(path), headers: OCTETS });
  if (right.ffmpeg)
    return answer.statusCode === 415 ? undefined : `status ${answer.statusCode}, 415 is right: ${answer.payload.slice(0, 200)}`;
  if (answer.statusCode !== 200) return `status ${answer.statusCode}: ${answer.payload.slice(0, 200)}`;
  return lengthProblem(answer.json().sampleCount / 24_000, right);
}

const OCTETS = { "content-type": "application/octet-stream" };

async function* tryCodes(path, right, { app, scratch }) {
  const name = basename(path);
  const status = right.status ?? 0;
  yield await judged(`${name}, library`, async () => {
    const { codes, complete } = await readCodes(path, { salvage: true });
    const isRight = codes.frames === right.frames && complete === (status === 0);
    return isRight ? undefined : `${codes.frames} frames, ${complete ? "" : "not "}complete`;
  });
  yield await judged(`${name}, command`, async () => {
    const run = await twelvehz(["decode", path, "-o", join(scratch, "out.wav"), "--json"]);
    if (run.status !== status) return `exit status ${run.status}, ${status} is right: ${run.stderr}`;
    return right.frames === 0 || JSON.parse(run.stdout).frames === right.frames ? undefined : run.stdout;
  });
  yield await judged(`${name}, server`, async () => {
    const format = name.endsWith(".npz") ? "npy" : codesFormatOf(name);
    const answer = await app.inject({ method: "POST", url: `/v1/decode?format=${format}`, payload: readFileSync(path), headers: OCTETS });
    const wanted = right.frames === 0 ? 400 : 200;
    if (answer.statusCode !== wanted) return `status ${answer.statusCode}, ${wanted} is right: ${answer.payload.slice(0, 200)}`;
    const isTold = answer.headers["twelvehz-findings"] !== undefined;
    return wanted === 400 || status === 0 || isTold ? undefined : "no header tells of the damage";
  });
}
