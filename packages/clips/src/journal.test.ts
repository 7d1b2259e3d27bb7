import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fingerprintOf, Journal } from "./journal.ts";

const folder = mkdtempSync(join(tmpdir(), "twelvehz-journal-"));
afterAll(() => rmSync(folder, { recursive: true }));

const trial = { clip: "a.wav", condition: "clean", codec: "x", seconds: 1, values: { stoi: 0.1 + 0.2 } };

async function addTwo(path: string): Promise<void> {
  const journal = await Journal.open<typeof trial>(path);
  await journal.add("one", trial);
  await journal.add("two", { ...trial, clip: "b.wav" });
  await journal.close();
}

describe("the journal", () => {
  it("gives back what was added, to the bit", async () => {
    const path = join(folder, "new/trials.journal");
    await addTwo(path);
    const journal = await Journal.open<typeof trial>(path);
    expect(journal.find("one")).toEqual(trial);
    expect(journal.find("two")?.clip).toBe("b.wav");
    expect(journal.find("three")).toBeUndefined();
    await journal.close();
  });

  it("passes over a line that was cut off, and goes on after it", async () => {
    const path = join(folder, "cut.journal");
    await addTwo(path);
    writeFileSync(path, readFileSync(path, "utf8").slice(0, -9));
    const again = await Journal.open<typeof trial>(path);
    expect([again.find("one"), again.find("two")]).toEqual([trial, undefined]);
    await again.add("three", trial);
    await again.close();
    const last = await Journal.open<typeof trial>(path);
    expect(last.find("three")).toEqual(trial);
    await last.close();
  });

  it("forgets everything when told to", async () => {
    const path = join(folder, "fresh.journal");
    await addTwo(path);
    await (await Journal.open<typeof trial>(path, true)).close();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it.each([
    ["notes.txt", "dear diary"],
    ["results.json", '{\n "format": "twelvehz-eval"\n}\n'],
  ])("does not write into a file of another kind: %s", async (name, text) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    for (const fresh of [false, true]) await expect(Journal.open<typeof trial>(path, fresh)).rejects.toMatchObject({ code: "bad-format" });
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("refuses a place where no file can be", async () => {
    await expect(Journal.open<typeof trial>(join(folder, "notes.txt/below"))).rejects.toMatchObject({ code: "io" });
  });

  it("names what a trial depends on so that any difference shows", () => {
    expect(fingerprintOf("a", ["b"])).toBe(fingerprintOf("a", ["b"]));
    expect(new Set([fingerprintOf("a", "b"), fingerprintOf("ab"), fingerprintOf(["a", "b"]), fingerprintOf("b", "a")]).size).toBe(4);
  });
});
