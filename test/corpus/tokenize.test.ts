/** Speech to a corpus: what is in it, what is not, and that it is the same however it was made. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Audio, encodeWav, openCodec, readAudio } from "@twelvehz/codec/node";
import type { RunProgress } from "@twelvehz/corpus";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { clipPath, listing, succeed, temporaryFolder, twelvehz } from "@twelvehz/test-support/command.ts";
import { DEADLY } from "@twelvehz/test-support/toy-codec.mjs";
import {
  begunClips,
  contentOf,
  noise,
  noiseClips,
  rejectsIn,
  rowsIn,
  TOY,
  TOY_RATE,
  tokenizeHere,
  tokenizeToy,
  writeFiles,
} from "./toy-corpus.ts";

beforeAll(() => void vi.stubEnv("PATH", "")); // no ffmpeg, which reads more
afterAll(() => void vi.unstubAllEnvs());

/** After so long a clip hangs, ms: unit-pool.ts. */
const HANG_MS = 20 * 60 * 1000;

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** A WAV file with other bytes in it. */
function patched(bytes: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const out = bytes.slice();
  out.set(values, offset);
  return out;
}

function wav(samples: readonly number[]): Uint8Array {
  return encodeWav(new Audio(Float32Array.from(samples), TOY_RATE)).bytes;
}

describe("a corpus of the bundled clips", () => {
  it("holds the codes that the codec gives, and what is known of each clip", async () => {
    const lines = [
      { audio: clipPath("english.flac"), text: "one “two”", speaker_id: 7, lang: "en", score: [1, { a: null }] },
      { id: "zh", audio: clipPath("chinese.flac"), offset: 1.5, duration: 2.25 },
    ];
    writeFiles(folder, { "list.jsonl": lines.map((line) => JSON.stringify(line)).join("\n") });
    const run = await succeed(["tokenize", at("list.jsonl"), "-o", at("real"), "--json"]);
    expect(JSON.parse(run.stdout.toString())).toMatchObject({ corpus: { clips: 2, rejected: 0 }, wasDone: false });
    const [english, chinese] = await rowsIn(at("real"));
    await using codec = await openCodec("compact");
    const whole = await codec.encode(await readAudio(clipPath("english.flac")));
    expect(english).toMatchObject({ text: "one “two”", speaker: "7", language: "en", offset: null, extra: '{"score":[1,{"a":null}]}' });
    expect(english.codes).toEqual(whole.data);
    expect([english.frames, english.sampleCount, english.duration]).toEqual([whole.frames, whole.sampleCount, whole.sampleCount! / 24_000]);
    const { samples } = await readAudio(clipPath("chinese.flac"));
    const part = await codec.encode(new Audio(samples.slice(36_000, 90_000), 24_000));
    expect(chinese).toMatchObject({ id: "zh", text: null, offset: 1.5, duration: 2.25 });
    expect(chinese.codes).toEqual(part.data);
    expect(listing(at("real"))).toEqual(["data-00000.arrow", "dataset_info.json", "rejects.jsonl", "state.json", "twelvehz.json"]);
  });

  it("is not made twice, nor over another, but goes on", async () => {
    const before = contentOf(at("real"));
    expect((await succeed(["tokenize", at("list.jsonl"), "-o", at("real")])).stdout.toString()).toMatch(/is there already/);
    const other = await twelvehz(["tokenize", clipPath("english.flac"), "-o", at("real")]);
    expect([other.status, other.stderr]).toEqual([2, expect.stringMatching(/another one is there.*append/)]);
    expect(contentOf(at("real"))).toEqual(before);
  });
});

