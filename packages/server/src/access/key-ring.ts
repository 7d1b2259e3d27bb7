import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { CodecError, messageOf } from "@twelvehz/codec";
import type { Clock } from "@twelvehz/codec/internal";
import { type KeyOwner, parseOwnerLimits } from "./key-owner.ts";

/** One line of a file of keys. */
interface Entry {
  readonly owner: KeyOwner;
  readonly digest: Buffer;
}

/**
 * A line of the file: the owner's name, SHA-256 of the key, limits. Keys are random and long, so
 * that a plain hash cannot be turned back.
 */
const LINE = /^([\w.@-]{1,64}) ([0-9a-f]{64})((?: +\S+)*)$/;
/** Milliseconds between two looks at the file. */
const LOOK_MS = 1000;

function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/**
 * A new key, which is shown once, and the line for the file of keys.
 * @param text what is in the file
 * @throws CodecError `usage` for a name that may not be, or that has a key there
 */
export function newKey(name: string, text = ""): { readonly key: string; readonly line: string } {
  if (!/^[\w.@-]{1,64}$/.test(name))
    throw new CodecError("usage", `Cannot name a key ${JSON.stringify(name)}: letters, digits and _ . @ - are allowed, at most 64`);
  if (text.split(/\r?\n/).some((line) => line.trim().startsWith(`${name} `)))
    throw new CodecError("usage", `Cannot make a key for "${name}": there is one of that name; choose another, or take its line out first`);
  const key = `thz_${randomBytes(32).toString("base64url")}`;
  return { key, line: `${name} ${digestOf(key).toString("hex")}` };
}

/**
 * The keys of a file. It is read again when it has changed, so that a key can be added or withdrawn
 * without a restart.
 */
export class KeyRing {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #fault: (error: unknown) => void;
  #entries: readonly Entry[];
  #stamp: string;
  #lookedMs: number;

  /**
   * @param path lines of `NAME SHA256 [slots=N] [sockets=N] [seconds=N] [bytes=N] [messages=N]`;
   * empty lines and those that begin with `#` are passed over
   * @param fault is told when the file cannot be read again: the keys that were there go on to hold
   * @throws CodecError `io` when the file cannot be read, `bad-format` for a line that is none
   */
  constructor(path: string, clock: Clock, fault: (error: unknown) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#fault = fault;
    this.#lookedMs = clock.now();
    this.#stamp = this.#stampNow();
    this.#entries = this.#read();
  }

  /** Whose key it is, or undefined. Takes as long whichever of them it is. */
  ownerOf(key: string): KeyOwner | undefined {
    this.#refresh();
    const digest = digestOf(key);
    let owner: KeyOwner | undefined;
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) owner = entry.owner;
    return owner;
  }

  /** Whose key with this SHA-256 is, or undefined where it is withdrawn. */
  withDigest(digest: string): KeyOwner | undefined {
    this.#refresh();
    return this.#entries.find(({ owner }) => owner.digest === digest)?.owner;
  }

  #refresh(): void {
    if (this.#clock.now() - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = this.#clock.now();
    try {
      const stamp = this.#stampNow();
      if (stamp === this.#stamp) return;
      this.#entries = this.#read();
      this.#stamp = stamp;
    } catch (error) {
      this.#fault(error);
    }
  }

  #stampNow(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path);
      return `${mtimeMs} ${size} ${ino}`;
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #read(): readonly Entry[] {
    const lines = this.#text().split(/\r?\n/);
    return lines.flatMap((line, i) => {
      if (line.trim() === "" || line.startsWith("#")) return [];
      const [, name, digest, limits = ""] = LINE.exec(line.trim()) ?? [];
      if (name === undefined || digest === undefined)
        throw new CodecError(
          "bad-format",
          `Cannot read the keys of "${this.#path}": line ${i + 1} is not "NAME SHA256 LIMITS"; make it with --new-key`,
        );
      const words = limits.split(" ").filter((word) => word !== "");
      const owner = { name, digest, limits: parseOwnerLimits(words, `Cannot read the keys of "${this.#path}": line ${i + 1}`) };
      return [{ owner, digest: Buffer.from(digest, "hex") }];
    });
  }

  #text(): string {
    try {
      return readFileSync(this.#path, "utf8");
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): CodecError {
    return new CodecError("io", `Cannot read the keys of "${this.#path}": ${messageOf(error)}; make a file with --new-key`, {
      cause: error,
    });
  }
}
