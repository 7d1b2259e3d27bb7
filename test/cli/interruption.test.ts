/** Work that is cut off: by Ctrl-C, by a request to stop, by kill -9. */
import { type ChildProcessWithoutNullStreams, execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Codes, encodeWav, readCodes, serializeCodes } from "@twelvehz/codec/node";
import { Audio } from "@twelvehz/codec";
import { beforeAll, describe, expect, it } from "vitest";
import { finished, listing, start, temporaryFolder } from "../support/command.ts";
import { goldenClip, goldenCodes } from "../support/golden.ts";
import { repeated } from "../support/pieces.ts";

const folder = temporaryFolder();
const MINUTES = 10;
const RATE = 24_000;
let speech: Float32Array;

beforeAll(() => {
  speech = repeated(goldenClip().samples, MINUTES * 60 * RATE);
  writeFileSync(join(folder, "long.wav"), encodeWav(new Audio(speech, RATE)).bytes);
  const some = goldenCodes();
  const codes = Int16Array.from({ length: MINUTES * 750 * 16 }, (_, i) => some[i % some.length]);
  writeFileSync(join(folder, "long.npy"), serializeCodes(new Codes(codes, 16), "npy"));
});

/** Waits until a file in the folder, whose name is begun or is hidden, has some bytes. */
async function written(name: string, bytes: number): Promise<void> {
  const large = (file: string): boolean =>
    file.includes(name) && (statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0) >= bytes;
  while (!readdirSync(folder).some(large)) await sleep(10);
}

/** Opens a named pipe for writing, when somebody reads from it. */
async function openedByReader(pipe: string): Promise<number> {
  for (;;) {
    try {
      return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
      await sleep(10);
    }
  }
}

function feed(child: ChildProcessWithoutNullStreams, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => child.stdin.write(bytes, () => resolve()));
}

describe("Ctrl-C in the middle of the work", () => {
  it.each<[string, string[], string]>([
    ["encoding", ["encode", "long.wav", "-o", "out.t12"], "out.t12"],
    ["decoding", ["decode", "long.npy", "-o", "out.wav"], "out.wav"],
    ["several at once", ["decode", "long.npy", "-o", "./", "-j", "2"], "long.wav.partial"],
  ])("leaves nothing behind and ends with status 130: %s", async (_, args, growing) => {
    const before = listing(folder);
    const child = start(args, { cwd: folder });
    const end = finished(child);
    await written(growing, 1000);
    child.kill("SIGINT");
    const { status, stderr } = await end;
    expect([status, stderr]).toEqual([130, "twelvehz: The work was cancelled\n"]);
    expect(listing(folder)).toEqual(before);
  });

  it("ends a command that waits for the standard input", async () => {
    const before = listing(folder);
    const encoding = start(["encode", "-", "-o", "out.t12"], { cwd: folder });
    const end = finished(encoding);
    await written("out.t12", 0);
    encoding.kill("SIGINT");
    expect((await end).status).toBe(130);
    const decoding = start(["decode", "-", "-o", "out.wav"], { cwd: folder });
    const second = finished(decoding);
    await feed(decoding, new Uint8Array(2 ** 20)); // much more than a pipe holds, so it reads
    decoding.kill("SIGINT");
    expect((await second).status).toBe(130);
    expect(listing(folder)).toEqual(before);
  });

  it.skipIf(process.platform !== "linux")("ends a command that waits for a named pipe", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const before = listing(folder);
    const child = start(["encode", "pipe", "-o", "out.t12"], { cwd: folder });
    const end = finished(child);
    const writer = await openedByReader(pipe); // and stays silent
    child.kill("SIGINT");
    expect((await end).status).toBe(130);
    closeSync(writer);
    expect(listing(folder)).toEqual(before);
  });

  it("may be repeated, and other requests to stop end the work as well", async () => {
    const before = listing(folder);
    const child = start(["decode", "long.npy", "-o", "out.wav"], { cwd: folder });
    const end = finished(child);
    await written("out.wav", 1000);
    child.kill("SIGTERM");
    expect(await end).toMatchObject({ signal: "SIGTERM", stderr: "" });
    const impatient = start(["decode", "long.npy", "-o", "out.wav"], { cwd: folder });
    const second = finished(impatient);
    await written("out.wav", 1000);
    impatient.kill("SIGINT");
    impatient.kill("SIGINT");
    const { status, signal } = await second;
    expect(signal ?? status).toBe(signal ? "SIGINT" : 130); // the second may come when the first has done its work
    expect(listing(folder)).toEqual(before);
  });
});

describe("a live recording", () => {
  const FRAME_BYTES = 1920 * 2;
  /** Frames of a block, which is written when it is full: docs/token-file.md. */
  const BLOCK = 64;

  /** 16-bit WAV as a recorder writes it into a pipe: of a length that is not known. */
  function streamedWav(samples: Float32Array): Buffer {
    const { bytes } = encodeWav(new Audio(samples, RATE));
    const out = Buffer.from(bytes);
    out.writeUInt32LE(0xffffffff, 4);
    out.writeUInt32LE(0xffffffff, 40);
    return out;
  }

  async function framesSoFar(path: string): Promise<number> {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return size === 0 ? 0 : (await readCodes(path)).codes.frames;
  }

  async function waitForFrames(path: string, frames: number): Promise<void> {
    while ((await framesSoFar(path)) < frames) await sleep(20);
  }

  it("can be read while it grows, and is complete at its end", async () => {
    const path = join(folder, "growing.t12");
    const sound = streamedWav(speech.subarray(0, 150 * 1920));
    const child = start(["encode", "-", "--live", "-o", path]);
    const end = finished(child);
    await feed(child, sound.subarray(0, 70 * FRAME_BYTES));
    await waitForFrames(path, BLOCK);
    expect(await readCodes(path)).toMatchObject({ complete: false, codes: { frames: BLOCK } });
    await feed(child, sound.subarray(70 * FRAME_BYTES));
    await waitForFrames(path, 2 * BLOCK);
    child.stdin.end();
    expect((await end).status).toBe(0);
    expect(await readCodes(path)).toMatchObject({ complete: true, damage: [], codes: { frames: 150, sampleCount: 150 * 1920 } });
  });

  it("loses at most the last block to kill -9", async () => {
    const path = join(folder, "killed.t12");
    const child = start(["encode", "-", "--live", "-o", path]);
    const end = finished(child);
    await feed(child, streamedWav(speech.subarray(0, 140 * 1920)));
    await waitForFrames(path, 2 * BLOCK);
    child.kill("SIGKILL");
    expect((await end).signal).toBe("SIGKILL");
    expect(await readCodes(path)).toMatchObject({ complete: false, codes: { frames: 2 * BLOCK } });
  });
});
