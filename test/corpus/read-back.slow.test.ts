/**
 * Every export, read by the library that it is for (read-back.py says what the Python needs):
 * `TWELVEHZ_PYTHON=python npm run test:slow -- test/corpus/read-back`. Of the bundled clips by the
 * compact model, and of the toy corpus whose exports `npm test` holds against read-back.json.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXPORT_FORMATS } from "@twelvehz/corpus";
import { describe, expect, it } from "vitest";
import { clipPath, succeed, temporaryFolder } from "@twelvehz/test-support/command.ts";
import { root } from "../root.ts";
import { digestsOf, exportAll, makeToyExports, manifestOf, READ_BACK } from "./read-back-corpus.ts";

const python = process.env["TWELVEHZ_PYTHON"];

describe.skipIf(python === undefined)("exports (need TWELVEHZ_PYTHON with the libraries)", () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const readBack = (name: string): { said: string[]; status: number | null } => {
    const script = join(root, "test/corpus/read-back.py");
    const { stdout, stderr, status } = spawnSync(python!, [script, at(`${name}/corpus`), at(`${name}/exports`)], { encoding: "utf8" });
    if (status !== 0) process.stderr.write(stderr);
    return { said: stdout.trim().split("\n"), status };
  };
  const forms = ["load_from_disk", ...EXPORT_FORMATS.filter((format) => format !== "t12")]; // token files are our own
  const allEqual = { said: forms.map((form) => `${form}: 4 clips equal`), status: 0 };

  it("of the bundled clips say what the corpus does", async () => {
    mkdirSync(at("real"));
    const sounds = ["english.flac", "chinese.flac", "english.mp3", "english.mp3"] as const;
    for (const name of sounds) cpSync(clipPath(name), at(`real/${name}`));
    writeFileSync(at("real/list.jsonl"), manifestOf(sounds));
    await succeed(["tokenize", at("real/list.jsonl"), "-o", at("real/corpus")]);
    await exportAll(at("real/corpus"), at("real/exports"));
    expect(readBack("real")).toEqual(allEqual);
  });

  it("of the toy corpus do, and have the bytes that npm test wants", async () => {
    await makeToyExports(at("toy"));
    expect(digestsOf(at("toy/exports"))).toEqual(READ_BACK);
    expect(readBack("toy")).toEqual(allEqual);
  });
});
