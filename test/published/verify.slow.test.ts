/** `npm run verify:published`, on the stand-in: what it says of good weights and of bad ones. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { root } from "../root.ts";
import { temporaryFolder } from "../support/command.ts";

const folder = temporaryFolder();

function verify(...args: string[]): { status: number | null; stdout: string } {
  return spawnSync(process.execPath, [join(root, "scripts/verify-published.mjs"), ...args], { encoding: "utf8" });
}

describe("npm run verify:published", () => {
  it("passes the stand-in that it writes itself, the golden cases too", () => {
    const { status, stdout } = verify("--seeded", "tiny", "--seed", "7", "--golden", join(root, "test/fixtures/published/tiny7.npz"));
    expect(stdout).toMatch(/\n3\d passed, 0 failed\n$/);
    expect(stdout.match(/^ok .*golden/gm)).toHaveLength(12);
    expect(status).toBe(0);
  });

  it("fails weights that are not finite, a golden file of other weights and sound that is not like the clip, and ends with 1", () => {
    const place = join(folder, "seed8");
    writeSeededCheckpoint(place, seededConfig("tiny"), 8);
    const bytes = readFileSync(join(place, "model.safetensors"));
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    writeFileSync(join(place, "model.safetensors"), bytes);
    const { status, stdout } = verify(place, "--golden", join(root, "test/fixtures/published/tiny7.npz"));
    expect(stdout).toMatch(/^FAIL .*values are finite/m);
    expect(stdout).toMatch(/^FAIL .*golden decode\/plain/m);
    expect(stdout).toMatch(/^FAIL .*likeness of the sound/m);
    expect(status).toBe(1);
  });

  it("says in one row what is wrong with a folder that is no model, and refuses a wrong command line", () => {
    const { status, stdout } = verify(folder);
    expect(stdout).toMatch(/^FAIL .*config\.json/m);
    expect(status).toBe(1);
    expect(verify().status).toBe(2);
  });
});
