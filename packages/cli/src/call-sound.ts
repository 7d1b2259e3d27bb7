/** Microphones and speakers of calls: pipes of raw PCM, and files. */
import { byteStream, CodecError, type ModelInfo, readAudio, resample, WavFileWriter } from "@twelvehz/codec/node";

/** Where a call's sound goes. */
export interface Speaker {
  write(samples: Float32Array): Promise<void>;
  /** Gives a file its name. */
  commit(): Promise<void>;
  /** Removes a file that was not committed. */
  discard(): Promise<void>;
}

/** Where a call's sound comes from. */
export interface Microphone {
  /** Samples at the model's rate, a frame at a time. */
  readonly samples: AsyncIterable<Float32Array>;
  /** It may go on for ever: the call ends when the other end hangs up. */
  readonly isLive: boolean;
  /** Lets it go. */
  close(): void;
}

/**
 * Opens what `--in` names.
 * @throws CodecError `usage` for a terminal, and what reading a file fails with
 */
export async function openMicrophone(path: string, info: ModelInfo, signal: AbortSignal): Promise<Microphone> {
  if (path === "none") return { samples: silence(), isLive: true, close: () => undefined };
  if (path !== "-") {
    const audio = await readAudio(path, { signal });
    return { samples: pacedFrames(resample(audio, info.sampleRate).samples, info, signal), isLive: false, close: () => undefined };
  }
  if (process.stdin.isTTY)
    throw new CodecError(
      "usage",
      `Cannot hear you: the standard input is a terminal; pipe a microphone into it, such as arecord -t raw -f S16_LE -r ${info.sampleRate} -c 1, or give --in FILE or --in none`,
    );
  const close = (): void => void process.stdin.destroy(); // a pipe that stays open would keep the process
  return { samples: pcmFrames(byteStream("-", { signal }), info), isLive: true, close };
}

/** Someone who listens: says nothing, and does not hang up. */
// oxlint-disable-next-line require-yield
async function* silence(): AsyncGenerator<Float32Array> {
  await new Promise(() => undefined);
}

/** A clip in frames, each when its time has come. */
async function* pacedFrames(
  samples: Float32Array,
  { samplesPerFrame, sampleRate }: ModelInfo,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  const beganMs = performance.now();
  for (let at = 0; at < samples.length; at += samplesPerFrame) {
    const dueMs = beganMs + (1000 * at) / sampleRate;
    while (performance.now() < dueMs && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, dueMs - performance.now()));
    if (signal.aborted) return;
    yield samples.slice(at, at + samplesPerFrame);
  }
}

/** Raw PCM, 16 bit, in frames; what is left at the end is shorter. */
async function* pcmFrames(bytes: AsyncIterable<Uint8Array>, { samplesPerFrame }: ModelInfo): AsyncGenerator<Float32Array> {
  let rest = new Uint8Array(0);
  for await (const chunk of bytes) {
    const all = Buffer.concat([rest, chunk]);
    const whole = all.length - (all.length % (2 * samplesPerFrame));
    for (let at = 0; at < whole; at += 2 * samplesPerFrame) yield fromPcm(all.subarray(at, at + 2 * samplesPerFrame));
    rest = Uint8Array.from(all.subarray(whole));
  }
  if (rest.length > 1) yield fromPcm(rest);
}

function fromPcm(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(2 * i, true) / 32768);
}

/**
 * Opens what `--out` names.
 * @throws CodecError `usage` for a terminal, and what writing a file fails with
 */
export async function openSpeaker(path: string, { sampleRate }: ModelInfo): Promise<Speaker> {
  if (path === "none") return { write: async () => undefined, commit: async () => undefined, discard: async () => undefined };
  if (path !== "-") {
    const writer = await WavFileWriter.open(path, { sampleRate });
    return { write: (samples) => writer.write(samples), commit: async () => void (await writer.commit()), discard: () => writer.discard() };
  }
  if (process.stdout.isTTY)
    throw new CodecError(
      "usage",
      `Cannot play the sound: the standard output is a terminal; pipe it to a speaker, such as aplay -t raw -f S16_LE -r ${sampleRate} -c 1, or give --out FILE.wav or --out none`,
    );
  return {
    write: async (samples) => void process.stdout.write(toPcm(samples)),
    commit: async () => undefined,
    discard: async () => undefined,
  };
}

function toPcm(samples: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * samples.length));
  samples.forEach((x, i) => view.setInt16(2 * i, Math.round(Math.max(-1, Math.min(1, x)) * 32767), true));
  return new Uint8Array(view.buffer);
}
