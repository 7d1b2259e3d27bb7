import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listClips } from "./clip-list.ts";

const folder = mkdtempSync(join(tmpdir(), "twelvehz-clips-"));
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  mkdirSync(at("sub"));
  mkdirSync(at("empty"));
  for (const name of ["b.wav", "sub/a.FLAC", ".hidden.wav", "notes.txt"]) writeFileSync(at(name), "");
  writeFileSync(at("list.jsonl"), '{"file": "sub/a.FLAC", "speaker": 3}\n\n{"file": "b.wav"}\n');
  writeFileSync(at("list.csv"), '\uFEFFspeaker,file\r\n1,"sub/a.FLAC"\r\n"x, ""y""",b.wav\r\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function names(path: string): Promise<string[]> {
  return (await listClips(path)).map(({ name }) => name);
}

describe("the list of clips", () => {
  it("takes the sound of a folder and of those below it, sorted, and nothing else", async () => {
    expect(await listClips(folder)).toEqual([
      { name: "b.wav", path: at("b.wav") },
      { name: "sub/a.FLAC", path: at("sub/a.FLAC") },
    ]);
  });

  it("takes the files of a manifest in its order, from where the manifest is", async () => {
    expect(await names(at("list.jsonl"))).toEqual(["sub/a.FLAC", "b.wav"]);
    expect(await names(at("list.csv"))).toEqual(["sub/a.FLAC", "b.wav"]);
    expect((await listClips(at("list.csv")))[0].path).toBe(at("sub/a.FLAC"));
  });

  it("takes one sound file", async () => {
    expect(await listClips(at("b.wav"))).toEqual([{ name: "b.wav", path: at("b.wav") }]);
  });

  it.each<[string, string, string | undefined, string, RegExp]>([
    ["a path that is not there", "none", undefined, "not-found", /no such file or folder; give a folder, or a manifest/],
    ["a folder without sound", "empty", undefined, "bad-audio", /there is no sound in it/],
    ["a manifest that names nothing", "none.jsonl", "\n", "bad-audio", /there is no sound in it/],
    ["a file of another kind", "notes.txt", undefined, "unsupported", /neither sound nor a manifest/],
    ["a line that is not JSON", "broken.jsonl", '{"file": "b.wav"}\n{"file"', "bad-format", /line 2 is not JSON/],
    ["a line without a file", "fileless.jsonl", '{"path": "b.wav"}', "bad-format", /line 1 has no field "file"/],
    ["a table without a column of files", "fileless.csv", "name,speaker\nb.wav,1\n", "bad-format", /no column "file"/],
    ["a clip that is named twice", "twice.jsonl", '{"file": "b.wav"}\n{"file": "b.wav"}', "bad-format", /"b.wav" twice/],
  ])("refuses %s", async (_, name, text, code, says) => {
    if (text !== undefined) writeFileSync(at(name), text);
    await expect(listClips(at(name))).rejects.toMatchObject({ code, message: expect.stringMatching(says) as string });
  });
});
