import { randomBytes } from "node:crypto";
import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { fileError } from "../file-errors.ts";
import { makeFolder } from "../folders.ts";
import { pause } from "./retries.ts";

/** How often the owner of a lock shows that it lives, ms. */
const HEARTBEAT_MS = 5_000;
/** Age after which a lock has no owner, ms: long enough for a process that computes hard. */
const STALE_MS = 60_000;
/** Pause between looks at a lock of another process, ms. */
const LOOK_MS = 100;

/**
 * What this process has written into its locks, so that it knows its own from that of a dead
 * process of the same number.
 */
const held: Set<string> = new Set();

/**
 * Does work that one process at a time may do. A lock is a file that names its owner; one whose
 * owner has died, or has not touched it for a minute, is taken over.
 * @throws CodecError `no-permission`, `io`, `aborted`, and what the work throws
 */
export async function withLock<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const owner = JSON.stringify({ pid: process.pid, host: hostname(), token: randomBytes(8).toString("hex") });
  held.add(owner);
  try {
    await makeFolder(dirname(path));
    while (!(await create(path, owner))) {
      await removeIfStale(path);
      await pause(LOOK_MS, signal);
    }
  } catch (error) {
    held.delete(owner);
    throw fileError("write", path, error);
  }
  const heartbeat = setInterval(() => void touch(path), HEARTBEAT_MS).unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    held.delete(owner);
    await rm(path, { force: true });
  }
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined); // a lost lock is found out by its taker
}

async function create(path: string, owner: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Renames before it removes, so that of two takers one alone removes the dead lock, and none the
 * lock of the other.
 */
async function removeIfStale(path: string): Promise<void> {
  const seen = await readIfThere(path);
  if (seen === undefined || !(await isStale(path, seen))) return;
  const aside = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`;
  await rename(path, aside).catch(ignoreIfGone);
  const taken = await readIfThere(aside);
  if (taken !== undefined && taken !== seen) await rename(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(ignoreIfGone);
}

function ignoreIfGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

async function isStale(path: string, text: string): Promise<boolean> {
  const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0);
  if (age > STALE_MS) return true;
  const { pid, host } = ownerOf(text);
  if (host !== hostname() || pid === undefined) return false;
  return pid === process.pid ? !held.has(text) : !isAlive(pid);
}

/** A lock that is just being written is empty. */
function ownerOf(text: string): { readonly pid?: number; readonly host?: string } {
  try {
    return JSON.parse(text) as { readonly pid?: number; readonly host?: string };
  } catch {
    return {};
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
