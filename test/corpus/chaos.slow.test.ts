/**
 * Runs whose parts are killed with SIGKILL twenty times, whatever they are at: the corpus is that of
 * a run which nobody disturbed, and no kill costs more than the units that were in work.
 */
import { type ChildProcess, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { finished, start, temporaryFolder } from "@twelvehz/test-support/command.ts";
import { freePort, HAS_REDIS, startRedis } from "@twelvehz/test-support/redis.ts";
import { randomOf } from "@twelvehz/test-support/random.ts";
import { beforeAll, describe, expect, it } from "vitest";
import { begunClips, contentOf, noiseClips, TOY, tokenizeToy, writeFiles } from "./toy-corpus.ts";

const KILLS = 20;
/** Clips that are begun between two kills. */
const CLIPS_BETWEEN = 25;

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const making = ["--codec-module", new URL(TOY).pathname, "--unit-seconds", "4"];

beforeAll(async () => {
  writeFiles(at("in"), { ...noiseClips(500), "z.wav": "junk" });
  await tokenizeToy([at("in")], at("clean"), { unitSeconds: 4, workers: 2 });
});

/** Kills something whenever so many clips have been begun, 20 times. */
async function disturb(corpus: string, kill: (turn: number) => Promise<void>): Promise<void> {
  let [begun, kills] = [0, 0];
  for await (const _ of begunClips(corpus)) {
    if (++begun % CLIPS_BETWEEN !== 0) continue;
    await kill(kills);
    if (++kills === KILLS) return;
  }
}

/** Processes that a process has started (Linux). */
function childrenOf({ pid }: ChildProcess): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Ends a process as lack of memory does; it may have ended by itself. */
function killNow(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  } catch {
    // it has ended
  }
}

describe("a run that is disturbed", () => {
  it("on one machine, in its workers and its coordinator, ends in the same corpus", async () => {
    mkdirSync(at("local"));
    const random = randomOf(1);
    const begin = (): ChildProcessWithoutNullStreams => start(["tokenize", at("in"), "-o", at("local"), ...making, "-j", "2"]);
    let run = begin();
    await disturb(at("local"), async (turn) => {
      const children = childrenOf(run);
      if (turn % 4 !== 3 && children.length > 0) return killNow(children[random.integer(0, children.length - 1)]);
      const end = finished(run);
      killNow(run.pid);
      await end;
      run = begin();
    });
    expect((await finished(run)).status).toBe(3);
    expect(contentOf(at("local"))).toEqual(contentOf(at("clean")));
  });

  it.skipIf(!HAS_REDIS)("over a fleet, in workers, coordinator and Redis, ends in the same corpus (needs redis-server)", async () => {
    mkdirSync(at("redis"));
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const random = randomOf(2);
    const planned = await finished(start(["tokenize", at("in"), "-o", at("fleet"), ...making, "--plan-only"]));
    expect(planned.status).toBe(0);
    const coordinate = (): ChildProcessWithoutNullStreams =>
      start(["tokenize", at("in"), "-o", at("fleet"), ...making, "--engine", "bullmq", "--redis", url]);
    const work = (): ChildProcessWithoutNullStreams =>
      start(["corpus", "worker", at("fleet"), "--redis", url, "-j", "1", "--lock-seconds", "2"]);
    let redis = await startRedis(port, at("redis"));
    let [coordinator, workers] = [coordinate(), [work(), work()]];
    await disturb(at("fleet"), async (turn) => {
      if (turn % 5 === 4) {
        const end = new Promise((resolve) => redis.once("exit", resolve));
        killNow(redis.pid);
        await end;
        redis = await startRedis(port, at("redis"));
      } else if (turn % 5 === 2) {
        const end = finished(coordinator);
        killNow(coordinator.pid);
        await end;
        coordinator = coordinate();
      } else if (turn % 2 === 0) {
        const which = random.integer(0, 1);
        killNow(workers[which].pid);
        workers = workers.with(which, work());
      } else killNow(childrenOf(workers[random.integer(0, 1)])[0]);
    });
    expect((await finished(coordinator)).status).toBe(3);
    await Promise.all(workers.map((worker) => (worker.exitCode === null ? finished(worker) : undefined)));
    redis.kill("SIGKILL");
    expect(contentOf(at("fleet"))).toEqual(contentOf(at("clean")));
  });
});
