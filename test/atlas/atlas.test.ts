/** `twelvehz atlas`, as its users run it, on two example clips. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { clipPath, finished, listing, start, succeed, temporaryFolder, twelvehz } from "../support/command.ts";

const folder = temporaryFolder();
const speech = join(folder, "speech");

interface Layer {
  readonly use: { readonly perplexity: number; readonly ifEven: { readonly perplexity: number } };
  readonly explained: Readonly<Record<string, { readonly aboveChance: number }>>;
  readonly cost: Readonly<Record<string, { readonly mean: number; readonly count: number }>>;
  readonly entries: { readonly count: readonly number[] };
  readonly plane: { readonly x: readonly number[] };
}
interface AtlasFile {
  readonly clips: number;
  readonly frames: number;
  readonly whole: Readonly<Record<string, { readonly mean: number }>>;
  readonly layers: readonly Layer[];
  readonly entropy: { readonly contexts: readonly { readonly context: string; readonly bitsByLayer: readonly number[] }[] };
}

beforeAll(() => {
  mkdirSync(join(speech, "deeper"), { recursive: true });
  copyFileSync(clipPath("english.flac"), join(speech, "english.flac"));
  copyFileSync(clipPath("chinese.flac"), join(speech, "deeper", "chinese.flac"));
  writeFileSync(join(speech, "notes.txt"), "no sound");
});

describe("an atlas of two clips", () => {
  const [page, json] = [join(folder, "atlas.html"), join(folder, "atlas.json")];
  let atlas: AtlasFile;

  beforeAll(async () => {
    const { stdout } = await succeed(["atlas", speech, "-o", page, "--json", json, "--seconds", "1", "--cost-clips", "1"]);
    expect(stdout.toString()).toMatch(/written +.*atlas\.html/);
    atlas = JSON.parse(readFileSync(json, "utf8")) as AtlasFile;
  });

  it("has every layer, entry and frame", () => {
    expect(atlas).toMatchObject({ clips: 2, frames: 26 }); // 1 s of each, to a whole frame
    expect(atlas.layers).toHaveLength(16);
    for (const { entries, plane } of atlas.layers) {
      expect(entries.count.reduce((a, b) => a + b, 0)).toBe(26);
      expect(plane.x).toHaveLength(2048);
    }
  });

  it("finds that the first layer tells more of the sound than the last, and is worth more", () => {
    const [first, last] = [atlas.layers[0], atlas.layers[15]];
    expect(first.explained["energy"].aboveChance).toBeGreaterThan(last.explained["energy"].aboveChance);
    expect(first.cost["stoi"].mean).toBeLessThan(-0.1);
    expect(first.cost["stoi"].mean).toBeLessThan(last.cost["stoi"].mean);
    expect(first.cost["stoi"].count).toBe(1);
    expect(atlas.whole["stoi"].mean).toBeGreaterThan(0.7);
  });

  it("says what entropy coding would take, for every context", () => {
    expect(atlas.entropy.contexts.map(({ context }) => context)).toEqual(["none", "previous frame", "previous layer", "both"]);
    for (const { bitsByLayer } of atlas.entropy.contexts) for (const bits of bitsByLayer) expect(Math.abs(bits - 11)).toBeLessThan(2);
  });

  it("is one page that asks for nothing else", () => {
    const text = readFileSync(page, "utf8");
    expect(text).not.toMatch(/(?:src|href)="|@import|url\(|NaN|undefined/);
    const points = /<script type="application\/json" id="entries">(.*?)<\/script>/.exec(text)?.[1] ?? "";
    expect((JSON.parse(points) as { x: number[] }[]).map(({ x }) => x.length)).toEqual(new Array(16).fill(2048));
    expect(text.match(/<tr><th>15<\/th>/g)).toHaveLength(2);
  });
});

it("an atlas without costs leaves that table out", async () => {
  const page = join(folder, "cheap.html");
  await succeed(["atlas", clipPath("chinese.flac"), "-o", page, "--cost-clips", "0", "--seconds", "1"]);
  expect(readFileSync(page, "utf8")).not.toContain("switching a layer off");
});

describe("what cannot be mapped is one clear line, and leaves no file", () => {
  it.each([
    ["a folder that is not there", () => [join(folder, "none")], 72, /there is no such file or folder/],
    ["a folder without sound", () => [emptyFolder()], 66, /there is no sound in it/],
    ["a page that cannot be written", () => [speech, "-o", join(folder, "no", "folder", "a.html")], 72, /there is no such file or folder/],
    ["a limit of none", () => [speech, "--limit", "0"], 2, /whole number from 1/],
  ])("%s", async (_, args, status, message) => {
    const before = listing(folder).filter((name) => !name.startsWith("empty"));
    const run = await twelvehz(["atlas", ...args()], { cwd: folder });
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trim().split("\n")).toHaveLength(1);
    expect(run.status).toBe(status);
    expect(listing(folder).filter((name) => !name.startsWith("empty"))).toEqual(before);
  });

  it("Ctrl-C ends the work and leaves no page", async () => {
    const page = join(folder, "stopped.html");
    const child = start(["atlas", speech, "-o", page]);
    const end = finished(child);
    while (!listing(folder).some((name) => name.includes("stopped.html.partial"))) await sleep(20);
    child.kill("SIGINT");
    const { status, stderr } = await end;
    expect([status, stderr]).toEqual([130, "twelvehz: The work was cancelled\n"]);
    expect(existsSync(page)).toBe(false);
    expect(listing(folder).filter((name) => name.includes("stopped"))).toEqual([]);
  });

  function emptyFolder(): string {
    const path = join(folder, "empty");
    mkdirSync(path, { recursive: true });
    return path;
  }
});
