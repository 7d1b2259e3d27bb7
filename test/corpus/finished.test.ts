/** What is done with a corpus that is finished: checks, statistics, more clips, other forms. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parseCodes } from "@twelvehz/codec/node";
import {
  append,
  corpusStats,
  EXPORT_FORMATS,
  exportCorpus,
  openStore,
  readRows,
  requireCorpus,
  statsPage,
  type Store,
  type StoredRow,
  verifyCorpus,
} from "@twelvehz/corpus";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { extract } from "tar-stream";
import { beforeAll, describe, expect, it } from "vitest";
import { listing, succeed, temporaryFolder, twelvehz } from "@twelvehz/test-support/command.ts";
import { digestsOf, makeToyExports, READ_BACK } from "./read-back-corpus.ts";
import { contentOf, HERE, noise, noiseClips, rejectsIn, rowsIn, TOY, tokenizeHere, writeFiles } from "./toy-corpus.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
let rows: StoredRow[];

beforeAll(async () => {
  const clips = noiseClips(12);
  const lines = Object.keys(clips).map((audio, i) => ({
    id: `a/${audio}`,
    audio,
    text: `text ${i} é`,
    speaker: `s${i % 3}`,
    lang: i % 2 ? "en" : "zh",
    n: i,
  }));
  writeFiles(at("in"), { ...clips, "list.jsonl": [...lines, { audio: "none.wav" }].map((line) => JSON.stringify(line)).join("\n") });
  await tokenizeHere([at("in/list.jsonl")], at("corpus"), { shardBytes: 1000 });
  rows = await rowsIn(at("corpus"));
});

describe("verify", () => {
  it("finds nothing in a whole corpus", async () => {
    expect(await verifyCorpus(await openStore(at("corpus")))).toEqual({ clips: 12, faults: [] });
  });

  it("tells any byte of a shard that has changed, and the clip whose values it is of", async () => {
    const store = await openStore(at("corpus"));
    const { shards } = await requireCorpus(store);
    const path = at(`corpus/${shards[1].file}`);
    const whole = readFileSync(path);
    const own = rows.slice(shards[0].clips, shards[0].clips + shards[1].clips);
    const places = own.flatMap(({ id, codes, text }) => [
      [id, whole.indexOf(Buffer.from(codes.buffer, codes.byteOffset, codes.byteLength)) + codes.byteLength - 1] as const,
      [id, whole.indexOf(Buffer.from(text ?? "")) + 1] as const,
    ]);
    try {
      for (const [id, place] of places) {
        const bytes = Buffer.from(whole);
        bytes[place] ^= 1;
        writeFileSync(path, bytes);
        const { faults } = await verifyCorpus(store);
        expect(faults).toMatchObject([{ file: shards[1].file, clip: id, reason: expect.stringMatching(/checksum differs/) as string }]);
      }
      for (let place = 0; place < whole.length; place += 307) {
        const bytes = Buffer.from(whole);
        bytes[place] ^= 0x40;
        writeFileSync(path, bytes);
        expect((await verifyCorpus(store)).faults.length, `byte ${place}`).toBeGreaterThan(0);
      }
    } finally {
      writeFileSync(path, whole);
    }
  });

  it("tells files that are missing, cut short, or not those that are listed", async () => {
    await tokenizeHere([at("in/c000.wav"), at("in/c001.wav")], at("torn"), { shardBytes: 100 });
    writeFileSync(at("torn/data-00000.arrow"), readFileSync(at("torn/data-00000.arrow")).subarray(0, -9));
    writeFileSync(at("torn/rejects.jsonl"), "{}\n");
    writeFileSync(at("torn/state.json"), "{}");
    const { faults } = await verifyCorpus(await openStore(at("torn")));
    expect(faults.map(({ file }) => file)).toEqual(["rejects.jsonl", "state.json", "data-00000.arrow"]);
    const run = await twelvehz(["corpus", "verify", at("torn")]);
    expect([run.status, run.stderr]).toEqual([65, expect.stringMatching(/data-00000\.arrow: it has \d+ bytes[\s\S]*3 faults were found/)]);
  });
});

describe("a shard with a byte that has changed", () => {
  const damagedAt = async (place: (whole: Buffer) => number, use: (store: Store) => Promise<void>): Promise<void> => {
    const store = await openStore(at("corpus"));
    const path = at(`corpus/${(await requireCorpus(store)).shards[1].file}`);
    const whole = readFileSync(path);
    const bytes = Buffer.from(whole);
    bytes[place(whole)] ^= 1;
    writeFileSync(path, bytes);
    try {
      await use(store);
    } finally {
      writeFileSync(path, whole);
    }
  };
  const clip = (): StoredRow => rows[rows.length >> 1];
  const lastCode = (whole: Buffer): number => {
    const { buffer, byteOffset, byteLength } = clip().codes;
    return whole.indexOf(Buffer.from(buffer, byteOffset, byteLength)) + byteLength - 2;
  };

  it("is neither exported in any form, nor counted, nor added to: the clip is named", async () => {
    const says = { code: "bad-format", message: expect.stringContaining(`clip "${clip().id}", row `) as string };
    await damagedAt(lastCode, async (store) => {
      for (const format of EXPORT_FORMATS)
        await expect(exportCorpus(store, format, at(`damaged/${format}`)), format).rejects.toMatchObject(says);
      expect(existsSync(at("damaged"))).toBe(false);
      await expect(corpusStats(store)).rejects.toMatchObject(says);
      await expect(append(at("corpus"), [at("in/c000.wav")], { codecModule: TOY, engine: HERE })).rejects.toMatchObject(says);
    });
  });

  it("gives the rows that were written, or an error, wherever the byte is", async () => {
    const { shards } = await requireCorpus(await openStore(at("corpus")));
    const own = rows.slice(shards[0].clips, shards[0].clips + shards[1].clips);
    for (let place = 1; place < shards[1].bytes; place += 53) {
      await damagedAt(
        () => place,
        async (store) => {
          const read: StoredRow[] = [];
          try {
            for await (const row of readRows(store, [shards[1]])) read.push({ ...row, codes: row.codes.slice() });
          } catch (error) {
            expect(error, `byte ${place}`).toMatchObject({ code: "bad-format" });
            return;
          }
          expect(read, `byte ${place}`).toEqual(own);
        },
      );
    }
  });
});

describe("statistics", () => {
  it("count what is there", async () => {
    const stats = await corpusStats(await openStore(at("corpus")));
    expect(stats).toMatchObject({ clips: 12, rejected: 1, frames: 12 * 8, texts: 12, speakers: 3, codebookSize: 256 });
    expect(stats.duration).toEqual({ least: 0.3, p5: 0.3, median: 0.3, p95: 0.3, most: 0.3, mean: 0.3 });
    expect(stats.languages.map(({ name, clips }) => [name, clips])).toEqual(
      expect.arrayContaining([
        ["en", 6],
        ["zh", 6],
      ]),
    );
    const layer0 = rows.flatMap(({ codes }) => [...codes].filter((_, i) => i % 4 === 0));
    const counts = [...new Set(layer0)].map((code) => layer0.filter((other) => other === code).length / layer0.length);
    expect(stats.layers[0].used).toBe(counts.length);
    expect(stats.layers[0].entropyBits).toBeCloseTo(-counts.reduce((sum, p) => sum + p * Math.log2(p), 0), 3);
    expect(stats.levelDb.median).toBeCloseTo(20 * Math.log10(0.2 / Math.sqrt(3)), 0);
    const page = await twelvehz(["corpus", "stats", at("corpus"), "--html", at("none/stats.html")]);
    expect([page.status, page.stderr]).toEqual([72, expect.stringMatching(/none\/stats\.html/)]);
    await succeed(["corpus", "stats", at("corpus"), "--html", at("stats.html")]);
    expect(readFileSync(at("stats.html"), "utf8")).toBe(statsPage(at("corpus"), stats));
    expect(statsPage("a <b>", stats)).toMatch(/<h1>a &#60;b&#62;<\/h1>[\s\S]*layer 3/);
  });
});

describe("append", () => {
  it("adds shards, leaves those that are there, and is done once", async () => {
    await tokenizeHere([at("in/list.jsonl")], at("grown"), { shardBytes: 1000 });
    const before = contentOf(at("grown"));
    writeFiles(at("more"), { "x.wav": noise(0.4, 50), "y.wav": "junk" });
    const options = { codecModule: TOY, engine: HERE };
    const { corpus } = await append(at("grown"), [at("more")], options);
    expect(corpus).toMatchObject({ clips: 13, rejected: 2, plans: [{ clips: 12 }, { clips: 1, rejected: 1 }] });
    const after = contentOf(at("grown"));
    for (const name of Object.keys(before).filter((file) => file.endsWith(".arrow"))) expect(after[name]).toBe(before[name]);
    expect((await rowsIn(at("grown"))).map(({ id }) => id)).toEqual([...rows.map(({ id }) => id), "x.wav"]);
    expect(rejectsIn(at("grown")).map(({ id }) => id)).toEqual(["none.wav", "y.wav"]);
    expect(await verifyCorpus(await openStore(at("grown")))).toEqual({ clips: 13, faults: [] });
    await expect(append(at("grown"), [at("more")], options)).rejects.toMatchObject({
      code: "bad-format",
      message: expect.stringMatching(/another clip has the id/) as string,
    });
    expect(contentOf(at("grown"))).toEqual(after);
  });

  it("refuses codes of another model", async () => {
    const before = contentOf(at("corpus"));
    await expect(append(at("corpus"), [at("in/c000.wav")], { model: "compact" })).rejects.toMatchObject({
      code: "model-mismatch",
    });
    expect(contentOf(at("corpus"))).toEqual(before);
  });
});

describe("an export", () => {
  const frames = ({ codes }: StoredRow): number[][] =>
    Array.from({ length: codes.length / 4 }, (_, t) => [...codes.subarray(4 * t, 4 * t + 4)]);
  const lines = (text: string): Record<string, unknown>[] =>
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const made = async (format: Parameters<typeof exportCorpus>[1]): Promise<string[]> => {
    await exportCorpus(await openStore(at("corpus")), format, at(`as/${format}`));
    return listing(at(`as/${format}`)).map((name) => join(at(`as/${format}`), name));
  };
  const members = async (path: string): Promise<[string, Buffer][]> => {
    const out: [string, Buffer][] = [];
    const unpack = extract();
    unpack.end(readFileSync(path));
    for await (const member of unpack) {
      const parts: Buffer[] = [];
      for await (const part of member) parts.push(part as Buffer);
      out.push([member.header.name, Buffer.concat(parts)]);
    }
    return out;
  };

  it("to Parquet has int16 by a dictionary, packed with zstd, and all fields", async () => {
    const read: Record<string, unknown>[] = [];
    const again = exportCorpus(await openStore(at("corpus")), "parquet", at("again"));
    const paths = await made("parquet");
    await again;
    expect(contentOf(at("again"))).toEqual(contentOf(at("as/parquet"))); // the second in this process
    for (const path of paths.sort()) {
      const file = await asyncBufferFromFile(path);
      read.push(...(await parquetReadObjects({ file, compressors })));
    }
    expect(read.map(({ id, codes, text, extra, offset }) => ({ id, codes, text, extra, offset: offset ?? null }))).toEqual(
      rows.map((row) => ({ id: row.id, codes: [...row.codes], text: row.text, extra: row.extra, offset: row.offset })),
    );
  });

  it("to the JSONL of Qwen has the fields of the manifest and audio_codes", async () => {
    const [path] = await made("qwen");
    expect(lines(readFileSync(path, "utf8"))).toEqual(
      rows.map((row, i) => ({
        n: i,
        id: row.id,
        audio: row.source,
        text: row.text,
        speaker: row.speaker,
        language: row.language,
        audio_codes: frames(row),
      })),
    );
  });

  it("to WebDataset and to Lhotse Shar has .npy and .json for each clip", async () => {
    const tars = (await Promise.all((await made("webdataset")).map(members))).flat();
    expect(tars.filter(([name]) => name.endsWith(".npy")).map(([, bytes]) => parseCodes(bytes, { codebookSize: 256 }).codes.data)).toEqual(
      rows.map(({ codes }) => codes),
    );
    expect(JSON.parse(tars[0][1].toString())).toMatchObject({ id: rows[0].id, text: rows[0].text, n: 0 });
    const files = await made("shar");
    const cuts = files.filter((name) => name.endsWith(".gz")).flatMap((name) => lines(gunzipSync(readFileSync(name)).toString()));
    const shar = (await Promise.all(files.filter((name) => name.endsWith(".tar")).map(members))).flat();
    expect(cuts.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(shar.map(([name]) => name)).toEqual(rows.flatMap(({ id }) => [`${id}.npy`, `${id}.json`]));
    expect(cuts[0]).toMatchObject({ type: "MonoCut", custom: { target_codes: { array: { shape: [8, 4] }, frame_shift: 0.04 } } });
  });

  it("to Megatron has the codes in one piece and an index", async () => {
    await made("megatron");
    const [bin, idx] = ["bin", "idx"].map((kind) => readFileSync(at(`as/megatron/codes.${kind}`)));
    expect(Buffer.concat(rows.map(({ codes }) => Buffer.from(codes.buffer, codes.byteOffset, codes.byteLength)))).toEqual(bin);
    expect([idx.toString("latin1", 0, 9), idx.readBigUInt64LE(9), idx[17], idx.readBigUInt64LE(18), idx.readBigUInt64LE(26)]).toEqual([
      "MMIDIDX\0\0",
      1n,
      3,
      12n,
      13n,
    ]);
    expect(idx.readInt32LE(34)).toBe(rows[0].codes.length);
    expect(idx.readBigInt64LE(34 + 12 * 4 + 8)).toBe(BigInt(2 * rows[0].codes.length));
  });

  it("to token files has one for each clip, which says what its codes are", async () => {
    await made("t12");
    const clips = lines(readFileSync(at("as/t12/clips.jsonl"), "utf8"));
    const read = clips.map(({ file }) => parseCodes(readFileSync(at(`as/t12/${String(file)}`))).codes);
    expect(read.map(({ data }) => data)).toEqual(rows.map(({ codes }) => codes));
    expect(read[0]).toMatchObject({ model: { name: "toy" }, sampleCount: 4800, sampleRate: 16_000 });
  });

  it("has the bytes that the libraries have read, in every form (read-back.slow.test.ts)", async () => {
    await makeToyExports(at("toy"));
    expect(digestsOf(at("toy/exports"))).toEqual(READ_BACK);
  });

  it("never writes where something is, and leaves nothing when it fails", async () => {
    await expect(exportCorpus(await openStore(at("corpus")), "qwen", at("in"))).rejects.toMatchObject({ code: "usage" });
    await expect(exportCorpus(await openStore(at("none")), "qwen", at("as/none"))).rejects.toMatchObject({ code: "not-found" });
    const stop = AbortSignal.abort();
    await expect(exportCorpus(await openStore(at("corpus")), "qwen", at("as/stopped"), { signal: stop })).rejects.toMatchObject({
      code: "aborted",
    });
    for (const address of ["s3://bucket/prefix", "gs://bucket/prefix"])
      await expect(exportCorpus(await openStore(at("corpus")), "qwen", address)).rejects.toMatchObject({
        code: "usage",
        message: expect.stringMatching(/^Cannot export to "[sg][3s]:.*a path on this machine is wanted/) as string,
      });
    expect(readdirSync(at("as")).sort()).toEqual(["megatron", "parquet", "qwen", "shar", "t12", "webdataset"]);
  });
});
