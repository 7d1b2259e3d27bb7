import { describe, expect, it } from "vitest";
import { openCodecs } from "./codec-list.ts";

async function names(list: string, external: readonly string[] = []): Promise<string[]> {
  const { codecs, close } = await openCodecs(list, external);
  await close();
  return codecs.map(({ name }) => name);
}

describe("the list of codecs", () => {
  it("gives every number to the name before it", async () => {
    expect(await names("opus:6,8.5, mulaw ,opus-vbr:12")).toEqual([
      "Opus 6 kbit/s CBR",
      "Opus 8.5 kbit/s CBR",
      expect.stringContaining("law") as string,
      "Opus 12 kbit/s VBR",
    ]);
  });

  it("knows loss, and codecs that differ in anything differ in their names", async () => {
    const found = await names("opus:16,opus-plc20:16,opus-fec20:16,opus-zeros20:16,opus-plc10:16,opus-vbr-plc20:16");
    expect(new Set(found).size).toBe(6);
    expect(found[1]).toMatch(/20 %/);
  });

  it("takes external programs after the others", async () => {
    expect(await names("pcm8", ["copy=cp {in} {out}"])).toEqual([expect.stringContaining("PCM") as string, "copy"]);
  });

  it.each([
    ["", /names none/],
    ["8,opus:6", /"8" names none/],
    ["opus:6,,8", /"" names none/],
    ["opus", /wants bit rates/],
    ["opus:5", /"opus:5".*6000 to 510000/],
    ["opus-plc101:16", /0 to 100/],
    ["pcm8:8", /one rate only/],
  ])("refuses %j", async (list, says) => {
    await expect(openCodecs(list)).rejects.toMatchObject({ code: "usage", message: expect.stringMatching(says) as string });
  });

  it("names the model that is not there", async () => {
    await expect(openCodecs("nowhere/nothing:16")).rejects.toMatchObject({ code: "not-found" });
  });
});
