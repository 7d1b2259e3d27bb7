/**
 * Where the time between mouth and ear goes in a call from page to page: runs the test that measures
 * it, and writes bench/results/call.json, from which docs/transport.md takes its table. Give it a
 * machine that does nothing else for a minute and a half.
 *
 *     node bench/transport/pages.mjs
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn } from "../machine.mjs";

const folder = mkdtempSync(join(tmpdir(), "twelvehz-pages-"));
const file = join(folder, "figures.json");
const test = [join(root, "scripts/test.mjs"), "--slow", "test/web/call-figures"];
const { status } = spawnSync(process.execPath, test, { cwd: root, stdio: "inherit", env: { ...process.env, CALL_FIGURES: file } });
if (status === 0) {
  const figures = JSON.parse(readFileSync(file, "utf8"));
  const report = { measured: measuredOn("node bench/transport/pages.mjs"), ...figures };
  writeFileSync(join(root, "bench/results/call.json"), `${JSON.stringify(report, null, 1)}\n`);
}
rmSync(folder, { recursive: true });
process.exit(status ?? 1);
