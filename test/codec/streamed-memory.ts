/** What a process holds that streams speech both ways. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";

const program = fileURLToPath(new URL("../support/stream-minutes.mjs", import.meta.url));

/** Without a leak the figures differed by up to so much from one time to another, MB. */
const NOISE = { live: 3, resident: 14 };
/** What a minute of samples takes, and one of magnitudes, MB. */
const MINUTE = { samples: 5.8, magnitudes: 22 };

/**
 * Streams minutes, and checks that the second half of them left less than half of its samples or magnitudes
 * would have.
 */
export async function expectConstantMemory(minutes: number): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, String(minutes)]);
  const { samples, live, resident } = JSON.parse(stdout) as { samples: number; live: number[]; resident: number[] };
  expect(samples).toBe(minutes * 60 * 24_000);
  const growth = (figures: number[]): number => figures.at(-1)! - figures[figures.length / 2 - 1];
  expect(growth(live)).toBeLessThan((NOISE.live + (minutes / 2) * MINUTE.samples) / 2);
  expect(growth(resident)).toBeLessThan((NOISE.resident + (minutes / 2) * MINUTE.magnitudes) / 2);
}
