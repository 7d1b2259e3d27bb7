import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManualClock } from "@twelvehz/test-support/manual-clock.ts";
import { afterAll, describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../limits.ts";
import { limitsFor } from "./key-owner.ts";
import { KeyRing, newKey } from "./key-ring.ts";
import { TOKEN_SECONDS, Tokens } from "./tokens.ts";

const folder = mkdtempSync(join(tmpdir(), "twelvehz-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

/** The SHA-256 in a line. */
const digestIn = (line: string): string => line.split(" ")[1] ?? "";

describe("a file of keys", () => {
  test("tells whose a key is, and holds no key itself", () => {
    const [ann, bob] = [newKey("ann"), newKey("bob")];
    const path = fileOf("two", "# keys", ann.line, "", bob.line);
    const ring = new KeyRing(path, new ManualClock(), () => undefined);
    expect([ring.ownerOf(ann.key)?.name, ring.ownerOf(bob.key)?.name, ring.ownerOf(`${bob.key}x`)?.name, ring.ownerOf("")?.name]).toEqual([
      "ann",
      "bob",
      undefined,
      undefined,
    ]);
    expect(ann.line).not.toContain(ann.key.slice(4));
  });

  test("is read again when it changes; what cannot be read changes nothing", async () => {
    const [ann, bob] = [newKey("ann"), newKey("bob")];
    const path = fileOf("changing", ann.line);
    const clock = new ManualClock();
    const faults: unknown[] = [];
    const ring = new KeyRing(path, clock, (error) => void faults.push(error));
    fileOf("changing", bob.line, "");
    expect(ring.ownerOf(bob.key)?.name).toBeUndefined(); // looked at a moment ago
    await clock.pass(1);
    expect([ring.ownerOf(bob.key)?.name, ring.ownerOf(ann.key)?.name]).toEqual(["bob", undefined]);
    fileOf("changing", "what is this");
    await clock.pass(1);
    expect(ring.ownerOf(bob.key)?.name).toBe("bob");
    rmSync(path);
    await clock.pass(1);
    expect([ring.ownerOf(bob.key)?.name, faults.length]).toEqual(["bob", 2]);
  });

  test("says what the owners of its keys may take", () => {
    const [ann, bob] = [newKey("ann"), newKey("bob")];
    const ring = new KeyRing(fileOf("limits", `${ann.line} slots=2 seconds=60`, bob.line), new ManualClock(), () => undefined);
    expect(ring.ownerOf(ann.key)).toEqual({ name: "ann", digest: digestIn(ann.line), limits: { slots: 2, seconds: 60 } });
    expect([ring.withDigest(digestIn(bob.line))?.name, ring.withDigest("0".repeat(64))]).toEqual(["bob", undefined]);
    const limits = limitsFor({ ...DEFAULT_LIMITS, maxSeconds: 50 }, ring.ownerOf(ann.key));
    expect([limits.maxSeconds, limits.maxStreamSeconds, limits.maxBytes]).toEqual([50, 60, DEFAULT_LIMITS.maxBytes]);
  });

  const limited = (words: string) => () => new KeyRing(fileOf("bad", `${newKey("ann").line} ${words}`), new ManualClock(), () => undefined);
  test.each<[string, () => unknown, RegExp]>([
    ["has a limit that is not there", limited("slot=2"), /line 1: "slot=2" is no limit; [^\n]*slots/],
    ["has a limit that is no number", limited("slots=two"), /"slots=two"/],
    ["has a limit of nothing", limited("slots=0"), /from 1 on/],
    ["has a limit twice", limited("slots=1 slots=2"), /at most once/],
    ["is not there", () => new KeyRing(join(folder, "none"), new ManualClock(), () => undefined), /--new-key/],
    ["has a line that is none", () => new KeyRing(fileOf("bad", "ann secret"), new ManualClock(), () => undefined), /line 1/],
    ["would get a name that is none", () => newKey("a b"), /letters/],
    ["would get a name twice", () => newKey("ann", `# keys\n${newKey("ann").line} slots=1`), /there is one of that name/],
  ])("that %s is refused", (_, work, message) => {
    expect(work).toThrow(message);
  });
});

test("a token holds for its owner until it runs out, and only as it is", async () => {
  const clock = new ManualClock();
  const tokens = new Tokens(clock);
  const token = tokens.issue("0a1b");
  expect(token).toMatch(/^[\w.-]+$/);
  expect([tokens.digestOf(token), tokens.digestOf(`${token}A`), tokens.digestOf(""), new Tokens(clock).digestOf(token)]).toEqual([
    "0a1b",
    undefined,
    undefined,
    undefined,
  ]);
  await clock.pass(TOKEN_SECONDS);
  expect(tokens.digestOf(token)).toBeUndefined();
});
