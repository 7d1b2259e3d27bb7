import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("../support/ten-minutes.mjs", import.meta.url));

it("streams ten minutes in both directions in constant memory", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program]);
  const { samples, live, resident } = JSON.parse(stdout) as { samples: number; live: number[]; resident: number[] };
  expect(samples).toBe(10 * 60 * 24_000);
  // Eight minutes of samples are 46 MB, of magnitudes 176 MB. Without a leak the figures differed
  // by up to 3 and 14 MB from minute to minute.
  expect(live[9] - live[1]).toBeLessThan(8);
  expect(resident[9] - resident[1]).toBeLessThan(40);
});
