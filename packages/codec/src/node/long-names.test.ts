import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OutputFile } from "./output-file.ts";

describe("the name of an output", () => {
  it.each([
    ["one byte a character", "a".repeat(250)],
    ["two bytes a character", "é".repeat(125)],
    ["three bytes a character", "\u8a9e".repeat(80)],
    ["four bytes a character", "\u{1f3a4}".repeat(60)],
    ["a character across the cut", `a${"\u8a9e".repeat(80)}`],
  ])("may be as long as the file system allows with %s", async (_, name) => {
    const folder = mkdtempSync(join(tmpdir(), "twelvehz-test-"));
    const file = await OutputFile.create(join(folder, name));
    await file.commit();
    expect(readdirSync(folder)).toEqual([name]);
    rmSync(folder, { recursive: true });
  });
});
