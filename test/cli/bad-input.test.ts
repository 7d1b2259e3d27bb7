/**
 * What the command says to bad input: one line on the standard error, the exit status from the one
 * table of errors, no trace of the program's inside, and no file that was not there before.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CodecErrorCode, Codes, ERROR_TABLE, serializeCodes } from "@twelvehz/codec/node";
import { describe, expect, it } from "vitest";
import { type Finished, inProcess, listing, soundPath, succeed, temporaryFolder, twelvehz } from "../support/command.ts";
import { MODEL_FOLDER } from "../support/golden.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** Runs the command, which must fail as described and leave the folder as it was. */
async function refuses(
  args: readonly string[],
  code: CodecErrorCode,
  says: RegExp,
  input?: Uint8Array,
  runs = twelvehz,
): Promise<Finished> {
  const before = listing(folder);
  const run = await runs(args, { cwd: folder, input, env: { PATH: "" } }); // no ffmpeg, which reads more
  expect(run.stderr).toMatch(/^twelvehz: [^\n]+\n$/);
  expect(run.stderr).toMatch(says);
  expect(run.stderr).not.toMatch(/\n\s+at |node:internal|\.js:\d+/);
  expect(run.stdout.toString()).toBe("");
  expect(run.status).toBe(ERROR_TABLE[code].exitStatus);
  expect(listing(folder)).toEqual(before);
  return run;
}

const wav = readFileSync(soundPath("english.wav"));

/** The English clip with other bytes at an offset: 22 is the number of channels, 24 the rate. */
function patched(offset: number, ...bytes: number[]): Buffer {
  const out = Buffer.from(wav);
  out.set(bytes, offset);
  return out;
}

/** A float WAV file with the given samples; the writer of the library refuses some of them. */
function floatWav(samples: readonly number[]): Buffer {
  const out = Buffer.alloc(44 + samples.length * 4);
  out.write("RIFF", 0, "latin1");
  out.writeUInt32LE(36 + samples.length * 4, 4);
  out.write("WAVEfmt ", 8, "latin1");
  out.writeUInt32LE(16, 16);
  [3, 1].forEach((value, i) => out.writeUInt16LE(value, 20 + 2 * i)); // float, one channel
  out.writeUInt32LE(24_000, 24);
  out.writeUInt32LE(96_000, 28);
  [4, 32].forEach((value, i) => out.writeUInt16LE(value, 32 + 2 * i));
  out.write("data", 36, "latin1");
  out.writeUInt32LE(samples.length * 4, 40);
  samples.forEach((sample, i) => out.writeFloatLE(sample, 44 + 4 * i));
  return out;
}

describe("sound that cannot be used", () => {
  const text = Buffer.from("This is a letter, not a sound.\n".repeat(50));
  it.each<[string, Uint8Array, CodecErrorCode, RegExp]>([
    ["an empty file", Buffer.alloc(0), "bad-format", /empty/],
    ["text with the name of a sound", text, "bad-format", /text/],
    ["a file that ends in its header", wav.subarray(0, 30), "bad-format", /cut short/],
    ["no channels", patched(22, 0, 0), "bad-format", /0 channels/],
    ["a rate of 0", patched(24, 0, 0, 0, 0), "bad-format", /0 Hz/],
    ["no samples", floatWav([]), "bad-audio", /no samples/],
    ["a sample that is no number", floatWav([0, 0.5, Number.NaN, 0.5]), "bad-audio", /NaN/],
    ["an infinite sample", floatWav([0, Infinity]), "bad-audio", /Infinity/],
    ["an infinite sample after 3 s", floatWav([...new Array<number>(72_000).fill(0.1), -Infinity]), "bad-audio", /-Infinity/],
    ["another kind of file", Buffer.alloc(5000), "unsupported", /begins with the bytes 00/],
  ])("is refused: %s", async (_, bytes, code, says) => {
    writeFileSync(at("bad.wav"), bytes);
    await refuses(["encode", "bad.wav", "-o", "out.t12"], code, says);
  });

  it("is refused by every command that reads it, and from the standard input", async () => {
    writeFileSync(at("bad.wav"), text);
    await refuses(["roundtrip", "bad.wav", "-o", "out.wav", "--codes", "out.t12"], "bad-format", /text/);
    await refuses(["info", "bad.wav"], "bad-format", /text/);
    await refuses(["encode", "-", "-o", "-"], "bad-format", /standard input/, text);
    await refuses(["encode", "-", "-o", "-"], "bad-format", /standard input.*empty|empty.*standard input/, new Uint8Array(0));
  });

  it("leaves nothing of a live recording that never began, and what was there before", async () => {
    writeFileSync(at("bad.wav"), text);
    await refuses(["encode", "bad.wav", "--live", "-o", "live.t12"], "bad-format", /text/);
    writeFileSync(at("before.t12"), "what was there");
    await refuses(["encode", "bad.wav", "--live", "-o", "before.t12"], "bad-format", /text/);
    expect(readFileSync(at("before.t12"), "utf8")).toBe("what was there");
  });
});

