/**
 * Calls and datagrams between processes of the built command, through the lossy proxy. Nothing here
 * depends on how long anything takes.
 */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { readAudio } from "@twelvehz/codec/node";
import { newLinkKey } from "@twelvehz/transport";
import { createServer } from "@twelvehz/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Finished, finished, soundPath, start, succeed, temporaryFolder, twelvehz } from "../support/command.ts";

const folder = temporaryFolder();
const key = newLinkKey();
/** Of english.flac and chinese.flac. */
const [FRAMES, CHINESE_FRAMES] = [13, 9];
const env = { TWELVEHZ_CALL_KEY: key };

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly end: Promise<Finished>;
  readonly port: string;
}

/** Starts what listens on a free port of its own choice, and waits until it says which. */
async function listening(args: readonly string[], options: { env?: Record<string, string> } = { env }): Promise<Running> {
  const child = start([...args, "--port", "0", "--host", "127.0.0.1"], options);
  const end = finished(child);
  let said = "";
  const port = await new Promise<string>((resolve, reject) => {
    child.stderr.on("data", (bytes: Buffer) => {
      said += bytes.toString();
      const found = /listening on 127\.0\.0\.1:(\d+)/.exec(said);
      if (found) resolve(found[1]);
    });
    child.on("close", () => reject(new Error(`it ended: ${said}`)));
  });
  return { child, end, port };
}

async function loudness(path: string): Promise<number> {
  const { samples } = await readAudio(path);
  return Math.max(...samples);
}

function figures({ stdout, stderr, status }: Finished): Record<string, number> & { refused: Record<string, number> } {
  expect([status, stderr.replaceAll(/twelvehz: (listening|connected).*\n/g, "")]).toEqual([0, ""]);
  return JSON.parse(stdout.toString()) as never;
}

describe.concurrent("twelvehz call", () => {
  it("lets two processes talk through a proxy that loses a fifth, doubles and reorders packets", async () => {
    const [asked, answered] = [join(folder, "asked.wav"), join(folder, "answered.wav")];
    const listener = await listening(["call", "listen", "--in", soundPath("chinese.flac"), "--out", asked, "--json"]);
    const loss = ["--loss", "20", "--duplicate", "10", "--reorder", "5", "--delay", "5"];
    const proxy = await listening(["call", "proxy", "--to", `127.0.0.1:${listener.port}`, ...loss]);
    const dialer = finished(
      start(["call", "dial", `127.0.0.1:${proxy.port}`, "--in", soundPath("english.flac"), "--out", answered, "--json"], { env }),
    );
    for (const [end, sent, received] of [
      [await dialer, FRAMES, CHINESE_FRAMES],
      [await listener.end, CHINESE_FRAMES, FRAMES],
    ] as const) {
      const { sentFrames, whole, partial, kilobitsPerSecond, refused } = figures(end);
      expect(sentFrames).toBe(sent);
      expect(whole + partial).toBeGreaterThan(0);
      expect(whole + partial).toBeLessThanOrEqual(received);
      expect(kilobitsPerSecond).toBeLessThan(8.01);
      expect(Object.keys(refused).filter((reason) => reason !== "replay")).toEqual([]);
    }
    for (const path of [asked, answered]) expect(await loudness(path)).toBeGreaterThan(0.01);
    proxy.child.kill("SIGINT");
    const { stdout, status } = await proxy.end;
    expect([status, stdout.toString()]).toEqual([0, expect.stringMatching(/packets {2}\d+, of them dropped [1-9]/)]);
  });

  it("takes PCM from a pipe and gives PCM to one, in RTP", async () => {
    const listener = await listening(["call", "listen", "--in", "none", "--out", "-"]);
    const child = start(["call", "dial", `127.0.0.1:${listener.port}`, "--out", "none", "--layout", "16+8@1", "--rtp", "--json"], { env });
    const end = finished(child);
    const { samples } = await readAudio(soundPath("english.flac"));
    child.stdin.end(Buffer.from(Int16Array.from(samples, (x) => Math.round(32_767 * x)).buffer));
    expect(figures(await end)).toMatchObject({ layout: "16+8@1", whole: 0 });
    const { stdout, stderr, status } = await listener.end;
    expect(status).toBe(0);
    expect(stderr).toMatch(/received +\d+ frames whole/); // the table goes where the sound does not
    expect(stdout.length).toBeGreaterThan(2000);
    expect(Math.max(...new Int16Array(Uint8Array.from(stdout).buffer))).toBeGreaterThan(300);
  });

  it("says at once what is wrong: no key, a bad key, a bad address, a layout or a rate that cannot be", async () => {
    const none = { env: { TWELVEHZ_CALL_KEY: "" } };
    const cases: readonly (readonly [args: string[], said: RegExp, options: { env: Record<string, string> }])[] = [
      [["call", "dial", "192.0.2.7", "--in", "none", "--out", "none"], /call key/, none],
      [["call", "listen", "--key", "short", "--in", "none", "--out", "none"], /16 to 64 bytes/, none],
      [["call", "dial", "a:b:c"], /HOST:PORT/, { env }],
      [["call", "dial", "192.0.2.7", "--layout", "16@1"], /such as 16\+8@1/, { env }],
      [["call", "dial", "192.0.2.7", "--kbps", "1"], /from 2 to 100/, { env }],
      [["call", "proxy", "--to", "127.0.0.1", "--loss", "100"], /less than 1/, { env }],
      [["send", "x.wav", "192.0.2.7", "--clear"], /--datagram/, { env }],
    ];
    const found = await Promise.all(cases.map(([args, , options]) => twelvehz(args, options)));
    for (const [i, [args, said]] of cases.entries())
      expect([args.join(" "), found[i].status, found[i].stderr]).toEqual([args.join(" "), 2, expect.stringMatching(said)]);
  });

  it("says that nobody answers, also where the other end has another key, and leaves no file", async () => {
    const listener = await listening(["call", "listen", "--in", "none", "--out", "none"], { env: { TWELVEHZ_CALL_KEY: newLinkKey() } });
    const output = join(folder, "nobody.wav");
    const args = ["call", "dial", `127.0.0.1:${listener.port}`, "--in", "none", "--out", output, "--timeout", "1"];
    const { status, stderr } = await twelvehz(args, { env });
    expect([status, stderr]).toEqual([74, expect.stringMatching(/nobody answered for 1 s; .*the same key/)]);
    expect(existsSync(output)).toBe(false);
    listener.child.kill("SIGINT");
    expect((await listener.end).stderr).toMatch(/it has another key; give both ends the same/);
  });
});