describe("clips that cannot be used", () => {
  const good = noise(0.5, 1);
  const cases: [name: string, bytes: Uint8Array | string, code: string, says: RegExp][] = [
    ["empty.wav", "", "empty", /it is empty/],
    ["text.wav", "This is a letter.\n".repeat(99), "bad-format", /text/],
    ["short.wav", noise(0.1, 2), "too-short", /0\.100 s; 0\.2 s at least/],
    ["long.wav", noise(2.5, 3), "too-long", /over 2 s/],
    ["silent.wav", wav(new Array(8000).fill(0.0005)), "silent", /below -60 dB/],
    ["cut.wav", good.subarray(0, good.length - 4000), "bad-format", /cut short/],
    ["header.wav", good.subarray(0, 30), "bad-format", /cut short/],
    ["none.wav", wav([]), "empty", /no samples/],
    ["channels.wav", patched(good, 22, 0, 0), "bad-format", /0 channels/],
    ["rate.wav", patched(good, 24, 0, 0, 0, 0), "bad-format", /rate|Hz/],
    ["noise.mp3", Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251), "unsupported", /no known format/],
    ["crash.wav", noise(0.5, 4, DEADLY.SIGSEGV), "crashed", /ended the process/],
  ];

  it("are rejected with a code and a reason, and the others are there", async () => {
    writeFiles(at("bad"), { ...noiseClips(6, 0.5), ...Object.fromEntries(cases.map(([name, bytes]) => [name, bytes])) });
    const deaths: number[] = [];
    const onProcess = (event: string, pid: number): void => void (event === "died" && deaths.push(pid));
    const { corpus } = await tokenizeToy([at("bad")], at("bad.out"), { maxSeconds: 2, onProcess });
    expect([corpus?.clips, corpus?.rejected]).toEqual([6, cases.length]);
    const rejects = new Map(rejectsIn(at("bad.out")).map((reject) => [reject.id, reject]));
    for (const [name, , code, says] of cases)
      expect(rejects.get(name), name).toMatchObject({ id: name, code, reason: expect.stringMatching(says) as string });
    expect(rejectsIn(at("bad.out")).map(({ id }) => id)).toEqual(cases.map(([name]) => name).sort());
    expect(deaths.length).toBe(3); // twice of the crash, and the last at its end
    expect(JSON.stringify(rejectsIn(at("bad.out")))).not.toContain(folder); // where the files lie says nothing
  });

  it("that hang are given up as those that crash", async () => {
    writeFiles(at("hang"), { ...noiseClips(2), "b.wav": noise(0.5, 4, DEADLY.HANG), "d.wav": noise(0.3, 5) });
    const notes = at("hang.out/.twelvehz/flight/000000.jsonl");
    const stop = new AbortController();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const work = tokenizeToy([at("hang")], at("hang.out"));
      const waiting = (async (): Promise<void> => {
        for await (const _ of begunClips(at("hang.out"), stop.signal))
          if (existsSync(notes) && readFileSync(notes, "utf8").endsWith('{"begin":0}\n')) vi.advanceTimersByTime(HANG_MS);
      })();
      waiting.catch(() => undefined); // it is stopped
      const { corpus } = await work;
      expect([corpus?.clips, corpus?.rejected]).toEqual([3, 1]);
    } finally {
      stop.abort();
      vi.useRealTimers();
    }
    expect(rejectsIn(at("hang.out"))).toMatchObject([{ id: "b.wav", code: "crashed" }]);
  });

  it("end the command with 3 and a word, and a run that goes wrong with an error", async () => {
    writeFiles(at("few"), { ...noiseClips(3), "x.wav": "", "y.wav": "junk" });
    const args = ["tokenize", at("few"), "--codec-module", new URL(TOY).pathname, "-j", "1"];
    const some = await twelvehz([...args, "-o", at("few.two")]);
    expect([some.status, some.stderr]).toEqual([3, expect.stringMatching(/2 of 5 clips were rejected; .*rejects\.jsonl/)]);
    const most = await twelvehz([...args, "-o", at("few.three"), "--max-rejects", "10%"]);
    expect([most.status, most.stderr]).toEqual([66, expect.stringMatching(/of 5 clips are rejected.*--max-rejects allows 0;/)]);
  });

  it("may be taken as far as they go", async () => {
    writeFiles(at("half"), { "cut.wav": good.subarray(0, good.length - 4000), "silent.wav": wav(new Array(8000).fill(0)) });
    const { corpus } = await tokenizeHere([at("half")], at("half.out"), { lenient: true, keepSilent: true });
    expect([corpus?.clips, corpus?.rejected]).toEqual([2, 0]);
    expect((await rowsIn(at("half.out"))).map(({ silence, levelDb }) => [silence < 1, levelDb > -119])).toEqual([
      [true, true],
      [false, false],
    ]);
  });
});

