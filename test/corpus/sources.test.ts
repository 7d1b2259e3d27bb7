/** Sources of speech: what is taken of each, and what is said of those that are not as they should be. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteFile } from "hyparquet-writer";
import { type StoredRow, type TokenizeOptions, workOn } from "@twelvehz/corpus";
import { temporaryFolder } from "@twelvehz/test-support/command.ts";
import { beforeAll, describe, expect, it } from "vitest";
import { noise, noiseClips, rejectsIn, rowsIn, TOY_RATE, tokenizeHere, writeFiles } from "./toy-corpus.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const jsonl = (...lines: readonly object[]): string => lines.map((line) => JSON.stringify(line)).join("\n");
let made = 0;

/** The rows and rejects of sources below the folder. */
async function take(
  sources: readonly string[],
  options: TokenizeOptions = {},
): Promise<{ rows: StoredRow[]; rejects: ReturnType<typeof rejectsIn> }> {
  const output = at(`out/${made++}`);
  await tokenizeHere(sources.map(at), output, options);
  return { rows: await rowsIn(output), rejects: rejectsIn(output) };
}

const clips = noiseClips(4, 0.4);
let plain: StoredRow[];

beforeAll(async () => {
  writeFiles(at("clips"), { ...clips, "sub/d.wav": noise(0.4, 9), ".hidden.wav": "junk", "notes.txt": "no sound" });
  writeFiles(at("m"), { ...clips, "long.wav": noise(3, 20) });
  plain = (await take(["clips"])).rows;
});

