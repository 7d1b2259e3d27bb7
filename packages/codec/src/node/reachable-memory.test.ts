import { describe, expect, it } from "vitest";
import { reachableMemory } from "./reachable-memory.ts";

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
