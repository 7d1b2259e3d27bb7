import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fixture, fixturePath, snr } from "@twelvehz/test-support/sound.ts";
import { Audio } from "../audio.ts";
import { findFfmpeg } from "./ffmpeg.ts";
import { fileError } from "./file-errors.ts";
import { openAudioFile, readAudio, writeAudio } from "./read-audio.ts";
import { WavFileWriter } from "./wav-file-writer.ts";

const pathBefore = process.env.PATH;
const hasFfmpeg = (await findFfmpeg()) !== undefined;
/** The built module, for other processes. */
const MODULE = JSON.stringify(new URL("../../dist/node/read-audio.js", import.meta.url).href);
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twelvehz-audio-"));
});
afterEach(() => {
  process.env.PATH = pathBefore;
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a program called ffmpeg first on the PATH. */
function pretendFfmpeg(script: string): void {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "ffmpeg"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, "ffmpeg"), 0o755);
  process.env.PATH = `${bin}${delimiter}${pathBefore}`;
}

async function sampleCount(path: string): Promise<number> {
  const stream = await openAudioFile(path);
  let count = 0;
  for await (const chunk of stream.chunks) count += chunk[0].length;
  return count;
}

describe("readAudio", () => {
  it.each(["english.wav", "english.flac", "english.mp3", "english.ogg", "english.opus", "english.oga", "english.aiff"])(
    "%s is mono at 24 kHz, and sounds as it should",
    async (name) => {
      const { samples, sampleRate } = await readAudio(fixturePath(name));
      const wanted = await readAudio(fixturePath("english.wav"));
      expect(sampleRate).toBe(24_000);
      expect(samples.length).toBe(24_000);
      expect(snr(samples, wanted.samples)).toBeGreaterThan(name.endsWith(".opus") ? 5 : 10);
    },
  );

  it("takes another rate", async () => {
    expect(await readAudio(fixturePath("chinese.flac"), { sampleRate: 16_000 })).toMatchObject({
      sampleRate: 16_000,
      samples: { length: 11_200 },
    });
  });

  it.each([
    ["a missing file", () => join(folder, "none.wav"), "not-found", /^Cannot read ".*none\.wav": there is no such file or folder$/],
    ["a folder", () => folder, "io", /^Cannot read ".*": it is a folder; a file is wanted$/],
    ["an empty file", () => written("empty.wav", ""), "bad-format", /^Cannot read ".*empty\.wav": it is empty/],
    ["text", () => written("letter.wav", "Dear reader, this is not a sound."), "bad-format", /it is text, which begins with "Dear reader/],
    ["a sound without samples", () => written("none.wav", emptyWav()), "bad-audio", /holds no samples/],
  ] as const)("%s is a clear error", async (_, path, code, message) => {
    await expect(readAudio(path())).rejects.toMatchObject({ name: "CodecError", code, message: expect.stringMatching(message) });
  });

  it("a sound that is too long is refused", async () => {
    await expect(readAudio(fixturePath("english.wav"), { maxSeconds: 0.9 })).rejects.toMatchObject({ code: "too-large" });
  });

  it("the standard input works", () => {
    const count = `import { readAudio } from ${MODULE}; console.log((await readAudio("-")).samples.length)`;
    const found = execFileSync(process.execPath, ["--input-type=module", "-e", count], {
      input: fixture("english.flac"),
      encoding: "utf8",
    });
    expect(found.trim()).toBe("24000");
  });

  it("a standard input that says nothing can be cancelled", async () => {
    const cancel = `import { readAudio } from ${MODULE}; await readAudio("-", { signal: AbortSignal.timeout(50) }).catch((e) => console.log(e.code))`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", cancel], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.write(fixture("english.wav").subarray(0, 1000));
    let found = "";
    for await (const part of child.stdout) found += part;
    expect(found.trim()).toBe("aborted");
  });

  function written(name: string, content: string | Uint8Array): string {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  }

  function emptyWav(): Uint8Array {
    const bytes = fixture("english.wav").subarray(0, 44);
    new DataView(bytes.buffer).setUint32(40, 0, true);
    return bytes;
  }
});

describe("kinds of sound that only ffmpeg reads", () => {
  it("without an ffmpeg the error says what would help", async () => {
    process.env.PATH = folder;
    await expect(openAudioFile(fixturePath("english.m4a"))).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(
        /it is M4A or MP4, and .* is wanted; convert it, .*, or install ffmpeg, which is used when it is on the PATH$/,
      ),
    });
  });

  it("an ffmpeg on the PATH is handed the file, and what it decodes is read", async () => {
    pretendFfmpeg(`printf '%s ' "$@" > "${folder}/arguments"; exec cat "${fixturePath("english.wav")}"`);
    const stream = await openAudioFile(fixturePath("english.m4a"));
    await stream.close();
    expect(stream.info).toEqual({ format: "M4A or MP4 via ffmpeg", sampleRate: 24_000, channels: 1, durationSeconds: undefined });
    expect(await sampleCount(fixturePath("english.m4a"))).toBe(24_000);
    expect(readFileSync(join(folder, "arguments"), "utf8")).toContain(`-i file:${fixturePath("english.m4a")} `);
  });

  it("its words are in the error when it fails, before or after some sound", async () => {
    pretendFfmpeg(`echo "[mov @ 0x55d] moov atom not found" >&2; exit 1`);
    const failure = {
      code: "bad-format",
      message: expect.stringMatching(/ffmpeg finds it damaged or cannot decode it \(moov atom not found\)$/),
    };
    await expect(sampleCount(fixturePath("english.m4a"))).rejects.toMatchObject(failure);
    const streaming = fixture("english.wav");
    new DataView(streaming.buffer).setUint32(40, 0xffffffff, true);
    writeFileSync(join(folder, "streaming.wav"), streaming);
    writeFileSync(
      join(folder, "bin", "ffmpeg"),
      `#!/bin/sh\necho "[aac @ 0x1] corrupt input packet" >&2; cat "${folder}/streaming.wav"; exit 69\n`,
    );
    const stream = await openAudioFile(fixturePath("english.m4a"));
    for await (const _ of stream.chunks);
    expect(stream.findings).toEqual([{ kind: "note", reason: "ffmpeg says: corrupt input packet" }]);
    const strict = await openAudioFile(fixturePath("english.m4a"), { strict: true });
    const toEnd = async (): Promise<void> => {
      for await (const _ of strict.chunks);
    };
    await expect(toEnd()).rejects.toMatchObject({ code: "bad-format", message: expect.stringMatching(/\(corrupt input packet\)$/) });
  });

  it("it is stopped when the reading is left", async () => {
    pretendFfmpeg(`echo $$ > "${folder}/pid"; cat "${fixturePath("english.wav")}"; exec sleep 100`);
    const stream = await openAudioFile(fixturePath("english.caf"));
    expect(stream.info.format).toBe("CAF via ffmpeg");
    for await (const _ of stream.chunks) break;
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    await vi.waitUntil(() => !isRunning(pid), { timeout: 600_000 });
  });

  it("it is stopped when bytes that it is fed with are cancelled, which is an error like any other", async () => {
    pretendFfmpeg("cat > /dev/null");
    const script = `const { readAudio } = await import(${MODULE}); const stop = new AbortController(); setTimeout(() => stop.abort(), 500);
      await readAudio("-", { signal: stop.signal }).catch((error) => console.log(error.code)); setTimeout(() => console.log("alive"), 200);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.write(fixture("english.m4a"));
    let said = "";
    child.stdout.on("data", (part: Buffer) => (said += part.toString()));
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect([said, status]).toEqual(["aborted\nalive\n", 0]);
  });

  it("it is not handed what could read other files, and says which codec it was needed for", async () => {
    pretendFfmpeg(`printf '%s ' "$@" > "${folder}/arguments"; exec cat "${fixturePath("english.wav")}"`);
    const gsm = fixture("english.wav");
    gsm[20] = 0x31;
    gsm[34] = 0;
    writeFileSync(join(folder, "gsm.wav"), gsm);
    const stream = await openAudioFile(join(folder, "gsm.wav"));
    await stream.close();
    expect(stream.info.format).toBe("GSM 6.10 via ffmpeg");
    const said = readFileSync(join(folder, "arguments"), "utf8");
    const formats = /-format_whitelist (\S+) /.exec(said)?.[1].split(",") ?? [];
    expect(formats).toContain("wav");
    for (const playlist of ["hls", "concat", "dash", "sdp", "imf", "lavfi"]) expect(formats).not.toContain(playlist);
    expect(said).toContain("-protocol_whitelist file,pipe,fd ");
    expect(said).not.toContain("-xerror");
  });

  it("it is not asked for RIFX, which it misreads", async () => {
    pretendFfmpeg(`touch "${folder}/called"; exit 1`);
    const rifx = fixture("english.wav");
    rifx.set(new TextEncoder().encode("RIFX"));
    writeFileSync(join(folder, "rifx.wav"), rifx);
    await expect(openAudioFile(join(folder, "rifx.wav"))).rejects.toMatchObject({ code: "bad-format" }); // its sizes are still little-endian
    expect(readdirSync(folder)).not.toContain("called");
  });

  it("text is never handed to it", async () => {
    pretendFfmpeg(`touch "${folder}/called"; exit 1`);
    writeFileSync(join(folder, "list.m3u8"), "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n");
    await expect(openAudioFile(join(folder, "list.m3u8"))).rejects.toMatchObject({
      code: "bad-format",
      message: expect.stringMatching(/it is text/),
    });
    expect(readdirSync(folder)).not.toContain("called");
  });

  it.skipIf(!hasFfmpeg)("the real one reads ALAC exactly and AAC well", async () => {
    const wanted = await readAudio(fixturePath("english.wav"));
    expect((await readAudio(fixturePath("english.caf"))).samples).toEqual(wanted.samples);
    expect(snr((await readAudio(fixturePath("english.m4a"))).samples, wanted.samples)).toBeGreaterThan(8);
  });

  it.skipIf(!hasFfmpeg)("the real one reads a pipe, and what is there of a file that is cut short", async () => {
    const script = `import { readAudio } from ${MODULE};
      await readAudio("-").then((audio) => console.log(audio.samples.length), (error) => console.log(error.code, error.message));`;
    const run = (input: Uint8Array): string =>
      execFileSync(process.execPath, ["--input-type=module", "-e", script], { input, encoding: "utf8" }).trim();
    expect(Number(run(fixture("english.m4a")))).toBeGreaterThanOrEqual(24_000);
    expect(Number(run(fixture("english.m4a").subarray(0, 5000)))).toBeGreaterThan(10_000);
  });
});

describe("writeAudio", () => {
  it("writes what readAudio reads, and counts what it clips", async () => {
    const path = join(folder, "out.wav");
    const samples = Float32Array.from({ length: 200_000 }, (_, i) => Math.floor(Math.sin(i / 9) * 20_000) / 32_768);
    samples[7] = 1.5;
    expect(await writeAudio(path, new Audio(samples, 24_000))).toEqual({ clippedSamples: 1, sampleCount: 200_000 });
    samples[7] = 32_767 / 32_768;
    expect((await readAudio(path)).samples).toEqual(samples);
    expect(readFileSync(path).length).toBe(44 + 400_000);
    expect(readdirSync(folder)).toEqual(["out.wav"]);
  });

  it("writes 32-bit float on demand", async () => {
    const path = join(folder, "out.wav");
    const samples = Float32Array.of(0.1, 1.5, -3);
    expect(await writeAudio(path, new Audio(samples, 24_000), { float: true })).toEqual({ clippedSamples: 0, sampleCount: 3 });
    expect((await readAudio(path)).samples).toEqual(samples);
  });

  it("leaves no file when a sample is not a number", async () => {
    await expect(writeAudio(join(folder, "out.wav"), new Audio(Float32Array.of(0, Number.NaN), 24_000))).rejects.toMatchObject({
      code: "bad-audio",
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("WavFileWriter", () => {
  it("writes sound of unknown length, and puts the length in at the end", async () => {
    const path = join(folder, "out.wav");
    const writer = await WavFileWriter.open(path, { sampleRate: 24_000 });
    for (let i = 0; i < 5; i++) await writer.write(new Float32Array(1000).fill(i / 8));
    expect(writer.sampleCount).toBe(5000);
    expect(await writer.commit()).toEqual({ clippedSamples: 0, sampleCount: 5000 });
    const stream = await openAudioFile(path);
    await stream.close();
    expect(stream.info.durationSeconds).toBe(5000 / 24_000);
    expect((await readAudio(path)).samples[4500]).toBe(0.5);
  });

  it("a wrong expectation is put right", async () => {
    const path = join(folder, "out.wav");
    const writer = await WavFileWriter.open(path, { sampleRate: 24_000, expectedSamples: 10 });
    await writer.write(new Float32Array(3));
    await writer.commit();
    expect((await readAudio(path)).samples.length).toBe(3);
  });

  it("a discarded one leaves nothing", async () => {
    const writer = await WavFileWriter.open(join(folder, "out.wav"), { sampleRate: 24_000 });
    await writer.write(new Float32Array(3));
    await writer.discard();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("fileError", () => {
  it.each([
    ["ENOENT", "not-found"],
    ["EACCES", "no-permission"],
    ["EROFS", "no-permission"],
    ["ENOSPC", "io"],
    ["EIO", "io"],
  ])("%s becomes %s, with its cause", (errno, code) => {
    const cause = Object.assign(new Error(`${errno}: something`), { code: errno });
    expect(fileError("read", "a b.wav", cause)).toMatchObject({ code, cause, message: expect.stringMatching(/^Cannot read "a b\.wav": /) });
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
