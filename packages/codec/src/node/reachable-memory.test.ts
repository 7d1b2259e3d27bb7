import { describe, expect, it } from "vitest";
import { memoryNote, reachableMemory } from "./reachable-memory.ts";

describe("memory that may still be taken", () => {
  it.each([
    ["what is free, outside of a control group", 5e6, {}, 5e6],
    [
      "with the page cache of a control group",
      1e6,
      { "/sys/fs/cgroup/memory.stat": "anon 7\ninactive_file 2000000\nactive_file 500000\n" },
      3.5e6,
    ],
    ["with that of version 1", 1e6, { "/sys/fs/cgroup/memory/memory.stat": "cache 9\ninactive_file 2000000\n" }, 3e6],
    ["without names that only end alike", 1e6, { "/sys/fs/cgroup/memory.stat": "total_inactive_file 2000000\n" }, 1e6],
    ["not known, and so without limit, where the system tells nothing", 0, {}, Number.POSITIVE_INFINITY],
  ])("is counted %s", (_, free, files: Record<string, string>, bytes) => {
    expect(reachableMemory({ free, platform: "linux", read: (path) => files[path] })).toBe(bytes);
  });

  it("is not known on macOS, where free pages alone are told", () => {
    expect(reachableMemory({ free: 1e6, platform: "darwin", read: () => undefined })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a note on memory", () => {
  it.each([
    ["is given of a large model where the memory is not known", 682e6, Number.POSITIVE_INFINITY, /does not tell .* 682 MB/],
    ["is not given of a small one", 19e6, Number.POSITIVE_INFINITY, undefined],
    ["is not given where the memory is known: too little is refused then", 682e6, 1e6, undefined],
  ])("%s", (_, bytes, reachable, words) => {
    const note = memoryNote(bytes, reachable);
    if (words) expect(note).toMatch(words);
    else expect(note).toBeUndefined();
  });
});
