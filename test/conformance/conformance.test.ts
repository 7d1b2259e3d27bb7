/** The conformance kit, run against our own command, and against commands that must fail. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { goldenInts } from "../support/published.ts";
import { readNpy } from "../support/npz.mjs";
import { root } from "../root.ts";
import { runConformance } from "./run.mjs";

const COMMAND = `"${process.execPath}" "${root}/packages/cli/dist/main.js"`;
const ENCODE = `${COMMAND} encode {in} -o {out} --model {model}`;
const DECODE = `${COMMAND} decode {in} -o {out} --model {model}`;

describe("our own command", () => {
  it("passes every vector, alone or together with others", async () => {
    const results = await runConformance({
      encode: `${ENCODE} --attention {attention}`,
      decode: `${DECODE} --float --chunking {chunking}`,
      encodeBatch: `${COMMAND} encode {ins} -o {folder}/ -f npy --model {model}`,
      decodeBatch: `${COMMAND} decode {ins} -o {folder}/ --float --model {model}`,
      jobs: 2,
      only: ({ attention, chunking, input }) => attention === "windowed" || chunking === "reference" || input === "encode-ragged.wav", // the batches have the others
    });
    expect(results.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(results).toHaveLength(5);
  });
});

describe("the runner", () => {
  const only = ({ input }: { input: string }): boolean => input === "encode-one.wav" || input === "decode-short.codes.npy";

  it.each([
    ["too few layers", `${ENCODE} --layers 5`, /shape \[1,5\], wanted \[1,6\]/],
    ["a command that fails", `${ENCODE} --no-such-option`, /exit status 2/],
    ["a command that is not there", "no-such-command {in} {out}", /cannot start no-such-command/],
    ["a command that writes nothing", `"${process.execPath}" --version`, /no such file/],
  ])("fails %s", async (_, encode, found) => {
    const [result] = await runConformance({ encode, decode: DECODE, only: ({ input }) => input === "encode-one.wav" });
    expect(result).toMatchObject({ status: "FAIL", found: expect.stringMatching(found) as string });
  });

  it("fails sound of 16 bits, and a layer that is left out", async () => {
    for (const [options, found] of [
      ["", /16 bits/],
      ["--float --mute-layers 5", /largest difference/],
    ] as const) {
      const results = await runConformance({
        encode: ENCODE,
        decode: `${DECODE} ${options}`,
        only: (vector) => only(vector) && vector.kind === "decode",
      });
      expect(results[0]).toMatchObject({ status: "FAIL", found: expect.stringMatching(found) as string });
    }
  });

  it("skips what a command cannot be told, and says so", async () => {
    const results = await runConformance({
      encode: ENCODE,
      decode: DECODE,
      only: ({ attention, chunking }) => attention === "windowed" || chunking === "reference",
    });
    expect(results.map(({ status }) => status)).toEqual(["skipped", "skipped", "skipped", "skipped"]);
  });
});

describe("the vectors", () => {
  it("are those of the golden file", () => {
    const read = (name: string): ReturnType<typeof readNpy> => readNpy(readFileSync(`${root}/test/conformance/vectors/${name}`));
    expect(read("encode-beyond_window.codes_windowed.npy").data).toEqual(goldenInts("encode/beyond_window/codes_windowed"));
    expect(read("decode-beyond_chunk.codes.npy").shape).toEqual([340, 6]);
  });
});
