/** Units over Redis, and by their numbers: the same corpus as on one machine. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Engine, runOnQueue, serveRunMetrics, workOn } from "@twelvehz/corpus";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { finished, start, succeed, temporaryFolder, twelvehz } from "@twelvehz/test-support/command.ts";
import { freePort, HAS_REDIS, startRedis } from "@twelvehz/test-support/redis.ts";
import { begunClips, contentOf, noiseClips, TOY, tokenizeHere, tokenizeToy, writeFiles } from "./toy-corpus.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** Makes the plan of a corpus alone. */
const plan = (name: string): Promise<unknown> => tokenizeHere([at("in")], at(name), { unitSeconds: 4, planOnly: true });

beforeAll(async () => {
  writeFiles(at("in"), { ...noiseClips(40), "z.wav": "junk" });
  await tokenizeHere([at("in")], at("local"), { unitSeconds: 4 });
});

describe.skipIf(!HAS_REDIS)("a fleet (needs redis-server)", () => {
  let [url, redis] = ["", undefined as Awaited<ReturnType<typeof startRedis>> | undefined];
  beforeAll(async () => {
    const port = await freePort();
    url = `redis://127.0.0.1:${port}`;
    mkdirSync(at("redis"));
    redis = await startRedis(port, at("redis"));
  });
  afterAll(() => redis?.kill("SIGKILL"));

  it("of two workers, one of which is killed, makes the same corpus", async () => {
    await plan("fleet");
    const coordinator = tokenizeToy([at("in")], at("fleet"), {
      unitSeconds: 4,
      engine: (store, made, options) => runOnQueue(store, made, { ...options, redis: url, workers: 0 }),
    });
    const worker = ["corpus", "worker", at("fleet"), "--redis", url, "-j", "1", "--lock-seconds", "2"];
    const [first, second] = [start(worker), start(worker)];
    const ends = [finished(first), finished(second)];
    await clipBegun(at("fleet"));
    first.kill("SIGKILL");
    expect((await coordinator).corpus).toMatchObject({ clips: 40, rejected: 1 });
    expect((await ends[0]).signal).toBe("SIGKILL");
    expect((await ends[1]).status).toBe(0);
    expect(contentOf(at("fleet"))).toEqual(contentOf(at("local")));
  });

  it("of two processes is started by one command", async () => {
    const making = ["--codec-module", new URL(TOY).pathname, "--unit-seconds", "4"];
    const args = ["--engine", "bullmq", "--redis", url, "--jobs", "2"];
    const { status, stderr } = await twelvehz(["tokenize", at("in"), "-o", at("two"), ...making, ...args]);
    expect([status, stderr]).toEqual([3, expect.stringMatching(/1 of 41 clips were rejected/)]);
    expect(contentOf(at("two"))).toEqual(contentOf(at("local")));
  });

  it("shows a worker, and who watches it, how far all of it is, though the time of the day goes back", async () => {
    await plan("shown");
    const metrics = await serveRunMetrics(0);
    const scraped: Promise<string>[] = [];
    let shift = 0;
    const { now } = Date;
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + shift);
    const worker = workOn(at("shown"), {
      redis: url,
      workers: 1,
      onProgress(view) {
        metrics.update(view);
        if (view.clipsDone > 0) shift = -3_600_000;
        scraped.push(fetch(`http://127.0.0.1:${metrics.port}/metrics`).then((answer) => answer.text()));
      },
    });
    await tokenizeToy([at("in")], at("shown"), {
      unitSeconds: 4,
      engine: async (store, made, options) => {
        await runOnQueue(store, made, { ...options, redis: url, workers: 0 });
        await scraped.at(-1);
      },
    });
    await worker;
    clock.mockRestore();
    await metrics.close();
    const clips = (await Promise.all(scraped)).map((text) => Number(/twelvehz_corpus_clips\{state="done"\} (\d+)\n/.exec(text)?.[1]));
    expect(clips).toEqual([...clips].sort((a, b) => a - b));
    expect(clips.at(-1)).toBeGreaterThan(0);
    expect(contentOf(at("shown"))).toEqual(contentOf(at("local")));
  });

  it("says what is wrong with its addresses", async () => {
    await plan("alone");
    await expect(workOn(at("alone"), { redis: "redis://127.0.0.1:1" })).rejects.toMatchObject({
      code: "io",
      message: expect.stringMatching(/Cannot reach Redis/) as string,
    });
    const engine: Engine = (store, made, options) => runOnQueue(store, made, { ...options, redis: "queue:6379" });
    await expect(tokenizeToy([at("in")], at("alone"), { unitSeconds: 4, engine })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/redis:\/\/host:6379/) as string,
    });
    const missing = await twelvehz(["tokenize", at("in"), "-o", at("alone"), "--engine", "bullmq"]);
    expect([missing.status, missing.stderr]).toEqual([2, expect.stringMatching(/--redis/)]);
  });
});

