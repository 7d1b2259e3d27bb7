/** Paths that lead elsewhere, or nowhere. */
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCodes } from "./codes-file.ts";
import { folderFiles } from "./model-files.ts";
import { OutputFile } from "./output-file.ts";
import { readAudio } from "./read-audio.ts";
import { isStandardStream } from "./standard-streams.ts";

const folder = mkdtempSync(join(tmpdir(), "twelvehz-test-"));
const at = (name: string): string => join(folder, name);
const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";

beforeAll(() => {
  symlinkSync("gone.wav", at("dangling.wav"));
  symlinkSync("circle.wav", at("circle.wav"));
  symlinkSync("new.bin", at("to-new.bin"));
  symlinkSync("to-new.bin", at("to-link.bin"));
  symlinkSync("no-folder/new.bin", at("to-nowhere.bin"));
  for (const name of ["lfs.wav", "lfs.t12", "model.safetensors", "config.json"]) writeFileSync(at(name), pointer);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(process.platform === "win32")("an input", () => {
  it.each<[string, () => Promise<unknown>, string, RegExp]>([
    ["that is a link to nothing", () => readAudio(at("dangling.wav")), "not-found", /it is a link to "gone\.wav", which is not there$/],
    ["that is a link to itself", () => readAudio(at("circle.wav")), "io", /its links lead in a circle$/],
    ["whose name Node could not read as UTF-8", () => readAudio(at("caf\ufffd.wav")), "not-found", /its name is not UTF-8.*rename it/],
    ["that is a pointer in place of sound", () => readAudio(at("lfs.wav")), "bad-format", /it is a pointer of Git LFS.*"git lfs pull"/],
    ["that is a pointer in place of codes", () => readCodes(at("lfs.t12")), "bad-format", /is a pointer of Git LFS.*"git lfs pull"/],
    [
      "that is a pointer in place of weights",
      () => folderFiles(folder).weights(),
      "bad-model",
      /it is a pointer of Git LFS.*"git lfs pull"/,
    ],
  ])("%s is named", async (_, work, code, message) => {
    await expect(work()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});

describe.skipIf(process.platform === "win32")("an output", () => {
  it("through links to a file that is not there makes that file, and the links stay", async () => {
    const file = await OutputFile.create(at("to-link.bin"));
    await file.write(Uint8Array.of(1, 2, 3));
    await file.commit();
    expect([...readFileSync(at("new.bin"))]).toEqual([1, 2, 3]);
    expect(lstatSync(at("to-link.bin")).isSymbolicLink() && lstatSync(at("to-new.bin")).isSymbolicLink()).toBe(true);
  });

  it("through a link into a folder that is not there names the link", async () => {
    await expect(OutputFile.create(at("to-nowhere.bin"))).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining('it is a link to "no-folder/new.bin"') as string,
    });
  });
});

it("another file is no standard stream, and - always is one", () => {
  expect(isStandardStream(at("lfs.wav"), 0) || isStandardStream(at("none"), 1)).toBe(false);
  expect(isStandardStream("-", 0) && isStandardStream("-", 1)).toBe(true);
});
