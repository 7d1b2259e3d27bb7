/**
 * `twelvehz-data`, where there is a Python with numpy and pyarrow: `python3`, or what
 * `TWELVEHZ_PYTHON` names. Its own tests; and from a folder of speech to a training loop, as its
 * README says. What needs torch has a command of its own (python/data/README.md).
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openStore, readRows, requireCorpus } from "@twelvehz/corpus";
import { clipPath, succeed, temporaryFolder } from "@twelvehz/test-support/command.ts";
import { describe, expect, test } from "vitest";
import { root } from "../root.ts";

const python = process.env["TWELVEHZ_PYTHON"] ?? "python3";
const project = join(root, "python/data");
const env = { ...process.env, PYTHONPATH: project, PYTHONDONTWRITEBYTECODE: "1" };
const missing = spawnSync(python, ["-c", "import numpy, pyarrow.fs"], { env }).status !== 0;

/** The first Python of a page. */
function pythonOf(page: string): string {
  const [, code] = /```python\n([\s\S]*?)```/.exec(readFileSync(join(root, page), "utf8")) ?? [];
  return code ?? "";
}

const DIGESTS = `
import hashlib, json, sys
from twelvehz_data import TokenDataset
rows = TokenDataset("corpus", verify=True)
print(json.dumps([[clip["id"], clip["frames"], hashlib.sha256(clip["codes"].tobytes()).hexdigest()] for clip in rows]))
`;

/** Codes of the Parquet export, by pyarrow alone. */
const OF_PARQUET = `
import hashlib, json
import numpy, pyarrow.parquet
table = pyarrow.parquet.read_table("hub")
rows = [(one["id"], one["frames"], numpy.array(one["codes"], "<i2")) for one in table.to_pylist()]
print(json.dumps([[name, frames, hashlib.sha256(codes.tobytes()).hexdigest()] for name, frames, codes in rows]))
`;

describe.skipIf(missing)(`twelvehz-data${missing ? ` (skipped: ${python} has no numpy and pyarrow)` : ""}`, () => {
  test("passes its own tests, without torch", () => {
    const run = spawnSync(python, ["-m", "unittest", "discover", "-s", "tests", "-t", "."], { cwd: project, env, encoding: "utf8" });
    expect(run.stderr).toMatch(/\nRan \d\d+ tests in [\s\S]*\nOK/);
    expect(run.status).toBe(0);
  });

  test("takes the bundled clips from a folder of speech to a training loop", async () => {
    const cwd = temporaryFolder();
    for (const name of ["english.flac", "chinese.flac", "english.mp3"]) cpSync(clipPath(name), join(cwd, "speech", name));
    await succeed(["tokenize", "speech/", "-o", "corpus/"], { cwd });
    const code = pythonOf("README.md");
    for (const page of ["README.zh.md", "python/data/README.md"]) expect(pythonOf(page)).toBe(code);
    const loop = spawnSync(python, ["-c", code], { cwd, env, encoding: "utf8" });
    expect(loop.stderr).toBe("");
    expect(loop.stdout).toMatch(/^0 (torch\.Size\()?[([]3, \d+, 16[)\]]+ .*\n1 (torch\.Size\()?[([]3, \d+, 16[)\]]+ .*\n$/);
    const read = spawnSync(python, ["-c", DIGESTS], { cwd, env, encoding: "utf8" });
    const store = await openStore(join(cwd, "corpus"));
    const rows: unknown[] = [];
    for await (const { id, frames, codes } of readRows(store, (await requireCorpus(store)).shards))
      rows.push([
        id,
        frames,
        createHash("sha256")
          .update(new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength))
          .digest("hex"),
      ]);
    expect(rows).toHaveLength(3);
    expect(JSON.parse(read.stdout)).toEqual(rows);
    await succeed(["corpus", "export", "corpus", "-f", "parquet", "-o", "hub"], { cwd });
    expect(JSON.parse(spawnSync(python, ["-c", OF_PARQUET], { cwd, env, encoding: "utf8" }).stdout)).toEqual(rows);
  });
});
