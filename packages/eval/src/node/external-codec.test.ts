import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { voice } from "@twelvehz/test-support/signals.ts";
import { externalCodec } from "./external-codec.ts";

/**
 * What the program under test can do, by its first argument. Sound is 16-bit mono WAV with a header
 * of 44 bytes.
 */
const PROGRAM = `
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
const [what, input, output, code] = process.argv.slice(2);
const wav = input ? readFileSync(input) : undefined;
const write = (header, body) => {
  header.writeUInt32LE(36 + body.length, 4);
  header.writeUInt32LE(body.length, 40);
  writeFileSync(output, Buffer.concat([header, body]));
};
const ways = {
  copy: () => copyFileSync(input, output),
  late: () => write(wav.subarray(0, 44), Buffer.concat([Buffer.alloc(2 * 2400), wav.subarray(44)])),
  halfRate: () => {
    const body = wav.subarray(44);
    const out = Buffer.alloc(body.length >> 1);
    for (let i = 0; i < out.length / 2; i++) out.writeInt16LE(body.readInt16LE(i * 4), i * 2);
    wav.writeUInt32LE(12000, 24);
    wav.writeUInt32LE(24000, 28);
    write(wav.subarray(0, 44), out);
  },
  fates: () => { copyFileSync(input, output); writeFileSync(code, readFileSync(process.argv[6], "utf8").replaceAll("0", "")); },
  coded: () => { copyFileSync(input, output); writeFileSync(code, "12345"); },
  long: () => write(wav.subarray(0, 44), Buffer.concat([wav.subarray(44), wav.subarray(44)])),
  fail: () => { console.error("first line\\nno such voice: anna"); process.exitCode = 3; },
  nothing: () => {},
  noise: () => writeFileSync(output, "this is not sound"),
  hang: () => {
    spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
    setInterval(() => {}, 1000);
  },
};
ways[what]();
`;

const clip = voice(1, 130);
let folder = "";
let command = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "twelvehz-program-"));
  writeFileSync(join(folder, "program.mjs"), PROGRAM);
  command = `"${process.execPath}" "${join(folder, "program.mjs")}"`;
});
afterAll(() => rmSync(folder, { recursive: true }));

const codecOf = (way: string, places = "{in} {out}", options = {}) => externalCodec(`mine=${command} ${way} ${places}`, options);
const error = (code: string, ...words: string[]) =>
  expect.objectContaining({ name: "CodecError", code, message: expect.stringMatching(new RegExp(words.join(".*"), "s")) });

