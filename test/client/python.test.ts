/** The client for Python, where there is one with `websockets`: `python3`, or what `TWELVEHZ_PYTHON` names. */
import { execFile, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Codec, type Codes } from "@twelvehz/codec";
import { openCodec, readAudio } from "@twelvehz/codec/node";
import { clipPath, temporaryFolder } from "@twelvehz/test-support/command.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../root.ts";
import { type Serving, serve } from "../server/serving.ts";
import { LossyProxy } from "./lossy-proxy.ts";

const exec = promisify(execFile);
const env = { ...process.env, PYTHONPATH: join(root, "python"), PYTHONDONTWRITEBYTECODE: "1", no_proxy: "127.0.0.1" };
const python = process.env["TWELVEHZ_PYTHON"] ?? "python3";
const missing = spawnSync(python, ["-c", "import twelvehz"], { env }).status !== 0;

/**
 * Pushes codes a few frames at a time; `cut` is told of every push, and may cut the connection
 * meanwhile.
 */
const SCRIPT = `
import asyncio, sys
from twelvehz import ServiceError, decode_stream, encode_stream

async def main(url, folder):
    codes = open(folder + "/codes", "rb").read()
    pcm = open(folder + "/pcm", "rb").read()
    sound = b""
    async with decode_stream(url) as decoder:
        for at in range(0, len(codes), 160):
            sound += await decoder.push(codes[at:at + 160])
            print("pushed", flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        sound += await decoder.flush()
    async with encode_stream(url, layers=4) as encoder:
        again = await encoder.push(pcm) + await encoder.flush()
    open(folder + "/sound", "wb").write(sound)
    open(folder + "/again", "wb").write(again)
    try:
        async with decode_stream(url, model="none"):
            pass
    except ServiceError as error:
        print(error.code, error.retryable)

asyncio.run(main(*sys.argv[1:]))
`;

describe.skipIf(missing)(`the client for Python${missing ? " (skipped: no python3 with websockets)" : ""}`, () => {
  let server: Serving;
  let local: Codec;
  let codes: Codes;
  let pcm: Float32Array;
  beforeAll(async () => {
    server = await serve();
    await server.models.ready;
    local = await openCodec("compact");
    const audio = await readAudio(clipPath("english.flac"));
    pcm = audio.samples.slice(0, 19_200 * 3);
    const encoder = local.openEncodeStream();
    codes = await encoder.push(pcm);
  });
  afterAll(async () => {
    await local.close();
    await server.app.close();
  });

  test("gives the bits of the library, also where its connection is cut again and again", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "codes"), new Uint8Array(codes.data.buffer, codes.data.byteOffset, codes.data.byteLength));
    writeFileSync(join(folder, "pcm"), new Uint8Array(pcm.buffer));
    const proxy = await LossyProxy.open(server.url);
    const running = exec(python, ["-c", SCRIPT, proxy.url, folder], { env });
    running.child.stdout?.on("data", (text: string) => {
      if (!text.includes("pushed")) return;
      proxy.cut();
      running.child.stdin?.write("\n");
    });
    const { stdout } = await running;
    expect(stdout).toContain("not-found False");
    const stream = local.openDecodeStream();
    const sound = [await stream.push(codes), await stream.flush()].map((part) =>
      Buffer.from(part.buffer, part.byteOffset, part.byteLength),
    );
    expect(readFileSync(join(folder, "sound")).equals(Buffer.concat(sound))).toBe(true);
    const { data } = codes.firstLayers(4);
    expect(readFileSync(join(folder, "again")).equals(Buffer.from(data.buffer, data.byteOffset, data.byteLength))).toBe(true);
    proxy.close();
  });
});
