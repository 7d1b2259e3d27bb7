/** A disk that is full at any point of the work: one clear error, nothing half done, and on from there. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@twelvehz/test-support/command.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contentOf, noiseClips, tokenizeHere, tokenizeToy, writeFiles } from "./toy-corpus.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
mkdirSync(at("disk"));

/** A disk of so many blocks of 4 KB, each of which a file or a folder takes at least. */
function mount(blocks: number, ...more: string[]): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", [`size=${blocks * 4}k`, ...more].join(","), "tmpfs", at("disk")]).status === 0;
}

const CAN_MOUNT = process.platform === "linux" && mount(100);
if (CAN_MOUNT) execFileSync("umount", [at("disk")]);

describe.skipIf(!CAN_MOUNT)(`a full disk${CAN_MOUNT ? "" : " (skipped: this user may not mount any)"}`, () => {
  const options = { unitSeconds: 1, shardBytes: 20_000 };
  beforeAll(async () => {
    const clips = noiseClips(30);
    const lines = Object.keys(clips).map((audio) => JSON.stringify({ audio, text: "said ".repeat(200) }));
    writeFiles(at("in"), { ...clips, "list.jsonl": lines.join("\n") });
    await tokenizeHere([at("in/list.jsonl")], at("wanted"), options);
  });
  afterAll(() => spawnSync("umount", [at("disk")]));

  it("is said, whatever was being written, and with room the work goes on to the same corpus", async () => {
    expect(mount(2)).toBe(true);
    const failures = new Set<string>();
    const wanted = contentOf(at("wanted"));
    const output = at("disk/corpus");
    for (let blocks = 2, isDone = false; !isDone; blocks += 5) {
      execFileSync("mount", ["-o", `remount,size=${blocks * 4}k`, at("disk")]);
      const make = blocks % 2 === 0 ? tokenizeHere : tokenizeToy;
      isDone = await make([at("in/list.jsonl")], output, options).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ code: "io", message: expect.stringMatching(/^Cannot write ".*": the disk is full$/) as string });
          failures.add(/\.twelvehz\/([a-z]+)/.exec((error as Error).message)?.[1] ?? "corpus");
          return false;
        },
      );
      const there = existsSync(output) ? Object.entries(contentOf(output, false)) : [];
      expect(there).toEqual(there.map(([name]) => [name, wanted[name]]));
    }
    expect([...failures]).toEqual(expect.arrayContaining(["scratch", "units"]));
    expect(contentOf(output)).toEqual(wanted);
  });
});