/** Does something as a user who is not root, for whom rights do not count. */
async function withoutRights(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

/** Rows as id, text, speaker, language, extra. */
const about = ({ id, text, speaker, language, extra }: StoredRow): unknown[] => [id, text, speaker, language, extra];

describe("a source", () => {
  it("may be a folder with all below it, several of them, or one file", async () => {
    expect(plain.map(({ id }) => id)).toEqual(["c000.wav", "c001.wav", "c002.wav", "c003.wav", "sub/d.wav"]);
    const { rows } = await take(["clips", "m/c000.wav"]);
    expect(rows.map(({ id, source }) => [id, source]).slice(-2)).toEqual([
      ["clips/sub/d.wav", "sub/d.wav"],
      ["c000.wav", "c000.wav"],
    ]);
  });

  it.each<[string, string, string | Uint8Array, unknown[][]]>([
    [
      "JSONL of ours, by many names of fields",
      "m/a.jsonl",
      `\uFEFF${jsonl({ audio: "c000.wav", text: "a", speaker: 3, language: "en" }, { id: "y", file: "./c001.wav", transcript: "b\ud800", client_id: "q", locale: "zh", age: null, n: [1] })}\r\n\n`,
      [
        ["c000.wav", "a", "3", "en", null],
        ["y", "b\ufffd", "q", "zh", '{"age":null,"n":[1]}'],
      ],
    ],
    [
      "JSONL of Qwen",
      "m/q.jsonl",
      jsonl({ audio: "c000.wav", text: "a", ref_audio: "c001.wav" }),
      [["c000.wav", "a", null, null, '{"ref_audio":"c001.wav"}']],
    ],
    ["packed JSONL", "m/p.jsonl.gz", gzipSync(jsonl({ audio: "c002.wav" })), [["c002.wav", null, null, null, null]]],
    [
      "CSV with quotes",
      "m/a.csv",
      'path,sentence,up_votes\r\nc000.wav,"one, ""two""\nthree",2\r\n',
      [["c000.wav", 'one, "two"\nthree', null, null, '{"up_votes":"2"}']],
    ],
    [
      "TSV, as it stands",
      "m/a.tsv",
      'client_id\tpath\tsentence\nx\tc001.wav\ta "quoted, word\n',
      [["c001.wav", 'a "quoted, word', "x", null, null]],
    ],
  ])("may be %s", async (_, name, content, expected) => {
    writeFiles(folder, { [name]: content });
    const { rows, rejects } = await take([name]);
    expect([rows.map(about), rejects]).toEqual([expected, []]);
    const same = plain.find(({ source }) => rows[0].source.endsWith(source));
    expect(rows[0].codes).toEqual(same?.codes);
  });

  it("may cut long sounds into parts, in any order (NeMo)", async () => {
    const parts = [
      [0, 0.4],
      [0.5, 0.8],
      [0.9, 1.1],
      [0.2, 0.3],
      [2, undefined],
    ] as const;
    const lines = parts.map(([offset, duration]) => ({ audio_filepath: "long.wav", offset, duration, text: String(offset) }));
    writeFiles(at("m"), { "nemo.json": jsonl(...lines) });
    const { rows } = await take(["m/nemo.json"]);
    expect(rows.map(({ offset, duration }) => [offset, duration])).toEqual(parts.map(([offset, duration]) => [offset, duration ?? 1]));
    expect(rows[0].id).toBe("long.wav@0+0.4");
    writeFiles(at("whole"), { "long.wav": noise(3, 20) });
    const [whole] = (await take(["whole"])).rows;
    expect(rows[4].codes).toEqual(whole.codes.subarray(4 * 50)); // 2 s are 50 frames
  });

  it("may be Lhotse's: recordings with supervisions in any order, recordings alone, cuts", async () => {
    const recording = {
      id: "r",
      sources: [{ type: "file", channels: [0], source: "long.wav" }],
      sampling_rate: TOY_RATE,
      num_samples: 48_000,
      duration: 3,
    };
    const supervision = {
      id: "s",
      recording_id: "r",
      start: 1,
      duration: 0.4,
      channel: 0,
      text: "a",
      speaker: "b",
      language: "en",
      custom: { k: 1 },
    };
    const cut = { id: "c", start: 1, duration: 0.4, channel: 0, type: "MonoCut", recording, supervisions: [{ ...supervision, start: 0 }] };
    writeFiles(at("m"), {
      "supervisions.jsonl.gz": gzipSync(jsonl(supervision)),
      "recordings.jsonl": jsonl(recording),
      "cuts.jsonl": jsonl(cut),
    });
    const both = await take(["m/supervisions.jsonl.gz", "m/recordings.jsonl"]);
    expect(both.rows.map(about)).toEqual([["s", "a", "b", "en", '{"custom":{"k":1}}']]);
    expect((await take(["m/recordings.jsonl"])).rows.map(({ id, duration }) => [id, duration])).toEqual([["r", 3]]);
    const cuts = await take(["m/cuts.jsonl"]);
    expect(cuts.rows.map(({ id, text, offset }) => [id, text, offset])).toEqual([["c", "a", 1]]);
    expect(cuts.rows[0].codes).toEqual(both.rows[0].codes);
    writeFiles(at("m"), {
      "half.jsonl": jsonl({ ...cut, id: "h\ud800", supervisions: [{ ...supervision, text: "a\ud800", speaker: "\udc00b" }] }),
    });
    expect((await take(["m/half.jsonl"])).rows.map(about)).toEqual([["h\ufffd", "a\ufffd", "\ufffdb", "en", '{"custom":{"k":1}}']]);
    const alone = await take(["m/supervisions.jsonl.gz"], { badLines: "skip" });
    expect(alone.rejects).toMatchObject([
      { id: "supervisions.jsonl.gz:1", code: "bad-line", reason: expect.stringMatching(/recording "r"/) as string },
    ]);
  });

  it("may be a tar of WebDataset", async () => {
    writeFiles(at("t"), {
      "a/x.wav": clips["c000.wav"],
      "a/x.json": '{"text": "one", "spk": 1}',
      "a/y.wav": clips["c001.wav"],
      "a/y.txt": "two\n",
      "a/z.json": "{}",
    });
    execFileSync("tar", ["cf", at("t.tar"), "-C", at("t"), "a/x.json", "a/x.wav", "a/y.txt", "a/y.wav", "a/z.json"]);
    const { rows, rejects } = await take(["t.tar"], { badLines: "skip" });
    expect(rows.map(about)).toEqual([
      ["a/x", "one", null, null, '{"spk":1}'],
      ["a/y", "two", null, null, null],
    ]);
    expect(rows[1].source).toBe("t.tar#a/y.wav");
    expect(rows.map(({ codes }) => codes)).toEqual(plain.slice(0, 2).map(({ codes }) => codes));
    expect(rejects).toMatchObject([{ id: "a/z", reason: expect.stringMatching(/has no sound/) as string }]);
  });

  it("may be Parquet with bytes or with paths, several row groups", async () => {
    const bytes = ["c000.wav", "c001.wav", "c002.wav"].map((name) => clips[name]);
    const text = ["a", "b", "c"];
    parquetWriteFile({
      filename: at("m/bytes.parquet"),
      rowGroupSize: 2,
      columnData: [
        { name: "audio", data: bytes, type: "BYTE_ARRAY" },
        { name: "text", data: text, type: "STRING" },
        { name: "n", data: [1n, 2n, 3n], type: "INT64" },
      ],
    });
    parquetWriteFile({
      filename: at("m/paths.parquet"),
      columnData: [
        { name: "file", data: ["c001.wav"], type: "STRING" },
        { name: "id", data: ["p"], type: "STRING" },
      ],
    });
    const { rows } = await take(["m/bytes.parquet"]);
    expect(rows.map(about)).toEqual(text.map((said, i) => [`bytes.parquet#${i}`, said, null, null, `{"n":${i + 1}}`]));
    expect(rows.map(({ codes }) => codes)).toEqual(plain.slice(0, 3).map(({ codes }) => codes));
    expect((await take(["m/paths.parquet"])).rows.map(({ id, codes }) => [id, codes])).toEqual([["p", plain[1].codes]]);
  });
});

describe("what is not as it should be", () => {
  it.each<[string, string, string | Uint8Array, string, RegExp]>([
    [
      "a line that is no JSON",
      "m/b1.jsonl",
      '{"audio": "c000.wav"}\n{"audio"\n',
      "bad-format",
      /line 2 of "b1\.jsonl": it is no JSON object.*--bad-lines skip/,
    ],
    ["a line without a sound", "m/b2.jsonl", '{"text": "x"}', "bad-format", /line 1 .*names no sound/],
    [
      "an offset that is no number",
      "m/b3.jsonl",
      '{"audio": "c000.wav", "offset": "-1"}',
      "bad-format",
      /"offset" is "-1"; seconds, 0 or more/,
    ],
    [
      "a name that comes twice",
      "m/b4.jsonl",
      jsonl({ id: "a", audio: "c000.wav" }, { id: "a", audio: "c001.wav" }),
      "bad-format",
      /"c001\.wav" \(line 2\): another clip has the id "a"/,
    ],
    ["a row with too few values", "m/b5.csv", "path,text\nc000.wav\n", "bad-format", /line 2 .*1 values, the header has 2/],
    ["a quote that does not end", "m/b6.csv", 'path,text\nc000.wav,"x\n', "bad-format", /b6\.csv|Quote/],
    ["a manifest that is empty", "m/b7.jsonl", "\n", "bad-audio", /there are no clips/],
    ["a tar that is none", "m/b8.tar", "junk".repeat(500), "bad-format", /b8\.tar": .*no tar/],
    ["a packed tar", "m/b9.tar.gz", "x", "unsupported", /unpack it with gunzip/],
    ["Parquet that is none", "m/b10.parquet", "junk".repeat(500), "bad-format", /b10\.parquet": .*no Parquet/],
    ["a file that is cut short", "m/b11.jsonl.gz", gzipSync("x".repeat(999)).subarray(0, 20), "bad-format", /unpack .*b11/],
    ["a file of another kind", "m/b12.pdf", "x", "unsupported", /give a folder of sound/],
  ])("is refused before the work: %s", async (_, name, content, code, says) => {
    writeFiles(folder, { [name]: content });
    const output = at(`out/${made++}`);
    await expect(tokenizeHere([at(name)], output)).rejects.toMatchObject({ code, message: expect.stringMatching(says) as string });
    expect(existsSync(output)).toBe(false);
  });

  it("is passed over where that is asked for, in its place", async () => {
    const lines = [
      '{"id": "a", "audio": "c000.wav"}',
      "{",
      '{"id": "a", "audio": "c001.wav"}',
      '{"audio": "none.wav"}',
      '{"audio": "long.wav", "offset": 2.9, "duration": 1}',
      '{"audio": "c003.wav"}',
    ];
    writeFiles(at("m"), { "mixed.jsonl": lines.join("\n") });
    const { rows, rejects } = await take(["m/mixed.jsonl"], { badLines: "skip" });
    expect(rows.map(({ id }) => id)).toEqual(["a", "c003.wav"]);
    expect(rejects.map(({ id, code, line }) => [id, code, line])).toEqual([
      ["mixed.jsonl:2", "bad-line", 2],
      ["a", "duplicate-id", 3],
      ["none.wav", "not-found", 4],
      ["long.wav@2.9+1", "beyond-end", 5],
    ]);
  });

  it("is said of the same folder given twice, in its first clip", async () => {
    await expect(take(["clips", "clips"])).rejects.toMatchObject({
      code: "bad-format",
      message: expect.stringMatching(/clips\/c000\.wav/) as string,
    });
  });

  it("is said of a folder without rights, to read it or to write into it", async () => {
    writeFiles(at("locked"), { "a.wav": clips["c000.wav"] });
    writeFiles(at("open"), { "a.wav": clips["c000.wav"] });
    mkdirSync(at("taken"));
    chmodSync(folder, 0o755);
    chmodSync(at("locked"), 0o000);
    chmodSync(at("taken"), 0o555);
    await withoutRights(async () => {
      await expect(tokenizeHere([at("locked")], at("taken"))).rejects.toMatchObject({ code: "no-permission" });
      await expect(tokenizeHere([at("open")], at("taken"))).rejects.toMatchObject({
        code: "no-permission",
        message: expect.stringMatching(/Cannot make the folder ".*taken.*permission is denied/) as string,
      });
    });
    for (const name of ["locked", "taken"]) chmodSync(at(name), 0o755);
    expect(readdirSync(at("taken"))).toEqual([]);
  });

  it("is a file that has changed since the plan was made", async () => {
    writeFiles(at("moved"), noiseClips(3));
    const output = at("out/moved");
    await tokenizeHere([at("moved")], output, { planOnly: true });
    writeFiles(at("moved"), { "c001.wav": noise(0.7, 5) });
    await workOn(output, { workers: 1 });
    expect(rejectsIn(output)).toMatchObject([{ id: "c001.wav", code: "changed" }]);
    expect(readFileSync(join(output, "twelvehz.json"), "utf8")).toContain('"clips": 2');
  });
});
