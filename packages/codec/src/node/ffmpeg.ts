import { type ChildProcessByStdio, spawn } from "node:child_process";
import { access, constants, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { CodecError } from "../errors.ts";
import { fileError } from "./file-errors.ts";

/** What ffmpeg is to decode. */
export interface FfmpegInput {
  /** Path of the program. */
  readonly program: string;
  /** Name of the sound for messages. */
  readonly name: string;
  /** Path of a file, or its bytes. */
  readonly source: string | AsyncIterable<Uint8Array>;
  /**
   * End with an error when it finds damage, instead of telling of it and going on. Default false.
   */
  readonly strict?: boolean | undefined;
  /** Told in ffmpeg's words what it found to be wrong, after the sound. Default: nobody. */
  readonly onTrouble?: ((words: string) => void) | undefined;
  /** Ends the program. */
  readonly signal?: AbortSignal | undefined;
}

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** A WAV file of fewer bytes has no sound in it. */
const WAV_HEADER_BYTES = 128;
/**
 * What ffmpeg may read: containers and streams of sound that hold all of it themselves. Playlists
 * (hls, concat, dash, sdp, imf) are not here.
 */
const FORMATS =
  "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,aac,ac3,eac3,dts,mp3,wav,w64,aiff,caf,flac,ogg,asf,amr,amrnb,amrwb,wv,ape,tta,au,voc,avi,flv," +
  "mpegts,mpeg,gsm,g723_1,g722,g729,rm,dsf,iff,loas,latm,mpc,mpc8,ircam,sln,sox,nut,act,bit,shn,tak,oma,aea,xwma,iamf";

/** How much of what ffmpeg says goes into an error. */
const MAX_SAYING = 400;

/** Path of an `ffmpeg` on the PATH, or undefined. */
export async function findFfmpeg(): Promise<string | undefined> {
  const name = process.platform === "win32" ? "ffmpeg.exe" : "ffmpeg";
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    if (folder === "") continue;
    const path = join(folder, name);
    const usable = await access(path, constants.X_OK)
      .then(() => stat(path))
      .then(
        (found) => found.isFile(),
        () => false,
      );
    if (usable) return path;
  }
  return undefined;
}

/**
 * The first sound stream of a file as the bytes of a WAV file of 32-bit floats, decoded by an
 * ffmpeg process that reads nothing but the given source: playlists and scripts, which name other
 * files, are not among the formats that it may use. The process ends with the loop.
 * @throws CodecError `bad-format` with ffmpeg's words when it gives no sound, or where it is strict
 * and finds damage; `io` when it cannot be started
 */
export async function* ffmpegBytes(input: FfmpegInput): AsyncGenerator<Uint8Array> {
  const child = start(input);
  const exit = waitForExit(child);
  const saying = collectText(child.stderr);
  const feeding = typeof input.source === "string" || child.stdin === null ? undefined : feed(child.stdin, input.source);
  feeding?.catch(() => undefined); // a source that fails, or is cancelled, while nobody waits for it yet
  let count = 0;
  try {
    for await (const bytes of child.stdout as AsyncIterable<Uint8Array>) {
      count += bytes.length;
      yield bytes;
    }
    const { status, error } = await exit;
    if (error) throw fileError("run", input.program, error);
    const words = wordsOf(await saying);
    if (status !== 0 && (input.strict || count <= WAV_HEADER_BYTES)) throw refused(input, words || "no reason given");
    if (status !== 0 || words !== "") input.onTrouble?.(words || `it ended with status ${status}`);
    await feeding;
  } finally {
    child.kill("SIGKILL");
  }
}

function start(input: FfmpegInput): Child {
  const fromFile = typeof input.source === "string";
  const source = fromFile ? `file:${input.source}` : "pipe:0";
  const limits = ["-nostdin", "-hide_banner", "-v", "error", ...(input.strict ? ["-xerror"] : [])];
  const whitelists = ["-protocol_whitelist", fromFile ? "file,pipe,fd" : "pipe,fd", "-format_whitelist", FORMATS];
  const output = ["-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"];
  return spawn(input.program, [...limits, ...whitelists, "-i", source, ...output], {
    stdio: [fromFile ? "ignore" : "pipe", "pipe", "pipe"],
    signal: input.signal,
    windowsHide: true,
  }) as Child;
}

/** Never rejects: an error that nobody waits for yet would end the process. */
function waitForExit(child: Child): Promise<{ status: number | null; error?: Error }> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ status: null, error }));
    child.once("close", (status) => resolve({ status }));
  });
}

async function collectText(stream: Readable): Promise<string> {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (part: string) => {
    if (text.length < MAX_SAYING * 4) text += part;
  });
  await new Promise((resolve) => stream.once("close", resolve));
  return text;
}

/**
 * Hands the bytes on as the program takes them. It may end before it has read all, which is its
 * right.
 */
async function feed(stdin: Writable, source: AsyncIterable<Uint8Array>): Promise<void> {
  let closed = false;
  stdin.on("error", () => {});
  stdin.once("close", () => {
    closed = true;
  });
  try {
    for await (const bytes of source) {
      if (closed) break;
      if (!stdin.write(bytes)) await new Promise<void>((resolve) => oneOf(stdin, ["drain", "close"], resolve));
    }
  } finally {
    stdin.end();
  }
}

function oneOf(stream: Writable, events: readonly string[], then: () => void): void {
  const done = (): void => {
    for (const event of events) stream.off(event, done);
    then();
  };
  for (const event of events) stream.once(event, done);
}

/** What ffmpeg said, in one line of bounded length. */
function wordsOf(saying: string): string {
  return saying
    .replace(/\[[^\]]* @ 0x[0-9a-f]+\] /g, "")
    .replace(/ on whitelist '[^']*'/g, " among those that ffmpeg may read here")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, MAX_SAYING);
}

function refused(input: FfmpegInput, words: string): CodecError {
  const hint = typeof input.source === "string" ? "" : "; a file that was made for seeking must be read from disk, not from a pipe";
  return new CodecError(
    "bad-format",
    `Cannot read ${JSON.stringify(input.name)}: ffmpeg finds it damaged or cannot decode it (${words})${hint}`,
  );
}
