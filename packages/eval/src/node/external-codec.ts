import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Audio, CodecError, messageOf, readAudio, throwIfAborted, writeAudio } from "@twelvehz/codec/node";
import type { LossModel } from "@twelvehz/transport";
import type { CodecUnderTest, CodedClip } from "../codec-under-test.ts";
import { alignTo, findDelay } from "../delay.ts";
import { splitCommand } from "./split-command.ts";

/** How an external codec is run. */
export interface ExternalCodecOptions {
  /** A command that takes longer for one clip is ended, and fails. Seconds; default 600. */
  readonly timeoutSeconds?: number | undefined;
}

/** Characters of what a command says that are kept while it runs, and that go into an error. */
const KEPT_SAYING = 4000;
const QUOTED_SAYING = 300;

/** Packets a second of which the fates are written, at most: the shortest of Opus are 2.5 ms. */
const MOST_PACKETS_PER_SECOND = 400;

/** A command as it was given. */
interface Command {
  readonly name: string;
  /** Program and arguments, with placeholders. */
  readonly words: readonly string[];
  /** Whether the sound has a timing of its own. */
  readonly isSpoken: boolean;
  readonly timeoutSeconds: number;
}

/**
 * Any program as a codec, such as `codec2=c2-there-and-back.sh {in} {out}`. It is run once for each
 * clip, without a shell (see {@link splitCommand}; write `sh -c '...'` for one), in the folder that
 * the process is in. Placeholders, also within a word:
 *
 * - `{in}`: a WAV file of 16 bits, mono, at the clip's rate;
 * - `{out}`: where the program has to write sound of a kind that is read here, at any rate. Its
 *   delay to the clip is found, taken out and reported. A length that is off by more than 1 s or 20
 *   % is an error;
 * - `{spoken}`, in place of `{out}`: sound that has a timing of its own. Nothing is aligned, the
 *   clip comes back with {@link CodedClip.hasOwnTiming}, and measures that compare moment by moment
 *   are left out;
 * - `{code}`, optional: where the program writes what would be sent. The size of that file counts,
 *   else that of the sound file;
 * - `{lost}`, optional: a file of a character for each packet, `1` where it is lost and `0` where it
 *   comes, more of them than packets. Links that lose packets are then heard by this codec too.
 *
 * Speech to text to speech, as with Whisper, is one script of three lines:
 *
 *     whisper "$1" --model base --output_format txt --output_dir "$(dirname "$3")"    # in.wav -> in.txt
 *     mv "$(dirname "$3")/in.txt" "$3"                                                # the text is what is sent
 *     piper --model voice.onnx --output_file "$2" < "$3"
 *
 * given as `whisper=sh speak-again.sh {in} {spoken} {code}`.
 * @param text `name=command`
 * @throws CodecError `usage` for a text that is not of that form. {@link CodecUnderTest.roundTrip}
 * throws `not-found`, `no-permission` or `runtime` for a program that cannot be started, fails,
 * takes too long or writes nothing, with its name, exit status and last words; `bad-audio` for
 * sound that cannot be aligned; `aborted`. Its files are removed however it ends
 */
