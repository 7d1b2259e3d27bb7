import { describe, expect, it } from "vitest";
import { modelId } from "./identity.ts";

const book = Uint8Array.of(1, 2, 3);

describe("the identity of a model", () => {
  it("is the first 16 bytes of SHA-256 over the digests of the sorted configuration and of each codebook", async () => {
    expect(await modelId(1, [])).toBe("9c2e4d8fe97d881430de4e754b4205b9"); // printf 1 | sha256sum | cut -c1-64 | xxd -r -p | sha256sum
    const [sorted, empty, first, second] = await Promise.all(
      ['{"a":1,"b":2}', "{}", "\u0001\u0002\u0003", "\u0004"].map((text) => digest(new TextEncoder().encode(text))),
    );
    expect(await modelId({ b: 2, a: 1 }, [])).toBe(hex(await digest(sorted)));
    expect(await modelId({}, [book, Uint8Array.of(4)])).toBe(hex(await digest(Uint8Array.of(...empty, ...first, ...second))));
  });

  it("does not depend on the order in which fields are written, at any depth, but on that of lists", async () => {
    const one = await modelId({ a: 1, b: { c: [1, { d: 1, e: 2 }], f: null } }, [book]);
    expect(await modelId({ b: { f: null, c: [1, { e: 2, d: 1 }] }, a: 1 }, [book])).toBe(one);
    expect(await modelId({ a: 1, b: { c: [{ d: 1, e: 2 }, 1], f: null } }, [book])).not.toBe(one);
  });

  it("changes with any value of the configuration and any bit of the codebooks", async () => {
    const ids = await Promise.all([
      modelId({ a: 1 }, [book]),
      modelId({ a: 2 }, [book]),
      modelId({ b: 1 }, [book]),
      modelId({ a: 1 }, [Uint8Array.of(1, 2, 2)]),
      modelId({ a: 1 }, [book, book]),
      modelId({ a: 1 }, []),
    ]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it("reads the codebooks from any place in memory", async () => {
    expect(await modelId({}, [Uint8Array.of(9, 1, 2, 3).subarray(1)])).toBe(await modelId({}, [book]));
  });
});

async function digest(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 16)).toString("hex");
}
