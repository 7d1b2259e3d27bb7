/**
 * Runs whose parts are killed with SIGKILL twenty times, whatever they are at: the corpus is that of
 * a run which nobody disturbed, and no process that is killed costs more than the unit that it was at.
 */
import { type ChildProcess, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { finished, start, temporaryFolder } from "@twelvehz/test-support/command.ts";
import { freePort, HAS_REDIS, startRedis } from "@twelvehz/test-support/redis.ts";
import { randomOf } from "@twelvehz/test-support/random.ts";
import { beforeAll, describe, expect, it } from "vitest";
import { begunClips, contentOf, noiseClips, TOY, tokenizeHere, writeFiles } from "./toy-corpus.ts";

const KILLS = 20;
/** Notes of units between two kills: there is one for each clip that is begun, and some more. */
const NOTES_BETWEEN = 25;

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const making = ["--codec-module", new URL(TOY).pathname, "--unit-seconds", "4"];

beforeAll(async () => {
  writeFiles(at("in"), { ...noiseClips(700), "z.wav": "junk" });
  await tokenizeHere([at("in")], at("clean"), { unitSeconds: 4 });
});

/**
 * Kills something whenever so many notes have been written, 20 times.
 * @param kill gives how many processes with units it has ended at most
 * @returns how many units had to be begun again, and how many such processes were ended at most
 */
async function disturb(corpus: string, kill: (turn: number) => Promise<number>): Promise<{ again: number; ended: number }> {
  let [notes, kills, ended] = [0, 0, 0];
  for await (const _ of begunClips(corpus)) {
    if (++notes % NOTES_BETWEEN !== 0) continue;
    if (kills === KILLS) break;
    ended += await kill(kills++);
  }
  return { again: unitsBegunAgain(corpus), ended };
}

/** How many units have been begun after they had been begun before, by the notes of all of them. */
function unitsBegunAgain(corpus: string): number {
  const notes = join(corpus, ".twelvehz/flight");
  const starts = readdirSync(notes).map((name) => readFileSync(join(notes, name), "utf8").split('{"start":true}').length - 1);
  return starts.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
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
    const { again, ended } = await disturb(at("local"), async (turn) => {
      const children = childrenOf(run);
      if (turn % 4 !== 3 && children.length > 0) {
        killNow(children[random.integer(0, children.length - 1)]);
        return 1;
      }
      const end = finished(run);
      killNow(run.pid); // and with it both of its workers
      await end;
      run = begin();
      return 2;
    });
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThanOrEqual(ended);
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
    const { again } = await disturb(at("fleet"), async (turn) => {
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
      return 1;
    });
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThanOrEqual(KILLS);
    expect((await finished(coordinator)).status).toBe(3);
    await Promise.all(workers.map((worker) => (worker.exitCode === null ? finished(worker) : undefined)));
    redis.kill("SIGKILL");
    expect(contentOf(at("fleet"))).toEqual(contentOf(at("clean")));
  });
});
