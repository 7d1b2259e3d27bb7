import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withLock } from "./lock.ts";

let folder = "";
let lock = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twelvehz-lock-"));
  lock = join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("withLock", () => {
  it("lets one work at a time, and leaves nothing", async () => {
    let [working, most] = [0, 0];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++working);
      await new Promise((resolve) => setTimeout(resolve, 20));
      working--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(lock, work)));
    expect([most, readdirSync(folder)]).toEqual([1, []]);
  });

  it("takes over the lock of a process that has died", async () => {
    writeFileSync(lock, JSON.stringify({ pid: 2 ** 30, host: hostname(), token: "x" }));
    expect(await withLock(lock, async () => "done")).toBe("done");
  });

  it("waits for another's, and can be cancelled", async () => {
    writeFileSync(lock, JSON.stringify({ pid: 1, host: "elsewhere.example.org", token: "x" }));
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 250);
    await expect(withLock(lock, async () => "done", cancel.signal)).rejects.toMatchObject({ code: "aborted" });
    expect(readdirSync(folder)).toEqual(["lock"]);
  });

  it("says so when it cannot look at the lock", async () => {
    mkdirSync(lock);
    await expect(withLock(lock, async () => "done")).rejects.toMatchObject({ code: "io", message: expect.stringContaining(lock) });
  });
});