/** Waits until a clip is begun by anyone. */
async function clipBegun(corpus: string): Promise<void> {
  for await (const _ of begunClips(corpus)) return;
}

describe("workers by number", () => {
  it("share the units of a plan, and whoever comes last finishes", async () => {
    await plan("array");
    const worker = (index: number): Promise<unknown> => workOn(at("array"), { index: { index, count: 3 }, workers: 1 });
    await Promise.all([worker(0), worker(2)]);
    const info = await succeed(["corpus", "info", at("array"), "--json"]);
    const { finished: isDone, progress } = JSON.parse(info.stdout.toString()) as {
      finished: boolean;
      progress: { units: number; unitsDone: number };
    };
    expect([isDone, progress.unitsDone < progress.units, progress.unitsDone > 0]).toEqual([false, true, true]);
    const port = await freePort();
    const watch = finished(start(["corpus", "info", at("array"), "--watch", "--metrics-port", String(port)]));
    const scrape = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await expect.poll(scrape).toMatch(/twelvehz_corpus_units\{state="done"\} [1-9]/);
    await succeed(["corpus", "worker", at("array"), "--unit-index", "1", "--index-count", "3", "-j", "1", "--finish"]);
    expect(contentOf(at("array"))).toEqual(contentOf(at("local")));
    expect((await watch).stdout.toString()).toMatch(/40, 1 rejected/);
    const late = await twelvehz(["corpus", "worker", at("array")]);
    expect([late.status, late.stderr]).toEqual([72, expect.stringMatching(/the corpus is finished/)]);
    const again = await succeed(["corpus", "worker", at("array"), "--unit-index", "1", "--index-count", "3"]);
    expect(again.stdout.toString()).toMatch(/corpus +finished already\n/);
  });

  it("tell how many units are theirs, and what is left", async () => {
    await tokenizeHere([at("in/c000.wav")], at("single"), { planOnly: true });
    const worker = async (...args: string[]): Promise<string> =>
      (await succeed(["corpus", "worker", at("single"), "-j", "1", ...args])).stdout.toString();
    expect(await worker("--unit-index", "3", "--index-count", "5")).toMatch(
      /units +0 units for this index; 0 of 1 done\n.*corpus +in work\n/,
    );
    expect(await worker("--unit-index", "0", "--index-count", "5")).toMatch(
      /units +1 unit for this index; 1 of 1 done\n.*corpus +all units are done; twelvehz corpus worker \S+ finishes it\n/,
    );
    expect(await worker()).toMatch(/units +1 of 1 done\n.*corpus +finished\n/);
  });
});

describe("metrics of a run", () => {
  it("are served while it lasts", async () => {
    const metrics = await serveRunMetrics(0);
    await tokenizeToy([at("in")], at("measured"), { onProgress: (view) => metrics.update(view) });
    const text = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();
    expect(text).toMatch(/twelvehz_corpus_clips\{state="done"\} 41\n/);
    expect(text).toMatch(/twelvehz_corpus_rejects\{code="bad-format"\} 1\n/);
    expect((await fetch(`http://127.0.0.1:${metrics.port}/`)).status).toBe(404);
    await metrics.close();
  });
});
