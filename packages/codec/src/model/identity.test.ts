import { describe, expect, it } from "vitest";
import { modelId } from "./identity.ts";

const book = Uint8Array.of(1, 2, 3);

describe("the identity of a model", () => {
  it("is the first 16 bytes of SHA-256 over the sorted configuration and the codebooks", async () => {
    expect(await modelId(1, [])).toBe("6b86b273ff34fce19d6b804eff5a3f57"); // printf 1 | sha256sum
    expect(await modelId({ b: 2, a: 1 }, [])).toBe(await digest('{"a":1,"b":2}'));
    expect(await modelId({}, [book, Uint8Array.of(4)])).toBe(await digest("{}\u0001\u0002\u0003\u0004"));
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

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes.subarray(0, 16), (b) => b.toString(16).padStart(2, "0")).join("");
}