describe("externalCodec", () => {
  it("is told which packets are lost, and is heard over such links only where it asks", async () => {
    const codec = codecOf("fates", "{in} {out} {code} {lost}");
    const fates = [true, false, true].values();
    const coded = await codec.overLink?.(clip, { loss: 0.5, isLost: () => fates.next().value ?? false });
    expect(coded?.byteLength).toBe(2);
    expect((await codec.roundTrip(clip)).byteLength).toBe(0);
    expect(codecOf("copy").overLink).toBeUndefined();
  });

  it("gives back what the program wrote, with its size", async () => {
    const coded = await codecOf("copy").roundTrip(clip);
    expect(coded.audio.sampleRate).toBe(clip.sampleRate);
    expect(Math.max(...coded.audio.samples.map((x, n) => Math.abs(x - clip.samples[n])))).toBeLessThanOrEqual(1 / 65_536);
    expect(coded.byteLength).toBe(44 + 2 * clip.samples.length);
    expect(coded.delaySeconds).toBe(0);
    expect(codecOf("copy").name).toBe("mine");
    expect(codecOf("copy").algorithmicDelaySeconds).toBeUndefined();
  });

  it("takes a delay out and reports it", async () => {
    const coded = await codecOf("late").roundTrip(clip);
    expect(coded.delaySeconds).toBe(0.1);
    expect(coded.audio.samples.length).toBe(clip.samples.length);
    expect(Math.max(...coded.audio.samples.map((x, n) => Math.abs(x - clip.samples[n])))).toBeLessThanOrEqual(1 / 65_536);
  });

  it("takes sound at another rate", async () => {
    const { audio } = await codecOf("halfRate").roundTrip(clip);
    expect([audio.sampleRate, audio.samples.length]).toEqual([clip.sampleRate, clip.samples.length]);
  });

  it("counts the bytes of {code} if there is one", async () => {
    expect((await codecOf("coded", "{in} {out} {code}").roundTrip(clip)).byteLength).toBe(5);
    await expect(codecOf("copy", "{in} {out} {code}").roundTrip(clip)).rejects.toThrow(error("runtime", '"mine"', "wrote no {code} file"));
  });

  it("refuses a length that is far off, unless the sound has a timing of its own", async () => {
    await expect(codecOf("long").roundTrip(clip)).rejects.toThrow(error("bad-audio", '"mine"', "2.00 s", "1.00 s", "{spoken}"));
    const coded = await codecOf("long", "{in} {spoken}").roundTrip(clip);
    expect(coded.hasOwnTiming).toBe(true);
    expect(coded.audio.samples.length).toBe(2 * clip.samples.length);
  });

  it("says what failed: the command, its exit status and its last words", async () => {
    await expect(codecOf("fail").roundTrip(clip)).rejects.toThrow(
      error("runtime", '"mine"', "program.mjs fail", "exit status 3", "no such voice: anna"),
    );
    await expect(codecOf("nothing").roundTrip(clip)).rejects.toThrow(error("runtime", '"mine"', "wrote no sound"));
    await expect(codecOf("noise").roundTrip(clip)).rejects.toThrow(error("runtime", '"mine"', "cannot be used"));
    await expect(externalCodec("x=no-such-program-7 {in} {out}").roundTrip(clip)).rejects.toThrow(
      error("not-found", '"x"', 'there is no program "no-such-program-7"'),
    );
    await expect(externalCodec(`x=${folder} {in} {out}`).roundTrip(clip)).rejects.toThrow(error("no-permission", "may not be run"));
  });

  it("ends a program that takes too long, with what it has started", async () => {
    const slow = codecOf("hang", "{in} {out}", { timeoutSeconds: 2 }); // the round trip waits for all that hold its standard error
    await expect(slow.roundTrip(clip)).rejects.toThrow(error("runtime", '"mine"', "longer than 2 s"));
  });

  it("ends what a program that has ended left running, which holds its standard error", async () => {
    const left = externalCodec('mine=sh -c \'sleep 100000 & cp "$0" "$1"\' {in} {out}', { timeoutSeconds: 1 });
    await expect(left.roundTrip(clip)).rejects.toThrow(error("runtime", '"mine"', "longer than 1 s"));
  });

  it("ends the program when it is cancelled", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 500);
    await expect(codecOf("hang").roundTrip(clip, controller.signal)).rejects.toThrow(error("aborted"));
    await expect(codecOf("copy").roundTrip(clip, AbortSignal.abort())).rejects.toThrow(error("aborted"));
  });

  it("leaves no files behind, however it ends", async () => {
    vi.stubEnv("TMPDIR", folder); // other tests have files in the usual one
    await codecOf("copy").roundTrip(clip);
    for (const way of ["fail", "nothing", "long"]) await expect(codecOf(way).roundTrip(clip)).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(["program.mjs"]);
    vi.unstubAllEnvs();
  });

  it.each([
    ["copy {in} {out}", "no name"],
    ["=copy {in} {out}", "no name"],
    ["x=copy {out}", "{in} is missing"],
    ["x=copy {in}", "{out} is missing"],
    ["x=copy {in} {out} {spoken}", "both {out} and {spoken}"],
    ["x=copy '{in} {out}", "not closed"],
    ["x=", "empty command"],
  ])("refuses %j", (text, reason) => {
    expect(() => externalCodec(text)).toThrow(error("usage", reason.replaceAll(/[{}]/g, "\\$&")));
  });
});