describe("a run", () => {
  it("gives the same bytes with any number of workers, from any place, and when workers are killed", async () => {
    writeFiles(at("many"), { ...noiseClips(60), "z.wav": "junk" });
    writeFiles(at("else/where"), { ...noiseClips(60), "z.wav": "junk" });
    const options = { unitSeconds: 3, shardBytes: 4000 };
    const { plan, corpus } = await tokenizeHere([at("many")], at("one"), options);
    expect([plan.units > 5, corpus!.shards.length > 1]).toEqual([true, true]);
    await tokenizeToy([at("else/where")], at("three"), { ...options, workers: 3 });
    let [clips, kills] = [0, 0];
    const pids = new Set<number>();
    const onProcess = (event: string, pid: number): void => void (event === "started" ? pids.add(pid) : pids.delete(pid));
    const onProgress = (): void => {
      if (++clips % 20 !== 0 || pids.size === 0) return;
      kills++;
      process.kill([...pids][clips % pids.size], "SIGKILL");
    };
    await tokenizeToy([at("many")], at("killed"), { ...options, workers: 2, onProcess, onProgress });
    const again = clips - 61 - plan.units; // a clip or a unit is told at a time
    expect(kills).toBeGreaterThan(0);
    expect(again).toBeGreaterThanOrEqual(0); // none where the killed had just finished
    expect(again).toBeLessThanOrEqual(kills * 11); // a unit of work at most for a kill
    const content = contentOf(at("one"));
    expect(contentOf(at("three"))).toEqual(content);
    expect(contentOf(at("killed"))).toEqual(content);
  });

  it("gives them whatever the time of the day does meanwhile", async () => {
    let now = Date.now();
    const clock = vi.spyOn(Date, "now").mockImplementation(() => (now -= 60_000));
    const views: RunProgress[] = [];
    await tokenizeToy([at("many")], at("backwards"), { unitSeconds: 3, shardBytes: 4000, onProgress: (view) => views.push(view) });
    clock.mockRestore();
    expect(contentOf(at("backwards"))).toEqual(contentOf(at("one")));
    for (const { rate, leftSeconds = 0 } of views) expect([rate >= 0, leftSeconds >= 0]).toEqual([true, true]);
  });

  it("goes on after it was cancelled, and does only what is missing", async () => {
    const options = { unitSeconds: 3, shardBytes: 4000 };
    const stop = new AbortController();
    let before = 0;
    const onProgress = ({ unitsDone }: { unitsDone: number }): void => void (unitsDone === 3 && stop.abort());
    const work = tokenizeToy([at("many")], at("again"), { ...options, signal: stop.signal, onProgress });
    await expect(work).rejects.toMatchObject({ code: "aborted" });
    const units = listing(at("again/.twelvehz/units")).filter((name) => name.endsWith(".unit")).length;
    let first: { unitsDone: number } | undefined;
    await tokenizeToy([at("many")], at("again"), { ...options, onProgress: (view) => void ((first ??= view), before++) });
    expect([first!.unitsDone >= units, units >= 3, before > 0]).toEqual([true, true, true]);
    expect(contentOf(at("again"))).toEqual(contentOf(at("one")));
  });

  it("refuses to go on when its inputs or its options have changed", async () => {
    writeFiles(at("moving"), noiseClips(4));
    await tokenizeHere([at("moving")], at("moving.out"), { planOnly: true });
    await expect(tokenizeHere([at("moving")], at("moving.out"), { minSeconds: 0.1 })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/other inputs, another model or other options/) as string,
    });
    writeFileSync(at("moving/c001.wav"), noise(0.4, 9));
    await expect(tokenizeHere([at("moving")], at("moving.out"))).rejects.toMatchObject({ code: "usage" });
    writeFileSync(at("moving/c001.wav"), noise(0.3, 1));
    rmSync(at("moving/c002.wav"));
    await expect(tokenizeHere([at("moving")], at("moving.out"))).rejects.toMatchObject({ code: "usage" });
    writeFileSync(at("moving/c002.wav"), noise(0.3, 2));
    expect((await tokenizeHere([at("moving")], at("moving.out"))).corpus?.clips).toBe(4);
    expect(readFileSync(at("moving.out/rejects.jsonl"), "utf8")).toBe("");
  });
});