describe.concurrent("twelvehz call room", () => {
  const { app } = createServer({ model: "compact" });
  beforeAll(() => app.listen({ port: 0, host: "127.0.0.1" }));
  afterAll(() => app.close());
  const page = (): string => `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`;

  it("lets two processes talk through a room, the second by the link that the first prints", async () => {
    const [asked, answered] = [join(folder, "room-asked.wav"), join(folder, "room-answered.wav")];
    const first = start(["call", "room", page(), "--in", soundPath("chinese.flac"), "--out", asked, "--json"]);
    const firstEnd = finished(first);
    let said = "";
    const link = await new Promise<string>((resolve, reject) => {
      first.stderr.on("data", (bytes: Buffer) => {
        said += bytes.toString();
        const found = /waiting in a new room: (\S+)\n/.exec(said);
        if (found) resolve(found[1]);
      });
      first.on("close", () => reject(new Error(`it ended: ${said}`)));
    });
    expect(link).toMatch(/\/#call\/[\w-]{22}$/);
    const second = await twelvehz(["call", "room", link, "--in", soundPath("english.flac"), "--out", answered, "--json"]);
    for (const [end, sent, received] of [
      [second, FRAMES, CHINESE_FRAMES],
      [await firstEnd, CHINESE_FRAMES, FRAMES],
    ] as const) {
      expect([end.status, end.stderr]).toEqual([0, expect.stringMatching(/connected through the room/)]);
      const { sentFrames, whole, partial, lost, refused } = JSON.parse(end.stdout.toString()) as Record<string, number>;
      expect(sentFrames).toBe(sent);
      expect(whole + partial + lost).toBeLessThanOrEqual(received);
      expect(whole).toBeGreaterThan(0);
      expect(refused).toEqual({});
    }
    for (const path of [asked, answered]) expect(await loudness(path)).toBeGreaterThan(0.01);
  });

  it("says what is wrong with a link, and that no server answers", async () => {
    const cases: readonly (readonly [url: string, status: number, said: RegExp])[] = [
      ["codec.example.org", 2, /link of the page's Call tab/],
      ["ftp://codec.example.org/", 2, /give the address of the page/],
      [`${page()}#call/AAAA`, 2, /16 to 64 bytes/],
      ["http://127.0.0.1:1/#call/AAAAAAAAAAAAAAAAAAAAAA", 74, /did not answer for 0\.2 s/],
    ];
    const end = ["--in", "none", "--out", "none", "--timeout", "0.2"];
    const found = await Promise.all(cases.map(([url]) => twelvehz(["call", "room", url, ...end])));
    for (const [i, [url, status, said]] of cases.entries())
      expect([url, found[i].status, found[i].stderr]).toEqual([url, status, expect.stringMatching(said)]);
  });
});

describe.concurrent("twelvehz send and receive", () => {
  it("carry a clip as a stream", async () => {
    const output = join(folder, "stream.wav");
    const receiver = await listening(["receive", "-o", output, "--json"]);
    const sent = figures(await succeed(["send", soundPath("english.flac"), `127.0.0.1:${receiver.port}`, "--json"], { env }));
    const received = figures(await receiver.end);
    expect(sent.sentFrames).toBe(FRAMES);
    expect(received.whole + received.partial).toBeGreaterThan(0);
    expect(await loudness(output)).toBeGreaterThan(0.01);
  });

  it.each([
    ["encrypted", [], 1000, 16],
    ["in the clear, with the layers that fit", ["--clear"], 100, 5],
  ] as const)("carry a clip as one datagram, %s", async (_, how, maxBytes, layers) => {
    const output = join(folder, `datagram-${layers}.wav`);
    const receiver = await listening(["receive", "-o", output, "--json", ...how]);
    const args = ["send", soundPath("english.flac"), `127.0.0.1:${receiver.port}`, "--max-bytes", String(maxBytes), "--json", ...how];
    const sent = JSON.parse((await succeed(args, { env })).stdout.toString()) as { bytes: number };
    expect(sent).toMatchObject({ frames: FRAMES, layers, encrypted: how.length === 0 });
    expect(sent.bytes).toBeLessThanOrEqual(maxBytes);
    expect(figures(await receiver.end)).toMatchObject({ frames: FRAMES, layers });
    expect(await loudness(output)).toBeGreaterThan(0.01);
  });

  it("carry a clip as a confirmed POST of CoAP, within the bytes that were allowed, and say that nobody takes a wrong one", async () => {
    const output = join(folder, "coap.wav");
    const receiver = await listening(["receive", "-o", output, "--coap", "--json"]);
    const to = `coap://127.0.0.1:${receiver.port}/speech`;
    const wrong = await twelvehz(["send", soundPath("english.flac"), to, "--key", newLinkKey()], { env });
    expect([wrong.status, wrong.stderr]).toEqual([74, expect.stringContaining("it answered 4.00")]);
    const sent = JSON.parse(
      (await succeed(["send", soundPath("english.flac"), to, "--max-bytes", "200", "--json"], { env })).stdout.toString(),
    );
    expect(sent).toMatchObject({ frames: FRAMES, layers: 8 });
    const { status, stderr, stdout } = await receiver.end;
    expect([status, stderr]).toEqual([0, expect.stringContaining("another key")]);
    expect(JSON.parse(stdout.toString())).toMatchObject({ frames: FRAMES, layers: 8 });
  });

  it("refuse a datagram in the clear where none was asked for, and go on waiting", async () => {
    const receiver = await listening(["receive", "-o", join(folder, "clear.wav"), "--json"]);
    const socket = createSocket("udp4");
    await new Promise((resolve) => socket.send(Uint8Array.of(0xc1, 0, 0, 0), Number(receiver.port), "127.0.0.1", resolve));
    socket.close();
    await succeed(["send", soundPath("english.flac"), `127.0.0.1:${receiver.port}`, "--datagram"], { env });
    const { status, stderr } = await receiver.end;
    expect([status, stderr]).toEqual([0, expect.stringContaining("not encrypted: give --clear")]);
  });

  it("say how long a clip may be where it does not fit", async () => {
    const { status, stderr } = await twelvehz(["send", soundPath("english.flac"), "192.0.2.7", "--max-bytes", "32"], { env });
    expect([status, stderr]).toEqual([69, expect.stringMatching(/one layer alone takes \d+; shorten/)]);
  });
});

describe("twelvehz call key", () => {
  it("prints a key that the other commands take", async () => {
    const { stdout } = await succeed(["call", "key"]);
    expect(stdout.toString()).toMatch(/^[\w-]{22}\n$/);
  });
});
