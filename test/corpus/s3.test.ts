/** Sources and corpora in S3, through a network that fails: the same bytes as on the disk. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { append, openStore, tokenize, type TokenizeOptions, verifyCorpus } from "@twelvehz/corpus";
import { parquetWriteFile } from "hyparquet-writer";
import { temporaryFolder } from "@twelvehz/test-support/command.ts";
import { HAS_MOTO, type LocalS3, startS3 } from "@twelvehz/test-support/moto.ts";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { contentOf, HERE, noise, noiseClips, rejectsIn, TOY, tokenizeHere, writeFiles } from "./toy-corpus.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

describe.skipIf(!HAS_MOTO)(`a bucket${HAS_MOTO ? "" : " (skipped: Python has no moto with its server)"}`, () => {
  let s3: LocalS3;
  let client: S3Client;
  const here = { codecModule: TOY, engine: HERE, unitSeconds: 1, shardBytes: 1000 };

  beforeAll(async () => {
    s3 = await startS3();
    vi.stubEnv("AWS_ENDPOINT_URL", s3.endpoint);
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    vi.stubEnv("AWS_REGION", "us-east-1");
    client = new S3Client({ endpoint: s3.endpoint, forcePathStyle: true, maxAttempts: 20, responseChecksumValidation: "WHEN_REQUIRED" });
    await client.send(new CreateBucketCommand({ Bucket: "speech" }));
    const manifest = [
      { id: "x", audio: "c001.wav", text: "one" },
      { audio: "none.wav" },
      { audio: "c002.wav", offset: 0.05, duration: 0.2 },
    ];
    writeFiles(at("in"), { ...noiseClips(9), "z.wav": "junk" });
    writeFiles(at("manifest"), { ...noiseClips(3), "list.jsonl": manifest.map((line) => JSON.stringify(line)).join("\n") });
    writeFiles(at("tar"), { ...noiseClips(5), "c001.json": '{"text": "one"}' });
    execFileSync("tar", ["cf", at("clips.tar"), "-C", at("tar"), ...readdirSync(at("tar")).sort()]);
    const sounds = Object.values(noiseClips(3));
    parquetWriteFile({ filename: at("bytes.parquet"), rowGroupSize: 2, columnData: [{ name: "audio", data: sounds, type: "BYTE_ARRAY" }] });
    for (const name of ["in", "manifest"])
      for (const file of readdirSync(at(name))) await put(`${name}/${file}`, readFileSync(at(`${name}/${file}`)));
    for (const name of ["clips.tar", "bytes.parquet"]) await put(name, readFileSync(at(name)));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await s3?.close();
  });

  const put = (Key: string, Body: Uint8Array): Promise<unknown> => client.send(new PutObjectCommand({ Bucket: "speech", Key, Body }));

  /** All objects below a prefix, as {@link contentOf} gives a folder. */
  async function objectsOf(Prefix: string): Promise<Record<string, string>> {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: "speech", Prefix }));
    const out: Record<string, string> = {};
    for (const { Key = "" } of Contents) {
      for (
        let body: Uint8Array | undefined;
        body === undefined;
        out[Key.slice(Prefix.length)] = Buffer.from(body ?? []).toString("base64")
      ) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: "speech", Key }));
        body = await Body?.transformToByteArray().catch(() => undefined);
      }
    }
    return out;
  }

  it.each<[string, TokenizeOptions]>([
    ["in", { ...here, engine: undefined, workers: 2 }],
    ["manifest/list.jsonl", here],
    ["clips.tar", here],
    ["bytes.parquet", here],
  ])("gives the same corpus as the disk: %s", async (source, options) => {
    const name = source.replaceAll(/\W/g, "-");
    await tokenize([at(source)], at(`${name}.out`), here);
    const { corpus } = await tokenize([`s3://speech/${source}`], `s3://speech/out/${name}`, options);
    expect(corpus?.clips).toBeGreaterThan(1);
    expect(await objectsOf(`out/${name}/`)).toEqual(contentOf(at(`${name}.out`)));
    expect((await tokenize([`s3://speech/${source}`], `s3://speech/out/${name}`, options)).wasDone).toBe(true);
  });

  it("is verified and added to, and has seen both kinds of faults", async () => {
    await put("more/x.wav", noise(0.4, 77));
    const { corpus } = await append("s3://speech/out/in", ["s3://speech/more"], here);
    expect(corpus?.clips).toBe(10);
    expect(await verifyCorpus(await openStore("s3://speech/out/in"))).toEqual({ clips: 10, faults: [] });
    expect([s3.faults.refused > 5, s3.faults.cut > 5]).toEqual([true, true]);
  });

  it("that is not there is said so at once", async () => {
    await expect(tokenizeHere(["s3://nowhere/x"], at("nowhere"))).rejects.toMatchObject({ code: "not-found" });
    await expect(tokenizeHere(["s3://speech/in"], "s3://speech")).rejects.toMatchObject({ code: "usage" });
    expect(rejectsIn(at("manifest-list-jsonl.out")).map(({ code }) => code)).toEqual(["not-found"]);
  });
});
