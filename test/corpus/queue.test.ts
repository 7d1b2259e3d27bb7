/** Units over Redis, and by their numbers: the same corpus as on one machine. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { serveRunMetrics } from "@twelvehz/corpus";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finished, start, succeed, temporaryFolder, twelvehz } from "@twelvehz/test-support/command.ts";
import { freePort, HAS_REDIS, startRedis } from "@twelvehz/test-support/redis.ts";
import { begunClips, contentOf, noiseClips, TOY, tokenizeToy, writeFiles } from "./toy-corpus.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const making = ["--codec-module", new URL(TOY).pathname, "--unit-seconds", "4"];

beforeAll(async () => {
  writeFiles(at("in"), { ...noiseClips(60), "z.wav": "junk" });
  await tokenizeToy([at("in")], at("local"), { unitSeconds: 4 });
});

describe.skipIf(!HAS_REDIS)("a fleet (needs redis-server)", () => {
  let [port, redis] = [0, undefined as Awaited<ReturnType<typeof startRedis>> | undefined];
  beforeAll(async () => {
    port = await freePort();
    mkdirSync(at("redis"));
    redis = await startRedis(port, at("redis"));
  });
  afterAll(() => redis?.kill("SIGKILL"));

  it("of two workers, one of which is killed, makes the same corpus", async () => {
    const url = `redis://127.0.0.1:${port}`;
    await succeed(["tokenize", at("in"), "-o", at("fleet"), ...making, "--plan-only"]);
    const coordinator = finished(
      start(["tokenize", at("in"), "-o", at("fleet"), ...making, "--engine", "bullmq", "--redis", url, "--json"]),
    );
    const worker = ["corpus", "worker", at("fleet"), "--redis", url, "-j", "1", "--lock-seconds", "2"];
    const [first, second] = [start(worker), start(worker)];
    const ends = [finished(first), finished(second)];
    await clipBegun(at("fleet"));
    first.kill("SIGKILL");
    const { status, stdout, stderr } = await coordinator;
    expect([status, stderr]).toEqual([3, expect.stringMatching(/1 of 61 clips were rejected/)]);
    expect(JSON.parse(stdout.toString())).toMatchObject({ corpus: { clips: 60, rejected: 1 } });
    expect((await ends[0]).signal).toBe("SIGKILL");
    expect((await ends[1]).status).toBe(0);
    expect(contentOf(at("fleet"))).toEqual(contentOf(at("local")));
  });

  it("of two processes is started by one command", async () => {
    const args = ["--engine", "bullmq", "--redis", `redis://127.0.0.1:${port}`, "--jobs", "2"];
    const { status } = await twelvehz(["tokenize", at("in"), "-o", at("two"), ...making, ...args]);
    expect(status).toBe(3);
    expect(contentOf(at("two"))).toEqual(contentOf(at("local")));
  });

  it("says what is wrong with its addresses", async () => {
    await succeed(["tokenize", at("in"), "-o", at("alone"), ...making, "--plan-only"]);
    const none = await twelvehz(["corpus", "worker", at("alone"), "--redis", "redis://127.0.0.1:1"]);
    expect([none.status, none.stderr]).toEqual([74, expect.stringMatching(/Cannot reach Redis/)]);
    const odd = await twelvehz(["tokenize", at("in"), "-o", at("alone"), ...making, "--engine", "bullmq", "--redis", "queue:6379"]);
    expect([odd.status, odd.stderr]).toEqual([2, expect.stringMatching(/redis:\/\/host:6379/)]);
    const missing = await twelvehz(["tokenize", at("in"), "-o", at("alone"), ...making, "--engine", "bullmq"]);
    expect([missing.status, missing.stderr]).toEqual([2, expect.stringMatching(/--redis/)]);
  });
});

/** Waits until a clip is begun by anyone. */
async function clipBegun(corpus: string): Promise<void> {
  for await (const _ of begunClips(corpus)) return;
}

describe("workers by number", () => {
  it("share the units of a plan, and whoever comes last finishes", async () => {
    await succeed(["tokenize", at("in"), "-o", at("array"), ...making, "--plan-only"]);
    const worker = (index: number, ...more: string[]): Promise<unknown> =>
      succeed(["corpus", "worker", at("array"), "--unit-index", String(index), "--index-count", "3", "-j", "1", ...more]);
    await Promise.all([worker(0), worker(2)]);
    const info = await succeed(["corpus", "info", at("array"), "--json"]);
    const { finished: isDone, progress } = JSON.parse(info.stdout.toString()) as {
      finished: boolean;
      progress: { units: number; unitsDone: number };
    };
    expect([isDone, progress.unitsDone < progress.units, progress.unitsDone > 0]).toEqual([false, true, true]);
    await worker(1, "--finish");
    expect(contentOf(at("array"))).toEqual(contentOf(at("local")));
    const late = await twelvehz(["corpus", "worker", at("array")]);
    expect([late.status, late.stderr]).toEqual([72, expect.stringMatching(/the corpus is finished/)]);
  });
});

describe("metrics of a run", () => {
  it("are served while it lasts", async () => {
    const metrics = await serveRunMetrics(0);
    await tokenizeToy([at("in")], at("measured"), { onProgress: (view) => metrics.update(view) });
    const text = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();
    expect(text).toMatch(/twelvehz_corpus_clips\{state="done"\} 61\n/);
    expect(text).toMatch(/twelvehz_corpus_rejects\{code="bad-format"\} 1\n/);
    expect((await fetch(`http://127.0.0.1:${metrics.port}/`)).status).toBe(404);
    await metrics.close();
  });
});
