import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeFolder, removeEmptyFolders } from "./folders.ts";
import { OutputFile } from "./output-file.ts";

const folder = mkdtempSync(join(tmpdir(), "twelvehz-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a folder for outputs", () => {
  it("is made with those above it, and is left where it is there", async () => {
    const path = join(folder, "a/b/c");
    expect(await makeFolder(path)).toEqual([join(folder, "a"), join(folder, "a/b"), path]);
    await Promise.all(["x/y", "x/y/", "x/y/z"].map((name) => makeFolder(join(folder, name))));
    writeFileSync(join(path, "file"), "");
    for (const there of [path, "/", "."]) expect(await makeFolder(there)).toEqual([]);
    expect([statSync(path).isDirectory(), existsSync(join(path, "file"))]).toEqual([true, true]);
  });

  it("is taken away with those above it that were made for it, as far as nothing is in them", async () => {
    const made = await makeFolder(join(folder, "one/two/three"));
    writeFileSync(join(folder, "one/file"), "");
    await removeEmptyFolders(made);
    expect(["one", "one/file", "one/two"].map((name) => existsSync(join(folder, name)))).toEqual([true, true, false]);
  });

  it.skipIf(!existsSync("/proc/self"))("is refused at once where the system has no room for folders", async () => {
    for (const path of ["/proc/twelvehz", "/proc/twelvehz/a/b"])
      await expect(makeFolder(path)).rejects.toMatchObject({
        code: "io",
        message: 'Cannot make the folder "/proc/twelvehz": no folders can be made there; choose another place',
      });
  });

  it("is refused at a file and below one", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(makeFolder(join(folder, "file"))).rejects.toMatchObject({ code: "io" });
    await expect(makeFolder(join(folder, "file/x/y"))).rejects.toMatchObject({ code: "not-found" });
  });

  it("is refused by the address of another place, and so is a file there", async () => {
    for (const path of ["s3://bucket/x", "https://host/x", "s3:/what/join/leaves"])
      await expect(makeFolder(path), path).rejects.toMatchObject({
        code: "usage",
        message: expect.stringContaining("a path on this machine"),
      });
    await expect(OutputFile.create("s3://bucket/x.t12")).rejects.toMatchObject({ code: "usage" });
    mkdirSync(join(folder, "s3:"));
    await makeFolder(join(folder, "s3:/is/a/name"));
  });
});
