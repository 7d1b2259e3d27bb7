/** Codes on their way through files of every form. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Codes, readAudio, readCodes } from "@twelvehz/codec/node";
import { beforeAll, describe, expect, it } from "vitest";
import { clipPath, finished, listing, soundPath, start, succeed, temporaryFolder, twelvehz } from "../support/command.ts";
import { root } from "../root.ts";
import { firstDifference } from "../support/pieces.ts";

/** The name of the model in the package. */
const modelName = (JSON.parse(readFileSync(join(root, "packages/compact-model/config.json"), "utf8")) as { name: string }).name;

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const clip = soundPath("english.flac");
let codes: Codes;
let sound: Float32Array;

beforeAll(async () => {
  await succeed(["encode", clip, "-o", at("codes.t12")]);
  await succeed(["decode", at("codes.t12"), "-o", at("sound.wav")]);
  codes = (await readCodes(at("codes.t12"))).codes;
  sound = (await readAudio(at("sound.wav"))).samples;
});

async function decoded(args: readonly string[]): Promise<Float32Array> {
  await succeed(["decode", ...args, "-o", at("made.wav")]);
  return (await readAudio(at("made.wav"))).samples;
}

describe("decode --live", () => {
  it("gives the sound of each line before the next one comes, and of all lines that of the whole", async () => {
    const child = start(["decode", "-", "--live", "-o", "-"]);
    const end = finished(child);
    let heard = 0;
    child.stdout.on("data", (part: Buffer) => (heard += part.length));
    const [header, perFrame, delay] = [44, 2 * 1920, 2 * 960]; // the delay is that of the decoder beyond the frame
    for (let t = 0; t < codes.frames; t++) {
      child.stdin.write(`[${codes.frame(t).join(",")}]\n`);
      while (heard < header + (t + 1) * perFrame - delay) await sleep(2);
    }
    child.stdin.end();
    const { status, stdout } = await end;
    expect(status).toBe(0);
    writeFileSync(at("live.wav"), stdout);
    const { samples } = await readAudio(at("live.wav"));
    expect(samples).toHaveLength(codes.frames * 1920);
    expect(firstDifference(samples.subarray(0, sound.length), sound)).toBeUndefined();
  });

  it("takes a token file, and refuses what is none of both", async () => {
    const { stdout } = await succeed(["decode", "-", "--live", "-o", "-"], { input: readFileSync(at("codes.t12")) });
    expect(stdout.length).toBeGreaterThan(2 * sound.length);
    const { status, stderr } = await twelvehz(["decode", "-", "--live", "-o", at("none.wav")], { input: Buffer.from("{}\n") });
    expect([status, stderr]).toEqual([65, expect.stringMatching(/^twelvehz: Cannot [^\n]*\n$/)]);
    expect(listing(folder)).not.toContain("none.wav");
  });
});

describe("codes that name no model", () => {
  it.each([
    ["npy", true],
    ["jsonl", true],
    ["t12", false],
  ])("in .%s are decoded with the model that is open, which is said (%s)", async (format, isAssumed) => {
    await succeed(["encode", clip, "-o", at(`named.${format}`)]);
    const args = ["decode", at(`named.${format}`), "-o", at("named.wav")];
    expect(String((await succeed(args)).stdout).includes(`${modelName}, assumed: the codes name none`)).toBe(isAssumed);
    expect(JSON.parse(String((await succeed([...args, "--json"])).stdout))).toMatchObject({ modelAssumed: isAssumed });
  });

  it("are doubted where they are used as those of the model hardly ever are, and not where they are its own", async () => {
    await succeed(["encode", clipPath("english.flac"), "-o", at("own.npy")]);
    expect(String((await succeed(["decode", at("own.npy"), "-o", at("own.wav")])).stderr)).toBe("");
    const own = (await readCodes(at("own.npy"))).codes;
    const others = Array.from({ length: own.frames }, (_, t) => [...own.frame(t)].map((code) => (code * 1021 + 77) % 2048));
    writeFileSync(at("others.json"), JSON.stringify(others));
    const { stderr } = await succeed(["decode", at("others.json"), "-o", at("others.wav")]);
    expect(String(stderr)).toMatch(
      new RegExp(
        `^twelvehz: note in "[^"]*others.json": the codes name no model: ${modelName} is assumed, and they are used as its codes hardly`,
      ),
    );
  });
});