export function externalCodec(text: string, { timeoutSeconds = 600 }: ExternalCodecOptions = {}): CodecUnderTest {
  const command = { ...parseCommand(text), timeoutSeconds };
  const send = async (clip: Audio, isLost: LossModel, signal?: AbortSignal): Promise<CodedClip> => {
    throwIfAborted(signal);
    const folder = await mkdtemp(join(tmpdir(), "twelvehz-external-"));
    try {
      return await runInFolder(command, { clip, isLost }, folder, signal);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  return {
    name: command.name,
    algorithmicDelaySeconds: undefined,
    roundTrip: (clip, signal) => send(clip, () => false, signal),
    ...(uses(command, "{lost}") ? { overLink: (clip, { isLost }, signal) => send(clip, isLost, signal) } : {}),
  };
}

function uses({ words }: Command, placeholder: string): boolean {
  return words.some((word) => word.includes(placeholder));
}

/** What {@link externalCodec} writes to `{lost}`. */
function fatesOf({ samples, sampleRate }: Audio, isLost: LossModel): string {
  const count = Math.ceil((MOST_PACKETS_PER_SECOND * samples.length) / sampleRate) + MOST_PACKETS_PER_SECOND;
  return Array.from({ length: count }, () => (isLost() ? "1" : "0")).join("");
}

function parseCommand(text: string): Omit<Command, "timeoutSeconds"> {
  const [, name, line] = /^([^=]*)=(.*)$/su.exec(text) ?? [];
  if (!name?.trim() || line === undefined) throw malformed(text, "there is no name before a =");
  const words = splitCommand(line);
  const has = (placeholder: string): boolean => words.some((word) => word.includes(placeholder));
  if (!has("{in}")) throw malformed(text, "{in} is missing");
  if (has("{out}") === has("{spoken}")) throw malformed(text, has("{out}") ? "it has both {out} and {spoken}" : "{out} is missing");
  return { name: name.trim(), words, isSpoken: has("{spoken}") };
}

function malformed(text: string, reason: string): CodecError {
  return new CodecError("usage", `Cannot use the codec ${JSON.stringify(text)}: ${reason}; write 'name=command {in} {out}'`);
}

async function runInFolder(
  command: Command,
  { clip, isLost }: { readonly clip: Audio; readonly isLost: LossModel },
  folder: string,
  signal: AbortSignal | undefined,
): Promise<CodedClip> {
  const [input, output, code, lost] = ["in.wav", "out.wav", "code", "lost"].map((file) => join(folder, file));
  await writeAudio(input, clip);
  if (uses(command, "{lost}")) await writeFile(lost, fatesOf(clip, isLost));
  const paths: Readonly<Record<string, string>> = { "{in}": input, "{out}": output, "{spoken}": output, "{code}": code, "{lost}": lost };
  const words = command.words.map((word) => word.replace(/\{(?:in|out|spoken|code|lost)\}/g, (placeholder) => paths[placeholder]));
  await run(command, words, signal);
  const sound = await readOutput(command, output, clip.sampleRate, signal);
  const usesCode = uses(command, "{code}");
  const byteLength = await sizeOf(command, usesCode ? code : output, usesCode ? "{code}" : "{out}");
  if (command.isSpoken) return { audio: sound, byteLength, delaySeconds: 0, hasOwnTiming: true };
  return { ...aligned(command, clip, sound), byteLength };
}

function aligned(command: Command, clip: Audio, sound: Audio): Pick<CodedClip, "audio" | "delaySeconds"> {
  try {
    const delay = findDelay(clip, sound);
    return { audio: alignTo(clip, sound, delay), delaySeconds: delay.seconds };
  } catch (error) {
    const remedy = "; write sound of the same length, or, if it speaks with a timing of its own, write {spoken} in place of {out}";
    throw failed(command, `${messageOf(error)}${remedy}`, error, "bad-audio");
  }
}

async function readOutput(command: Command, path: string, sampleRate: number, signal: AbortSignal | undefined): Promise<Audio> {
  try {
    return await readAudio(path, { sampleRate, signal });
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof CodecError && error.code === "not-found") throw failed(command, "it ended well but wrote no sound", error);
    throw failed(command, `it wrote sound that cannot be used: ${messageOf(error)}`, error);
  }
}

async function sizeOf(command: Command, path: string, placeholder: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw failed(command, `it ended well but wrote no ${placeholder} file`, error);
  });
  return found.size;
}

/** Runs a program to its end, in a group of its own so that what it starts can be ended with it. */
async function run(command: Command, [program, ...args]: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], detached: process.platform !== "win32", windowsHide: true });
  const saying = lastWords(child);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child);
  }, command.timeoutSeconds * 1000);
  const stop = (): void => endGroup(child);
  signal?.addEventListener("abort", stop, { once: true });
  process.once("exit", stop);
  try {
    const ending = await endOf(child);
    throwIfAborted(signal);
    if (late) throw failed(command, `it took longer than ${command.timeoutSeconds} s and was ended${saying()}`);
    if (ending.error) throw cannotStart(command, program, ending.error);
    if (ending.status !== 0) throw failed(command, `it ended with ${ending.words}${saying()}`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    process.off("exit", stop);
  }
}

/** Never rejects. */
function endOf(child: ChildProcess): Promise<{ status: number | null; words: string; error?: NodeJS.ErrnoException }> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ status: null, words: "", error }));
    child.once("close", (status, signal) => resolve({ status, words: signal ? `signal ${signal}` : `exit status ${status}` }));
  });
}

/** Ends the program and what it started, which may go on without it. */
function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") return void child.kill("SIGKILL");
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // all of them have ended
  }
}

/** The last line that the program has written to its standard error, for a message. */
function lastWords(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (part: string) => {
    text = (text + part).slice(-KEPT_SAYING);
  });
  return () => {
    const line = text
      .trimEnd()
      .split(/[\r\n]/)
      .at(-1)
      ?.trim()
      .slice(0, QUOTED_SAYING);
    return line ? `, saying ${JSON.stringify(line)}` : "";
  };
}

function cannotStart(command: Command, program: string, error: NodeJS.ErrnoException): CodecError {
  const quoted = JSON.stringify(program);
  if (error.code === "ENOENT") return failed(command, `there is no program ${quoted}; install it, or give its path`, error, "not-found");
  if (error.code === "EACCES") return failed(command, `${quoted} may not be run`, error, "no-permission");
  return failed(command, `${quoted} cannot be started: ${error.message}`, error);
}

function failed(
  { name, words }: Command,
  reason: string,
  cause?: unknown,
  code: "runtime" | "not-found" | "no-permission" | "bad-audio" = "runtime",
): CodecError {
  return new CodecError(code, `Cannot run the codec ${JSON.stringify(name)} (${words.join(" ")}): ${reason}`, { cause });
}
