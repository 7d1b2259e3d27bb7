import { describe, expect, it } from "vitest";
import { inPieces } from "@twelvehz/test-support/sound.ts";
import { Codes } from "../codes/codes.ts";
import { arrivingCodes } from "./arriving-codes.ts";
import { writeTokenFile } from "./token-file.ts";

async function all(text: string | Uint8Array, lengths?: number[]): Promise<number[][]> {
  const frames: number[][] = [];
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for await (const codes of arrivingCodes(inPieces(bytes, lengths)))
    for (let t = 0; t < codes.frames; t++) frames.push([...codes.frame(t)]);
  return frames;
}

describe("codes that arrive", () => {
  it("as lines are given frame by frame, however the bytes are cut", async () => {
    const text = "[1, 2,3]\n\n [4,5,6]\r\n[7,8,2047]";
    for (const lengths of [undefined, [1], [3, 8], [9, 1, 30]])
      expect(await all(text, lengths)).toEqual([
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 2047],
      ]); // prettier-ignore
  });

  it("are there before the next line is begun", async () => {
    const source = inPieces(new TextEncoder().encode("[1]\n[2]\n"), [4, 4]);
    const codes = arrivingCodes(source);
    expect((await codes.next()).value?.data).toEqual(Int16Array.of(1));
    await codes.return();
    expect((await source.next()).done).toBe(true);
  });

  it("as a token file are given block by block, with its model", async () => {
    const model = { name: "demo", id: "0123456789abcdef0123456789abcdef" };
    const bytes = writeTokenFile(
      new Codes(
        Int16Array.from({ length: 400 }, (_, i) => i),
        4,
        { model },
      ),
      { blockFrames: 30 },
    );
    const sizes: number[] = [];
    for await (const codes of arrivingCodes(inPieces(bytes, [100]))) {
      sizes.push(codes.frames);
      expect(codes.model).toEqual(model);
    }
    expect(sizes).toEqual([30, 30, 30, 10]);
    expect((await all(bytes, [7])).flat()).toEqual(Array.from({ length: 400 }, (_, i) => i));
  });

  it.each([
    ["", "bad-format", "there are none"],
    ["[1,2\n", "bad-format", "line 1: it is not JSON"],
    ["[1]\n[[1]]\n", "bad-codes", "line 2"],
    ['[1]\n{"codes":1}\n', "bad-codes", "line 2"],
    ["[1]\n[2048]\n", "bad-codes", "2048"],
    [`[${"1,".repeat(3000)}1]`, "bad-format", "longer than 4096 bytes"],
    ["hello\n", "bad-format", "token file"],
  ])("are refused with a clear error: %j", async (text, code, words) => {
    await expect(all(text)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });
});
