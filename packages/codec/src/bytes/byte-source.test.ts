import { describe, expect, it } from "vitest";
import { blobSource, bytesSource, readExactly } from "./byte-source.ts";

describe("a byte source", () => {
  const bytes = Uint8Array.from({ length: 10 }, (_, i) => i);

  it.each([
    ["memory", bytesSource(bytes)],
    ["a Blob", blobSource(new Blob([bytes]))],
  ])("gives any range of %s", async (_name, source) => {
    expect(source.byteLength).toBe(10);
    expect(await readExactly(source, 3, 6)).toEqual(Uint8Array.of(3, 4, 5));
    expect(await readExactly(source, 10, 10)).toEqual(new Uint8Array(0));
  });

  it("reports a range that ends after it, and a source that shrank", async () => {
    await expect(readExactly(bytesSource(bytes), 8, 11)).rejects.toMatchObject({ code: "bad-format" });
    const shrunk = { byteLength: 10, slice: async (start: number) => bytes.subarray(start, 9) };
    await expect(readExactly(shrunk, 8, 10)).rejects.toMatchObject({ code: "bad-format" });
  });
});
