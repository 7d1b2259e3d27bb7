/** A server whose models are computed in processes of their own, which are killed. */
import { readFileSync } from "node:fs";
import { type Codec, WavEncoder } from "@twelvehz/codec";
import { openCodec, readAudio } from "@twelvehz/codec/node";
import { clipPath } from "@twelvehz/test-support/command.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Serving, serve } from "./serving.ts";
import { StreamClient } from "./stream-client.ts";

const SECONDS = 6;

let server: Serving;
let codec: Codec;
const pids: number[] = [];
const faults: string[] = [];
beforeAll(async () => {
  codec = await openCodec("compact");
  server = await serve({ engines: 2, onEngine: (pid) => void pids.push(pid), onFault: (error) => void faults.push(String(error)) });
  await server.models.ready;
});
afterAll(async () => {
  await server.app.close();
  await codec.close();
});

/** What a stream is sent and what has to come. */
interface Case {
  readonly kind: "encode" | "decode";
  readonly input: Uint8Array;
  readonly output: Uint8Array;
  /** Bytes of a message: two frames. */
  readonly piece: number;
}

async function cases(): Promise<readonly Case[]> {
  const clip = (await readAudio(clipPath("english.flac"))).samples.slice(0, SECONDS * 24_000);
  const encoder = codec.openEncodeStream();
  const codes = [await encoder.push(clip), await encoder.flush()].map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  );
  const decoder = codec.openDecodeStream();
  const data = new Int16Array(new Uint8Array(Buffer.concat(codes)).buffer);
  const sound = [await decoder.push(data), await decoder.flush()].map((part) => new WavEncoder({ sampleRate: 24_000 }).encode(part));
  const pcm = new Uint8Array(clip.buffer);
  return [
    { kind: "encode", input: pcm, output: Buffer.concat(codes), piece: 2 * 1920 * 4 },
    { kind: "decode", input: Buffer.concat(codes), output: Buffer.concat(sound), piece: 2 * 16 * 2 },
  ];
}

describe("an engine that is killed", () => {
  test("under eight streams costs none of them a connection or a bit, and is started anew", async () => {
    const all = await cases();
    const streams = await Promise.all(
      [...all, ...all, ...all, ...all].map(async (one) => ({
        one,
        ...(await StreamClient.start(server, one.kind, { pcm: one.kind === "encode" ? "f32" : "s16" })),
      })),
    );
    const started = pids.length;
    const half = ({ input, piece }: Case): number => piece * Math.floor(input.length / piece / 2);
    await Promise.all(streams.map(({ one, client }) => sendPaced(client, one, 0, half(one))));
    process.kill(pids[0], "SIGKILL");
    await Promise.all(streams.map(({ one, client }) => sendPaced(client, one, half(one), one.input.length)));
    for (const { client } of streams) client.send({ type: "finish" });
    for (const { one, client } of streams) {
      expect(await client.closed()).toBe(1000);
      expect(Buffer.from(client.payload).equals(one.output)).toBe(true);
    }
    expect(faults).toEqual([expect.stringContaining("SIGKILL")]);
    while (pids.length === started) await new Promise((resolve) => setImmediate(resolve));
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain("twelvehz_engine_restarts_total 1\n");
    expect(metrics).toMatch(/twelvehz_streams_restored_total [1-9]/);
    expect(metrics).toContain("twelvehz_deadline_misses_total");
  });

  /** Sends a part of the input, each piece when the one before is acknowledged. */
  async function sendPaced(client: StreamClient, { input, piece }: Case, from: number, to: number): Promise<void> {
    for (let at = from; at < to; at += piece) {
      client.send(input.subarray(at, Math.min(to, at + piece)));
      await client.next("ack");
    }
  }
});

test("a file is coded in a process to the bits that a thread gives", async () => {
  const wav = clipPath("english.mp3");
  const answer = await fetch(`${server.url}/v1/encode?format=json`, { method: "POST", body: readFileSync(wav) });
  const { codes } = (await answer.json()) as { codes: number[][] };
  const wanted = await codec.encode(await readAudio(wav));
  expect(Int16Array.from(codes.flat())).toEqual(wanted.data);
});
