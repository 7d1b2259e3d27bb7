import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("../support/stream-minutes.mjs", import.meta.url));
const MINUTES = 4;

it("streams minutes in both directions in constant memory", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, String(MINUTES)]);
  const { samples, live, resident } = JSON.parse(stdout) as { samples: number; live: number[]; resident: number[] };
  expect(samples).toBe(MINUTES * 60 * 24_000);
  // Two minutes of samples are 12 MB, of magnitudes 44 MB. Without a leak the figures differed
  // by up to 3 and 14 MB from minute to minute.
  expect(live[MINUTES - 1] - live[1]).toBeLessThan(8);
  expect(resident[MINUTES - 1] - resident[1]).toBeLessThan(40);
});
