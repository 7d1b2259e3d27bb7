/** Real speech through the command, in the formats and languages that are promised. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { readAudio } from "@twelvehz/codec/node";
import { describe, expect, it } from "vitest";
import { clipPath, soundPath, succeed, temporaryFolder } from "../support/command.ts";
import { envelopeCorrelation } from "../support/spectrum.ts";

const folder = temporaryFolder();

/**
 * What the envelopes of a clip and its round trip have in common. With the first shipped model: 16
 * layers 0.94 to 0.98, one layer 0.89 to 0.92; other clips of the fixtures 0.43 to 0.67; the same
 * clip 100 ms later 0.44.
 */
const SAME_SPEECH = 0.92;
const OTHER_SPEECH = 0.7;

async function likeness(original: string, made: string): Promise<number> {
  return envelopeCorrelation((await readAudio(original)).samples, (await readAudio(made)).samples);
}

describe("the round trip of speech", () => {
  it.each([
    ["English WAV", soundPath("english.wav")],
    ["English MP3", clipPath("english.mp3")],
    ["English FLAC", clipPath("english.flac")],
    ["Chinese WAV, stereo at 44.1 kHz", soundPath("chinese.wav")],
    ["Chinese MP3, stereo at 44.1 kHz", soundPath("chinese.mp3")],
    ["Chinese FLAC, 44.1 kHz", clipPath("chinese.flac")],
    ["English Ogg Opus", soundPath("english.opus")],
    ["English Ogg Vorbis", soundPath("english.ogg")],
  ])("keeps what was said: %s", async (name, input) => {
    const output = join(folder, `${name}.wav`);
    const { stdout } = await succeed(["roundtrip", input, "-o", output, "--json"]);
    const report = JSON.parse(stdout.toString()) as { durationSeconds: number; frames: number; layers: number; sampleCount: number };
    const original = await readAudio(input);
    expect(report).toMatchObject({ layers: 16, sampleCount: original.samples.length, frames: Math.ceil(original.samples.length / 1920) });
    expect((await readAudio(output)).samples).toHaveLength(original.samples.length);
    expect(await likeness(input, output)).toBeGreaterThan(SAME_SPEECH);
  });

  it("keeps less with fewer layers", async () => {
    const input = clipPath("english.flac");
    const [four, one] = [join(folder, "4.wav"), join(folder, "1.wav")];
    await succeed(["roundtrip", input, "-o", four, "--layers", "4"]);
    await succeed(["roundtrip", input, "-o", one, "--layers", "1"]);
    const likenesses = [await likeness(input, join(folder, "English FLAC.wav")), await likeness(input, four), await likeness(input, one)];
    expect(likenesses).toEqual(likenesses.toSorted((a, b) => b - a));
  });

  it("has the same codes whatever runs the networks", async () => {
    const files = ["wasm", "onnx"].map((backend) => join(folder, `${backend}.npy`));
    for (const file of files) await succeed(["encode", clipPath("english.flac"), "--backend", basename(file, ".npy"), "-o", file]);
    const [first, second] = files.map((file) => readFileSync(file));
    expect(second).toEqual(first);
  });

  it("is not to be taken for another sentence", async () => {
    expect(await likeness(clipPath("english.flac"), clipPath("chinese.flac"))).toBeLessThan(OTHER_SPEECH);
    expect(await likeness(soundPath("chinese.wav"), join(folder, "English FLAC.wav"))).toBeLessThan(OTHER_SPEECH);
  });
});