describe("encode and decode through files", () => {
  it("keep the model, and the length to the sample, in a token file", async () => {
    const { samples } = await readAudio(clip);
    expect(codes.sampleCount).toBe(samples.length);
    expect(codes.model?.name).toBe(modelName);
    expect(sound).toHaveLength(samples.length);
  });

  it.each(["npy", "json", "jsonl", "pt"])("give the same sound through .%s", async (format) => {
    await succeed(["encode", clip, "-o", at(`codes.${format}`)]);
    const read = (await readCodes(at(`codes.${format}`))).codes;
    expect(read.data).toEqual(codes.data);
    const made = await decoded([at(`codes.${format}`)]);
    expect(firstDifference(made.subarray(0, sound.length), sound)).toBeUndefined();
    // Of these, JSON alone says where in the last frame the sound ended.
    expect(made).toHaveLength(format === "json" ? sound.length : codes.frames * 1920);
  });

  it("obey --format where the name says nothing", async () => {
    await succeed(["encode", clip, "-f", "npy", "-o", at("odd-name")]);
    expect(readFileSync(at("odd-name")).subarray(1, 6).toString()).toBe("NUMPY");
    expect((await readCodes(at("odd-name"))).codes.data).toEqual(codes.data);
  });

  it("work through pipes, with the report on the standard error", async () => {
    const encoded = await succeed(["encode", "-", "-o", "-", "--json"], { input: readFileSync(clip) });
    expect(encoded.stdout.equals(readFileSync(at("codes.t12")))).toBe(true);
    expect(JSON.parse(encoded.stderr)).toMatchObject({ frames: codes.frames, layers: 16, format: "t12", bytes: encoded.stdout.length });
    const made = await succeed(["decode", "-", "-o", "-"], { input: encoded.stdout });
    writeFileSync(at("piped.wav"), made.stdout);
    expect(firstDifference((await readAudio(at("piped.wav"))).samples, sound)).toBeUndefined();
    expect(made.stderr).toContain("- -> -");
  });

  it.each([
    ["the report", ["info", clip]],
    ["the sound", ["decode", at("codes.t12"), "-o", "-"]],
  ])("take no offence when the reader of %s goes away", async (_, args) => {
    const child = start(args);
    const end = finished(child);
    child.stdout.destroy();
    const { status, stderr } = await end;
    expect(status).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|Error/);
  });
});

describe("the choice of layers", () => {
  it("with --layers writes and decodes the first layers only", async () => {
    await succeed(["encode", clip, "--layers", "4", "-o", at("four.t12")]);
    const four = (await readCodes(at("four.t12"))).codes;
    expect(four.layers).toBe(4);
    expect(four.data).toEqual(codes.firstLayers(4).data);
    expect(firstDifference(await decoded([at("codes.t12"), "--layers", "4"]), await decoded([at("four.t12")]))).toBeUndefined();
  });

  it("with --only-layer is that of --mute-layers for all others", async () => {
    const alone = await decoded([at("codes.t12"), "--only-layer", "2"]);
    expect(firstDifference(await decoded([at("codes.t12"), "--mute-layers", "0,1,3-15"]), alone)).toBeUndefined();
    expect(firstDifference(alone, sound)).toBeDefined();
  });

  it("is the same in a round trip, which writes the codes as well", async () => {
    await succeed(["roundtrip", clip, "-o", at("round.wav"), "--codes", at("round.npy"), "--layers", "4"]);
    expect((await readCodes(at("round.npy"))).codes.data).toEqual(codes.firstLayers(4).data);
    expect(firstDifference((await readAudio(at("round.wav"))).samples, await decoded([at("four.t12")]))).toBeUndefined();
  });
});

describe("options of the output", () => {
  it("--float writes 32-bit samples, of which the 16-bit ones are the rounding", async () => {
    const float = await decoded([at("codes.t12"), "--float"]);
    expect(readFileSync(at("made.wav")).readUInt16LE(20)).toBe(3); // WAVE_FORMAT_IEEE_FLOAT
    expect(float).toHaveLength(sound.length);
    const furthest = float.reduce((max, x, i) => Math.max(max, Math.abs(Math.max(-1, Math.min(1, x)) - sound[i])), 0);
    expect(furthest).toBeLessThanOrEqual(1 / 32768);
    expect(float.some((x, i) => x !== sound[i])).toBe(true);
  });

  it("-o FOLDER/ takes several inputs, several at once with -j", async () => {
    const out = temporaryFolder();
    const inputs = [soundPath("english.wav"), soundPath("chinese.mp3"), soundPath("chinese-24.flac")];
    const { stdout, stderr } = await succeed(["encode", ...inputs, "-o", `${out}/`, "-j", "2", "--json"]);
    const lines = stdout.toString().trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { input: string }).input).sort()).toEqual(inputs.toSorted());
    expect(listing(out)).toEqual(["chinese-24.t12", "chinese.t12", "english.t12"]);
    expect((await readCodes(join(out, "english.t12"))).codes.data).toEqual(codes.data);
    expect(stderr).toBe("");
  });

  it("go beside the input when there is no -o", async () => {
    const own = temporaryFolder();
    writeFileSync(join(own, "talk.wav"), readFileSync(soundPath("english.wav")));
    await succeed(["encode", "talk.wav"], { cwd: own });
    await succeed(["roundtrip", "talk.wav"], { cwd: own });
    expect(listing(own)).toEqual(["talk.t12", "talk.twelvehz.wav", "talk.wav"]);
    expect(readFileSync(join(own, "talk.wav")).equals(readFileSync(soundPath("english.wav")))).toBe(true);
  });

  it("replace a file only when the new one is whole", async () => {
    writeFileSync(at("kept.t12"), "what was there");
    const failed = await twelvehz(["encode", at("no-such.wav"), "-o", at("kept.t12")]);
    expect(failed.status).toBe(72);
    expect(readFileSync(at("kept.t12"), "utf8")).toBe("what was there");
    await succeed(["encode", soundPath("english.wav"), "-o", at("kept.t12")]);
    expect((await readCodes(at("kept.t12"))).complete).toBe(true);
  });
});

