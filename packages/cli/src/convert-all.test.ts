import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { Conversion } from "@twelvehz/clips";
import { CodecError } from "@twelvehz/codec/node";
import { convertAll, SomeFailedError } from "./convert-all.ts";

const folder = mkdtempSync(join(tmpdir(), "twelvehz-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const conversionsOf = (names: string[]): Conversion[] => names.map((input) => ({ input, output: join(folder, `${input}.t12`) }));

/** Converts one after the other; those whose name begins with a code of errors fail with it. */
async function outcome(names: string[], skipExisting = false): Promise<{ tried: string[]; error: unknown; said: string }> {
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const tried: string[] = [];
  const error: unknown = await convertAll(conversionsOf(names), { model: "compact", jobs: 1, skipExisting }, {}, ({ input }) => {
    tried.push(input);
    if (input.startsWith("aborted")) return Promise.reject(new CodecError("aborted", input));
    return input.startsWith("bad") ? Promise.reject(new CodecError("bad-audio", `Cannot read ${input}`)) : Promise.resolve();
  }).catch((reason: unknown) => reason);
  const said = stderr.mock.calls.map(([text]) => String(text)).join("");
  stderr.mockRestore();
  return { tried, error, said };
}

describe("a batch", () => {
  it.each<[string, string[], string[], RegExp | undefined, RegExp]>([
    ["does all where none fails", ["a", "b"], ["a", "b"], undefined, /^$/],
    ["does the rest after a bad one", ["a", "bad", "c"], ["a", "bad", "c"], /1 of 3/, /^twelvehz: bad: Cannot read bad\n$/],
    ["lists each bad one", ["bad1", "b", "bad2"], ["bad1", "b", "bad2"], /2 of 3/, /bad1\n.*bad2\n/],
    ["throws the error of a single job", ["bad"], ["bad"], /Cannot read/, /^$/],
    ["stops where it is cancelled", ["a", "aborted", "c"], ["a", "aborted"], /aborted/, /^$/],
  ])("%s", async (_, names, tried, message, said) => {
    const result = await outcome(names);
    expect(result.tried).toEqual(tried);
    expect(result.said).toMatch(said);
    if (message) expect((result.error as Error).message).toMatch(message);
    else expect(result.error).toBeUndefined();
    expect(result.error instanceof SomeFailedError).toBe(/of 3/.test(message?.source ?? ""));
  });

  it("goes on with what is missing when it is told to skip what is there", async () => {
    writeFileSync(join(folder, "done.t12"), "");
    expect(existsSync(join(folder, "done.t12"))).toBe(true);
    expect((await outcome(["done", "new"], true)).tried).toEqual(["new"]);
    expect((await outcome(["done", "new"])).tried).toEqual(["done", "new"]);
    expect((await outcome(["done"], true)).tried).toEqual([]);
  });
});
