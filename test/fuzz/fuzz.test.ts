/**
 * Every reader against damaged files: a correct result or one clear CodecError, soon and in little
 * memory. See docs/fuzzing.md.
 */
import { describe, expect, it } from "vitest";
import { inLongForm } from "../support/long-form.ts";
import { makeInput, READER_NAMES, REGRESSIONS, tryInput } from "./harness.mjs";

const SEED = 1;
/**
 * Inputs of each reader. The Vorbis decoder is compiled anew for every file, which takes most of
 * the time: it gets fewer.
 */
const COUNT = inLongForm ? 500 : 50;
const FEWER: Readonly<Record<string, number>> = { vorbis: inLongForm ? 100 : 10 };

describe("damaged files", () => {
  it.each(READER_NAMES)("%s: every input is understood, or refused with one clear error", async (reader) => {
    const problems: string[] = [];
    for (let index = 0; index < (FEWER[reader] ?? COUNT); index++) {
      const { problem } = await tryInput(reader, makeInput(reader, SEED, index));
      if (problem) problems.push(`npm run fuzz -- --reader ${reader} --seed ${SEED} --only ${index}: ${problem}`);
    }
    expect(problems).toEqual([]);
  });

  it("an input depends on reader, seed and number alone", () => {
    expect(makeInput("wav", 1, 50)).toEqual(makeInput("wav", 1, 50));
    expect(makeInput("wav", 1, 50)).not.toEqual(makeInput("wav", 2, 50));
  });
});

describe("inputs that once broke a law, and bombs", () => {
  it.each(REGRESSIONS)("$reader: $name", async ({ reader, bytes, outcome }) => {
    expect(await tryInput(reader, bytes())).toMatchObject({ outcome, problem: undefined });
  });
});
