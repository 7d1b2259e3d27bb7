import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { StreamedFile } from "./streamed-file.ts";

const folder = mkdtempSync(join(tmpdir(), "twelvehz-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
const lines = Array.from({ length: 9000 }, (_, i) => `line ${i}\n`);

describe("a file that is written bit by bit", () => {
  it.each(["a.txt", "a.txt.gz"])("has all of it, in order: %s", async (name) => {
    const file = new StreamedFile(join(folder, name));
    for (const line of lines) await file.write(line);
    await file.close();
    const bytes = readFileSync(join(folder, name));
    expect((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()).toBe(lines.join(""));
  });

  it.skipIf(!existsSync("/dev/full")).each(["full.txt", "full.txt.gz"])("says that the disk is full, and no more: %s", async (name) => {
    symlinkSync("/dev/full", join(folder, name));
    const all = async (): Promise<void> => {
      const file = new StreamedFile(join(folder, name));
      for (let round = 0; round < 20; round++) for (const line of lines) await file.write(line);
      await file.close();
    };
    const few = async (): Promise<void> => {
      const file = new StreamedFile(join(folder, name));
      await file.write("x");
      await file.close();
    };
    for (const write of [all, few])
      await expect(write()).rejects.toMatchObject({ code: "io", message: `Cannot write "${join(folder, name)}": the disk is full` });
  });
});