describe("sound that is odd but good", () => {
  it.each([
    ["one sample", [0.25], 1],
    ["silence", new Array<number>(5000).fill(0), 5000],
    ["samples far beyond full scale", Array.from({ length: 3000 }, (_, i) => 8 * Math.sin(i / 9)), 3000],
  ])("makes a round trip of the same length: %s", async (_, samples, length) => {
    writeFileSync(at("odd.wav"), floatWav(samples));
    const { stdout } = await succeed(["roundtrip", at("odd.wav"), "-o", at("odd.out.wav"), "--json"]);
    expect(JSON.parse(stdout.toString())).toMatchObject({ sampleCount: length, frames: Math.ceil(length / 1920) });
  });
});

describe("codes that cannot be used", () => {
  const rows = (codes: number[][]): Buffer => Buffer.from(JSON.stringify({ codes }));
  const row = new Array<number>(16).fill(7);
  const of = (layers: number): Codes => new Codes(new Int16Array(layers * 3), layers);
  const foreign = new Codes(new Int16Array(48), 16, { model: { name: "other-model", id: "0123456789abcdef".repeat(2) } });
  it.each<[string, string, Uint8Array, CodecErrorCode, RegExp]>([
    ["an empty file", "bad.t12", Buffer.alloc(0), "bad-format", /empty/],
    ["text", "bad.t12", Buffer.from("no codes\n"), "bad-format", /Cannot read/],
    ["a code that is too large", "bad.json", rows([row, [...row.slice(1), 2048]]), "bad-codes", /2048 at frame 1, layer 15/],
    ["a negative code", "bad.json", rows([[...row.slice(1), -1]]), "bad-codes", /-1/],
    ["a code with a fraction", "bad.json", rows([[...row.slice(1), 1.5]]), "bad-codes", /1\.5/],
    ["rows of different lengths", "bad.json", rows([row, row.slice(1)]), "bad-codes", /15|16/],
    ["JSON that ends too early", "bad.json", Buffer.from('{"codes": [[1,\n2'), "bad-format", /JSON/],
    ["more layers than the model has", "bad.npy", serializeCodes(of(17), "npy"), "bad-codes", /17 layers/],
    ["codes of another model", "bad.t12", serializeCodes(foreign, "t12"), "model-mismatch", /other-model/],
    [
      "a token file that is cut short in a block",
      "bad.t12",
      serializeCodes(foreign, "t12").subarray(0, 90),
      "model-mismatch",
      /other-model/,
    ],
    ["sound", "bad.npy", wav, "bad-format", /Cannot read/],
  ])("are refused: %s", async (_, name, bytes, code, says) => {
    writeFileSync(at(name), bytes);
    await refuses(["decode", name, "-o", "out.wav"], code, says);
  });

  it("are refused from the standard input as well", async () => {
    await refuses(["decode", "-", "-o", "-"], "model-mismatch", /other-model/, serializeCodes(foreign, "t12"));
  });
});

