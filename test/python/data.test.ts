/**
 * The tests of `twelvehz-data`, where there is a Python with numpy and pyarrow: `python3`, or what
 * `TWELVEHZ_PYTHON` names. Those that need torch have a command of their own (python/data/README.md).
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../root.ts";

const python = process.env["TWELVEHZ_PYTHON"] ?? "python3";
const cwd = join(root, "python/data");
const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
const missing = spawnSync(python, ["-c", "import numpy, pyarrow.fs"], { env }).status !== 0;

describe.skipIf(missing)(`twelvehz-data${missing ? ` (skipped: ${python} has no numpy and pyarrow)` : ""}`, () => {
  test("passes its own tests, without torch", () => {
    const run = spawnSync(python, ["-m", "unittest", "discover", "-s", "tests", "-t", "."], { cwd, env, encoding: "utf8" });
    expect(run.stderr).toMatch(/\nRan \d\d+ tests in [\s\S]*\nOK/);
    expect(run.status).toBe(0);
  });
});
