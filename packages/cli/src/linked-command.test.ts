import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));
const { bin } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as { bin: { twelvehz: string } };
const folder = mkdtempSync(join(tmpdir(), "twelvehz-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("what npm links as the command", () => {
  it("is no product of the build, so that a clone has the link", () => {
    expect(bin.twelvehz).toMatch(/^bin\//);
    expect(readFileSync(join(packageFolder, bin.twelvehz), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it("says what to do where nothing is built", () => {
    mkdirSync(join(folder, "bin"));
    copyFileSync(join(packageFolder, bin.twelvehz), join(folder, "bin/twelvehz.mjs"));
    const { status, stderr } = spawnSync(process.execPath, [join(folder, "bin/twelvehz.mjs"), "--version"], { encoding: "utf8" });
    expect(stderr).toBe('twelvehz: Cannot start: nothing is built in this clone yet; run "npm run build" once\n');
    expect(status).toBe(70);
  });
});
