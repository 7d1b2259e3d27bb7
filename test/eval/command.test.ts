/** `twelvehz eval`, run as its users run it, and its report in a browser. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EvaluationResults } from "@twelvehz/eval/node";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserNote, chromiumPath, launchBrowser } from "../support/browser.ts";
import { clipPath, finished, listing, start, succeed, temporaryFolder, twelvehz } from "../support/command.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const SMALL = ["--codecs", "compact:4,opus:8", "--seconds", "1.5"];

beforeAll(() => {
  for (const name of ["speech", "empty", "out"]) mkdirSync(at(name));
  for (const name of ["english.flac", "chinese.flac"]) symlinkSync(clipPath(name), at(`speech/${name}`));
});

describe("the evaluation of a folder", () => {
  let results: EvaluationResults;
  let table: string;

  beforeAll(async () => {
    const outputs = ["--json", at("out/e.json"), "--csv", at("out/e.csv"), "--html", at("out/e.html")];
    const { stdout } = await succeed([
      "eval",
      at("speech"),
      ...SMALL,
      "--conditions",
      "clean,noise:5",
      "--measures",
      "pesqWb,stoi,level",
      ...outputs,
    ]);
    table = stdout.toString();
    results = JSON.parse(readFileSync(at("out/e.json"), "utf8")) as EvaluationResults;
  });

  it("tells what was measured, on what, with what", () => {
    expect(results).toMatchObject({
      format: "twelvehz-eval",
      longestSeconds: 1.5,
      clips: [
        { name: "chinese.flac", seconds: 1.5 },
        { name: "english.flac", seconds: 1.5 },
      ],
      conditions: ["clean", "pink noise 5 dB"],
      failures: [],
    });
    expect(results.measures.map(({ id }) => id)).toEqual(["pesqWb", "stoi", "level"]);
    expect(results.made.versions).toMatchObject({ node: process.versions.node });
    expect(results.made.command).toMatch(/^twelvehz eval /);
  });

  it("measures what the codecs send and what comes back", () => {
    const [ours, opus] = results.codecs;
    expect(ours.codec).toMatch(/^twelvehz-compact-\d+, 4 layers$/);
    expect(ours.kilobitsPerSecond).toBeGreaterThan(0.54); // 4 layers of 11 bits, 12.5 times a second
    expect(ours.kilobitsPerSecond).toBeLessThan(0.6);
    expect(opus.kilobitsPerSecond).toBeCloseTo(8, 0);
    const stoiOf = (codec: string, condition: string) =>
      results.means.find((m) => m.codec === codec && m.condition === condition && m.measure === "stoi" && m.against === "clean")?.mean ?? 0;
    expect(stoiOf(ours.codec, "clean")).toBeGreaterThan(0.6);
    expect(stoiOf(opus.codec, "clean")).toBeGreaterThan(stoiOf(ours.codec, "clean"));
    expect(stoiOf(opus.codec, "pink noise 5 dB")).toBeLessThan(stoiOf(opus.codec, "clean"));
    expect(stoiOf("unprocessed", "pink noise 5 dB")).toBeLessThan(0.95);
  });

  it("prints a table for every condition, and writes a line of CSV for every comparison", () => {
    expect(table).toMatch(/^clean\n.*PESQ-WB.*\n {2}twelvehz-compact-\d+, 4 layers .* ± /);
    expect(table).toMatch(/pink noise 5 dB\n.*\n {2}unprocessed /);
    expect(readFileSync(at("out/e.csv"), "utf8").trimEnd().split("\r\n")).toHaveLength(1 + 2 * (2 + 1 + 2 * 2));
  });

  it("takes what is done from the journal, with equal results", async () => {
    const before = readFileSync(at("out/e.json.journal"), "utf8");
    await succeed([
      "eval",
      at("speech"),
      ...SMALL,
      "--conditions",
      "clean,noise:5",
      "--measures",
      "pesqWb,stoi,level",
      "--json",
      at("out/e.json"),
    ]);
    const again = JSON.parse(readFileSync(at("out/e.json"), "utf8")) as EvaluationResults;
    expect(readFileSync(at("out/e.json.journal"), "utf8")).toBe(before);
    expect([again.trials, again.means]).toEqual([results.trials, results.means]);
  });

  it("leaves nothing else behind", () => {
    expect(listing(at("out"))).toEqual(["e.csv", "e.html", "e.json", "e.json.journal"]);
  });

  describe.skipIf(!chromiumPath)(`the report in a browser${browserNote}`, () => {
    let browser: Browser;
    let page: Page;
    const said: string[] = [];

    beforeAll(async () => {
      browser = await launchBrowser({ args: ["--autoplay-policy=no-user-gesture-required"] });
      page = await browser.newPage({ viewport: { width: 390, height: 800 } });
      page.setDefaultTimeout(0); // the test's own limit is for what hangs
      page.on("console", (message) => said.push(message.text()));
      page.on("pageerror", (error) => said.push(error.message));
      page.on("request", (request) => request.url().startsWith("data:") || said.push(`asked for ${request.url()}`));
      await page.goto(pathToFileURL(at("out/e.html")).href);
    });
    afterAll(() => browser?.close());

    it("needs nothing but itself, and fits a narrow screen", async () => {
      expect(said).toEqual([`asked for ${pathToFileURL(at("out/e.html")).href}`]);
      expect(readFileSync(at("out/e.html")).length).toBeLessThan(8e6);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    });

    it("has a row for every codec, charts with names, and pictures with texts", async () => {
      const rows = await page.locator("section").first().locator("tbody th").allTextContents();
      expect(rows).toEqual(results.codecs.map(({ codec }) => codec));
      expect(await page.locator("svg[aria-label]").count()).toBeGreaterThanOrEqual(2);
      expect(await page.locator("img:not([alt])").count()).toBe(0);
      expect(await page.locator("table:not(:has(caption))").count()).toBe(0);
      expect(await page.evaluate("[...document.images].every((image) => image.complete && image.naturalHeight > 50)")).toBe(true);
    });

    it("plays a clip, changes to another version of it, and stops at the end", async () => {
      const example = page.locator(".example").first();
      await example.getByRole("button", { name: "Play" }).click();
      await page.waitForFunction("parseFloat(document.querySelector('.time').textContent) > 0.2");
      await page.keyboard.press("2");
      expect(await example.locator("input").nth(1).isChecked()).toBe(true);
      expect(await example.getByRole("button").textContent()).toBe("Stop");
      await page.waitForFunction("document.querySelector('.example button').textContent === 'Play'");
      expect(said).toHaveLength(1);
    });
  });
});

describe("an evaluation that is interrupted", () => {
  it("leaves its journal and nothing else, and goes on from there", async () => {
    const args = ["eval", at("speech"), ...SMALL, "--measures", "stoi", "--jobs", "1", "--json", at("stopped/e.json")];
    mkdirSync(at("stopped"));
    const child = start([...args.slice(0, 2), "--codecs", "compact:16,8,4,2,1", ...args.slice(4)]);
    const end = finished(child);
    while (!existsSync(at("stopped/e.json.journal")) || readFileSync(at("stopped/e.json.journal")).length === 0)
      await new Promise((go) => setTimeout(go, 20));
    child.kill("SIGINT");
    expect((await end).status).toBe(130);
    expect(listing(at("stopped"))).toEqual(["e.json.journal"]);
    const kept = readFileSync(at("stopped/e.json.journal"), "utf8");
    await succeed(args);
    expect(readFileSync(at("stopped/e.json.journal"), "utf8").startsWith(kept)).toBe(true);
  });
});

describe("an external program", () => {
  it("is a codec like the others", async () => {
    const { stdout } = await succeed([
      "eval",
      at("speech/english.flac"),
      "--codecs",
      "mulaw",
      "--codec",
      "copy=cp {in} {out}",
      "--seconds",
      "1",
      "--measures",
      "stoi",
      "--json",
      "-",
    ]);
    const { trials } = JSON.parse(stdout.toString()) as EvaluationResults;
    expect(trials.map(({ codec }) => codec)).toContain("copy");
    expect(trials.find(({ codec }) => codec === "copy")?.values["stoi"]).toBeCloseTo(1, 4);
  });
});

describe("what cannot be evaluated", () => {
  beforeAll(() => writeFileSync(at("broken.wav"), "RIFF\x24\0\0\0WAVE"));

  it.each<[string, () => string[], number, RegExp]>([
    ["a folder that is not there", () => ["none"], 72, /no such file or folder/],
    ["a folder without sound", () => [at("empty")], 66, /no sound in it/],
    ["a clip that cannot be read", () => [at("broken.wav")], 65, /broken\.wav/],
    ["a codec that is not known", () => [at("speech"), "--codecs", "opus"], 2, /bit rates in kbit\/s/],
    ["a codec with a rate out of range", () => [at("speech"), "--codecs", "opus:2"], 2, /opus:2/],
    ["more layers than there are", () => [at("speech"), "--codecs", "compact:17"], 2, /choose 1 to 16/],
    ["a condition that is not known", () => [at("speech"), "--conditions", "rain"], 2, /rain/],
    ["a measure that is not known", () => [at("speech"), "--measures", "mos"], 2, /no such measure; choose from main, pesqWb/],
    ["one file for two outputs", () => [at("speech"), "--json", at("x"), "--csv", at("x")], 2, /two outputs/],
    ["a journal in the place of an output", () => [at("speech"), "--json", at("x"), "--journal", at("x")], 2, /two outputs/],
    ["a journal that is something else", () => [at("speech"), "--journal", at("broken.wav"), "--fresh"], 65, /not a journal/],
    ["a second output that cannot be written", () => [at("speech"), "--json", at("x"), "--csv", at("none/x")], 72, /none\/x/],
    ["an output in a folder that is not there", () => [at("speech"), "--json", at("none/x.json")], 72, /none/],
  ])("%s is refused in one line", async (_, args, status, says) => {
    const before = listing(folder);
    const run = await twelvehz(["eval", ...args()]);
    expect([run.status, run.stderr.trimEnd().split("\n").length]).toEqual([status, 1]);
    expect(run.stderr).toMatch(says);
    expect(listing(folder)).toEqual(before);
  });
});
