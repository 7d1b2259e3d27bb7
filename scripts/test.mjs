/**
 * `npm test [-- FILTER]`: every test that needs no GPU, no network and no Python, but for the
 * slowest, `*.slow.test.ts`, which `npm run test:slow [-- FILTER]` runs, with the long form of those
 * that have one. Ends with `N passed, N failed`.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare, runTool } from "./prepare.mjs";

prepare();
const filters = process.argv.slice(2).filter((argument) => argument !== "--slow");
const env = process.argv.includes("--slow") ? { TWELVEHZ_SLOW_TESTS: "1" } : {};
const folder = mkdtempSync(join(tmpdir(), "twelvehz-test-"));
const report = join(folder, "report.json");
const status = runTool("vitest/vitest.mjs", ["run", "--reporter=dot", "--reporter=json", `--outputFile.json=${report}`, ...filters], {
  mayFail: true,
  env,
});

/** Failed tests, and test files that could not even be loaded. */
function failures({ testResults, numFailedTests }) {
  return numFailedTests + testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
}

let summary;
try {
  const results = JSON.parse(readFileSync(report, "utf8"));
  summary = `${results.numPassedTests} passed, ${failures(results)} failed`;
} catch (error) {
  summary = `0 passed, 1 failed`;
  console.error(`The test run left no report: ${error.message}`);
}
rmSync(folder, { recursive: true });
console.log(`\n${summary}`);
process.exit(status);
