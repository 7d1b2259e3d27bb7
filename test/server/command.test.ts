/** `twelvehz serve`, run as its users run it. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { clipPath, finished, inProcess, soundPath, start, temporaryFolder } from "../support/command.ts";
import { printedUrl } from "./serving.ts";
import { StreamClient } from "./stream-client.ts";

describe("twelvehz serve", () => {
  test("says where it listens, becomes ready, codes, and ends well at SIGINT", async () => {
    const child = start(["serve", "--engines", "1", "--port", "0"]);
    const end = finished(child);
    child.stdin.end();
    const url = await printedUrl(child);
    while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
    const answer = await fetch(`${url}/v1/encode`, { method: "POST", body: readFileSync(soundPath("english.mp3")) });
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
    child.kill("SIGINT");
    const { status, stderr } = await end;
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("takes limits and the name of a proxy in front from the command line, answers to no other, and ends well at SIGTERM", async () => {
    const limits = [
      "--max-seconds",
      "5",
      "--max-megabytes",
      "1",
      "--host-name",
      "Codec.example.org",
      "--trust-proxy",
      "loopback",
      "--max-sockets-per-address",
      "1",
    ];
    const child = start(["serve", "--engines", "1", "--port", "0", ...limits]);
    const end = finished(child);
    const url = await printedUrl(child);
    const encode = async (body: Uint8Array): Promise<string> =>
      ((await (await fetch(`${url}/v1/encode`, { method: "POST", body: body as BodyInit })).json()) as { error: { message: string } }).error
        .message;
    expect(await encode(readFileSync(clipPath("english.flac")))).toContain("the limit is 5 s");
    expect(await encode(new Uint8Array(1_000_001))).toContain("the limit is 1000000 bytes");
    const statusFor = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { host, origin: `https://${host}` };
        get(`${url}/healthz`, { headers }, (answer) => resolve(answer.resume().statusCode)).on("error", reject);
      });
    expect(await statusFor("codec.example.org")).toBe(200);
    expect(await statusFor("other.example.org")).toBe(403);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const streamFrom = async (address: string): Promise<number> => {
      const stream = new StreamClient({ url }, "decode", { "x-forwarded-for": address });
      streams.push(stream);
      return stream.opened();
    };
    const streams: StreamClient[] = [];
    expect([await streamFrom("192.0.2.1"), await streamFrom("192.0.2.1"), await streamFrom("192.0.2.2")]).toEqual([101, 429, 101]);
    for (const { socket } of streams) socket.terminate(); // the server would wait for them
    child.kill("SIGTERM");
    const { status, stderr } = await end;
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("lets nobody in from other machines without a key, unless it is told to", async () => {
    const open = await inProcess(["serve", "--host", "0.0.0.0"]);
    expect([open.status, open.stderr]).toEqual([2, expect.stringMatching(/^twelvehz: Cannot listen on 0\.0\.0\.0: [^\n]*--keys[^\n]*\n$/)]);
    const keys = join(temporaryFolder(), "keys");
    const made = await inProcess(["serve", "--keys", keys, "--new-key", "ann"]);
    expect([made.status, made.stdout.toString()]).toEqual([0, expect.stringMatching(/^thz_[\w-]{43}\n$/)]);
    expect([readFileSync(keys, "utf8"), statSync(keys).mode & 0o777]).toEqual([expect.stringMatching(/^ann [0-9a-f]{64}\n$/), 0o600]);
    const twice = await inProcess(["serve", "--keys", keys, "--new-key", "ann"]);
    expect([twice.status, twice.stdout.length, twice.stderr]).toEqual([2, 0, expect.stringMatching(/there is one of that name/)]);
    writeFileSync(keys, "# no end of line");
    expect((await inProcess(["serve", "--keys", keys, "--new-key", "bob"])).status).toBe(0);
    expect(readFileSync(keys, "utf8")).toMatch(/^# no end of line\nbob [0-9a-f]{64}\n$/);
  });

  test("says in one line that its port is taken, and what to do", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const { status, stderr } = await inProcess(["serve", "--engines", "1", "--port", String(port)]);
    expect([status, stderr]).toEqual([
      74,
      expect.stringMatching(new RegExp(`^twelvehz: Cannot listen on 127.0.0.1:${port}: [^\\n]*--port[^\\n]*\\n$`)),
    ]);
    other.close();
  });

  test("says in one line that an address or a model is not there", async () => {
    const address = await inProcess(["serve", "--engines", "1", "--port", "0", "--host", "192.0.2.1", "--without-keys"]); // RFC 5737: nobody's address
    expect([address.status, address.stderr]).toEqual([
      2,
      expect.stringMatching(/^twelvehz: Cannot listen on 192\.0\.2\.1:0: [^\n]*--host[^\n]*\n$/),
    ]);
    const model = await inProcess(["serve", "--engines", "1", "--port", "0", "--model", "/nonexistent/model"]);
    expect([model.status, model.stderr]).toEqual([
      72,
      expect.stringMatching(/^twelvehz: Cannot find the model "\/nonexistent\/model"[^\n]*\n$/),
    ]);
  });
});