describe("paths that cannot be used", () => {
  writeFileSync(at("good.wav"), wav);
  writeFileSync(at("good.json"), JSON.stringify([new Array<number>(16).fill(7)]));
  mkdirSync(at("folder.t12"));
  writeFileSync(at("bad.jsonl"), '{"audio"\n');
  symlinkSync("good.wav", at("link.wav"));

  it.each<[string, string[], CodecErrorCode, RegExp]>([
    ["a sound that is not there", ["encode", "none.wav"], "not-found", /"none\.wav"/],
    ["codes that are not there", ["decode", "none.t12"], "not-found", /"none\.t12"/],
    ["a folder for a sound", ["encode", "folder.t12", "-o", "out.t12"], "io", /folder/],
    ["a folder for codes", ["decode", "folder.t12"], "io", /folder/],
    ["an output in a folder that is not there", ["encode", "good.wav", "-o", "none/out.t12"], "not-found", /none\/out\.t12/],
    ["an output below a file", ["encode", "good.wav", "-o", "good.json/out.t12"], "not-found", /good\.json\/out\.t12/],
    ["a live output below a file", ["encode", "good.wav", "--live", "-o", "good.json/out.t12"], "not-found", /good\.json\/out\.t12/],
    ["an unknown extension for codes", ["encode", "good.wav", "-o", "out.xyz"], "usage", /out\.xyz/],
    ["a live output that cannot be live", ["encode", "good.wav", "--live", "-o", "out.npy"], "usage", /live/],
    ["the input as output", ["roundtrip", "good.wav", "-o", "good.wav"], "usage", /over an input/],
    ["the input as output by another name", ["roundtrip", "good.wav", "-o", "./good.wav"], "usage", /over an input/],
    ["the input as output through a link", ["roundtrip", "good.wav", "-o", "link.wav"], "usage", /over an input/],
    ["the input for the codes", ["roundtrip", "good.wav", "-o", "out.wav", "--codes", "link.wav"], "usage", /over an input/],
    ["sound and codes to one file", ["roundtrip", "good.wav", "-o", "out.t12", "--codes", "out.t12"], "usage", /two outputs/],
    ["sound and codes to the standard output", ["roundtrip", "good.wav", "-o", "-", "--codes", "-"], "usage", /two outputs/],
    ["several inputs to one file", ["encode", "good.wav", "link.wav", "-o", "out.t12"], "usage", /folder/],
    ["several inputs of one name", ["encode", "good.wav", "./good.wav", "-o", "folder.t12/"], "usage", /two outputs/],
    ["several inputs with one file for the codes", ["roundtrip", "good.wav", "link.wav", "--codes", "c.t12"], "usage", /one by one/],
    ["an address as output", ["encode", "good.wav", "-o", "s3://bucket/out.t12"], "usage", /a path on this machine is wanted/],
    ["an address as a live output", ["encode", "good.wav", "--live", "-o", "s3://bucket/out.t12"], "usage", /a path on this machine/],
    ["an address as a folder", ["encode", "good.wav", "link.wav", "-o", "s3://bucket/out/"], "usage", /a path on this machine/],
    ["an address for an export in C", ["export-c", "-o", "s3://bucket/out"], "usage", /a path on this machine/],
    ["an address for an export", ["corpus", "export", "none", "-f", "qwen", "-o", "s3://bucket/out"], "usage", /a path on this machine/],
    ["an address for a page", ["corpus", "stats", "none", "--html", "s3://bucket/out.html"], "usage", /a path on this machine/],
    ["another address for a corpus", ["tokenize", "good.wav", "-o", "gs://bucket/out"], "usage", /s3:\/\/bucket\/prefix/],
    ["new folders for one output of two inputs", ["encode", "good.wav", "./good.wav", "-o", "a/b/"], "usage", /two outputs/],
    ["a corpus of a file that is not there", ["tokenize", "none.wav", "-o", "a/b/c"], "not-found", /none\.wav/],
    ["a corpus of a manifest with a broken line", ["tokenize", "bad.jsonl", "-o", "a/b/c"], "bad-format", /line 1/],
  ])("are refused: %s", async (_, args, code, says) => {
    await refuses(args, code, says);
    expect(readFileSync(at("good.wav")).equals(wav)).toBe(true);
  });

  it.skipIf(!existsSync("/proc/self")).each<[string, string[]]>([
    ["of sounds as codes", ["encode", "good.wav", "link.wav", "-o", "/proc/x/"]],
    ["of codes as sounds", ["decode", "good.json", "-o", "/proc/x/"]],
    ["in C", ["export-c", "-o", "/proc/x"]],
    ["of a corpus", ["tokenize", "good.wav", "-o", "/proc/x"]],
    ["of a journal", ["eval", "good.wav", "--journal", "/proc/x/y"]],
  ])("are refused at once where the system has no room for folders: outputs %s", async (_, args) => {
    await refuses(args, "io", /"\/proc\/x.*(no folders can be made there|there is no such file or folder)/);
  });

  it.skipIf(process.getuid?.() === 0)(
    "are refused: a folder and a file without permission (not as root, who may do everything)",
    async () => {
      mkdirSync(at("locked"));
      writeFileSync(at("secret.wav"), wav);
      chmodSync(at("secret.wav"), 0o000);
      chmodSync(at("locked"), 0o555);
      await refuses(["encode", "good.wav", "-o", "locked/out.t12"], "no-permission", /permission/);
      await refuses(["encode", "secret.wav", "-o", "out.t12"], "no-permission", /permission/);
    },
  );
});

describe("a command line that cannot be understood", () => {
  it.each<[string, string[], RegExp]>([
    ["an unknown command", ["encod"], /encod/],
    ["an unknown option", ["encode", "good.wav", "--nope"], /--nope/],
    ["a misspelt option, with the right one", ["decode", "good.json", "--layer", "3"], /--layers/],
    ["no input", ["decode"], /input/],
    ["an option without its value", ["encode", "good.wav", "-o"], /-o/],
    ["layers that are no number", ["decode", "good.json", "--layers", "four"], /whole number/],
    ["no layers", ["decode", "good.json", "--layers", "0"], /whole number/],
    ["more layers than there are", ["decode", "good.json", "--layers", "17"], /17 layers/],
    ["more layers than there are to keep", ["encode", "good.wav", "--layers", "17", "-o", "out.t12"], /17 layers/],
    ["a layer that is not there, before the work", ["roundtrip", "good.wav", "--only-layer", "16", "--codes", "out.t12"], /layer 16/],
    ["a list of layers that is none", ["decode", "good.json", "--mute-layers", "3-1"], /list of layers/],
    ["layers and one layer at once", ["decode", "good.json", "--layers", "3", "--only-layer", "1"], /cannot be used with/],
    ["an unknown format", ["encode", "good.wav", "-f", "mp3"], /mp3/],
    ["no jobs", ["encode", "good.wav", "-j", "0"], /whole number/],
    ["Redis without the engine", ["tokenize", ".", "-o", "out", "--redis", "redis://h:1"], /--engine bullmq/],
    ["Redis with the local engine", ["tokenize", ".", "-o", "out", "--redis", "redis://h:1", "--engine", "local"], /--engine bullmq/],
    ["the engine without Redis", ["tokenize", ".", "-o", "out", "--engine", "bullmq"], /--redis/],
    ["an engine for a plan alone", ["tokenize", ".", "-o", "out", "--plan-only", "--engine", "bullmq"], /--plan-only.*--engine/],
    ["jobs for a plan alone", ["tokenize", ".", "-o", "out", "--plan-only", "-j", "2"], /--plan-only.*--jobs/],
    ["a count of workers without a number", ["corpus", "worker", "none", "--index-count", "5"], /--unit-index/],
    ["Redis and a number", ["corpus", "worker", "none", "--redis", "redis://h:1", "--unit-index", "0"], /not both/],
    ["locks without Redis", ["corpus", "worker", "none", "--lock-seconds", "9"], /--redis/],
    ["finishing beside Redis", ["corpus", "worker", "none", "--redis", "redis://h:1", "--finish"], /--finish/],
    ["rejects counted beside Redis", ["corpus", "worker", "none", "--redis", "redis://h:1", "--max-rejects", "1"], /--max-rejects/],
    ["metrics of a look", ["corpus", "info", "none", "--metrics-port", "9100"], /--watch/],
  ])("is refused: %s", async (_, args, says) => {
    await refuses(args, "usage", says);
  });
});

describe("a process of its own", () => {
  it.each<[string, string[], CodecErrorCode, RegExp]>([
    ["a command line that cannot be understood", ["encode", "good.wav", "--nope"], "usage", /--nope/],
    ["a sound that is not there", ["encode", "none.wav"], "not-found", /"none\.wav"/],
    ["codes that cannot be used", ["decode", "folder.t12"], "io", /folder/],
  ])("ends with the same words and status: %s", async (_, args, code, says) => {
    await refuses(args, code, says, undefined, inProcess);
  });
});

describe("a model that cannot be used", () => {
  function modelWith(change: (folder: string) => void): string {
    const model = mkdtempSync(at("model-"));
    cpSync(join(MODEL_FOLDER, "config.json"), join(model, "config.json"));
    cpSync(join(MODEL_FOLDER, "model.safetensors"), join(model, "model.safetensors"));
    change(model);
    return model;
  }
  const config = JSON.parse(readFileSync(join(MODEL_FOLDER, "config.json"), "utf8")) as Record<string, unknown>;
  const setConfig = (text: string) => (model: string) => writeFileSync(join(model, "config.json"), text);

  it.each<[string, (model: string) => void, RegExp]>([
    ["a configuration that is no JSON", setConfig('{\n"model_type":\n'), /config\.json/],
    ["a configuration of another kind", setConfig('{"model_type": "vocos"}'), /vocos/],
    ["a configuration with a bad field", setConfig(JSON.stringify({ ...config, bands: 4 })), /"bands" is 4/],
    ["weights of another shape", setConfig(JSON.stringify({ ...config, dim: 256 })), /shape/],
    ["weights that are cut short", (model) => truncateSync(join(model, "model.safetensors"), 100_000), /safetensors/],
    ["weights that are empty", (model) => truncateSync(join(model, "model.safetensors"), 0), /safetensors/],
    ["weights that are text", (model) => writeFileSync(join(model, "model.safetensors"), "weights\n".repeat(100)), /safetensors/],
  ])("is refused: %s", async (_, change, says) => {
    await refuses(["encode", soundPath("english.wav"), "-o", "out.t12", "-m", modelWith(change)], "bad-model", says);
  });

  it("is refused: a folder without the files, a file, nothing, also when a variable names it", async () => {
    const sound = soundPath("english.wav");
    await refuses(["encode", sound, "-o", "out.t12", "-m", "."], "bad-model", /config\.json/);
    await refuses(["encode", sound, "-o", "out.t12", "-m", sound], "not-found", /it is a file/);
    await refuses(["encode", sound, "-o", "out.t12", "-m", "no-such-model"], "not-found", /no-such-model/);
    const run = await twelvehz(["encode", sound, "-o", at("out.t12")], { env: { TWELVEHZ_MODEL: "no-such-model" } });
    expect([run.status, run.stderr]).toEqual([72, expect.stringMatching(/^twelvehz: .*no-such-model/)]);
  });
});