describe("damage", () => {
  it("of a token file is said and ends with 3, --salvage takes what is left for success, --strict refuses it", async () => {
    await succeed(["encode", clipPath("english.flac"), "-o", at("long.t12")]);
    const { frames } = (await readCodes(at("long.t12"))).codes;
    const bytes = readFileSync(at("long.t12"));
    const header = 52 + modelName.length; // docs/token-file.md
    bytes[header + 100] ^= 1; // in the first block of 64 frames
    writeFileSync(at("damaged.t12"), bytes);
    const told = await twelvehz(["decode", at("damaged.t12"), "-o", at("told.wav")]);
    expect([told.status, told.stderr]).toEqual([3, expect.stringMatching(/^twelvehz: damage in ".*damaged\.t12": .*at byte \d+\n$/)]);
    const refused = await twelvehz(["decode", "--strict", at("damaged.t12"), "-o", at("refused.wav")]);
    expect(refused.status).toBe(65);
    expect(listing(folder)).not.toContain("refused.wav");
    const { stdout } = await succeed(["decode", at("damaged.t12"), "--salvage", "-o", at("salvaged.wav"), "--json"]);
    expect(JSON.parse(stdout.toString())).toMatchObject({ frames: frames - 64, damage: [{ reason: expect.any(String) as string }] });
    expect((await succeed(["info", at("damaged.t12")])).stdout.toString()).toContain("damage");
  });

  it("after the end of a token file is refused as well", async () => {
    writeFileSync(at("longer.t12"), readFileSync(at("codes.t12")));
    appendFileSync(at("longer.t12"), "x");
    expect((await twelvehz(["decode", "--strict", at("longer.t12"), "-o", at("refused.wav")])).status).toBe(65);
    expect((await twelvehz(["decode", at("longer.t12"), "-o", at("told.wav")])).status).toBe(3);
  });

  it("of a token file that is cut short ends with 3, and is refused where no frame is left", async () => {
    const bytes = readFileSync(at("long.t12"));
    writeFileSync(at("cut.t12"), bytes.subarray(0, bytes.length - 40));
    const cut = await twelvehz(["decode", at("cut.t12"), "-o", at("told.wav")]);
    expect([cut.status, cut.stderr]).toEqual([
      3,
      expect.stringMatching(/cut short or still being written: \d+ frames are there; --salvage/),
    ]);
    await succeed(["decode", "--salvage", at("cut.t12"), "-o", at("told.wav")]);
    writeFileSync(at("empty.t12"), bytes.subarray(0, 52 + modelName.length + 40));
    expect((await twelvehz(["decode", at("empty.t12"), "-o", at("refused.wav")])).status).toBe(65);
    expect(listing(folder)).not.toContain("refused.wav");
  });

  it("of sound is said and ends with 3, a wrong number alone with 0; --strict refuses both", async () => {
    const flac = readFileSync(clipPath("english.flac"));
    flac[flac.length >> 1] ^= 4;
    writeFileSync(at("damaged.flac"), flac);
    const told = await twelvehz(["encode", at("damaged.flac"), "-o", at("told.t12"), "--json"]);
    expect([told.status, told.stderr]).toEqual([3, expect.stringMatching(/damage in ".*": the FLAC frame/)]);
    expect(JSON.parse(told.stdout.toString())).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ kind: "damage" })]) as unknown,
    });
    writeFileSync(at("cut.flac"), readFileSync(clipPath("english.flac")).subarray(0, flac.length >> 1));
    const note = await twelvehz(["encode", at("cut.flac"), "-o", at("told.t12")]);
    expect([note.status, note.stderr]).toEqual([0, expect.stringMatching(/note in ".*": the file is cut short/)]);
    for (const name of ["damaged.flac", "cut.flac"])
      expect((await twelvehz(["encode", "--strict", at(name), "-o", at("no.t12")])).status).toBe(65);
    expect(listing(folder)).not.toContain("no.t12");
  });
});
