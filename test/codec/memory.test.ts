import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("../support/ten-minutes.mjs", import.meta.url));

it("streams ten minutes in both directions in constant memory", { timeout: 240_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const { samples, megabytes } = JSON.parse(stdout) as { samples: number; megabytes: number[] };
  expect(samples).toBe(10 * 60 * 24_000);
  // Eight minutes of samples alone would be 46 MB, their magnitudes 176 MB. What the heap takes without a leak was 14 to 18 MB.
  expect(megabytes[9] - megabytes[1]).toBeLessThan(32);
});
