/**
 * `npm run cases -- [FOLDER]`: files and situations that users of other programs have met, tried on
 * the command, the library and the server. Each must behave as the table in test/cases says. The
 * files are not part of the repository: FOLDER, by default ../shared/cases, holds a folder for
 * each; without it nothing is tried. Ends with 1 when one behaves otherwise.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { prepare, root } from "./prepare.mjs";

prepare();
const folder = resolve(process.env.INIT_CWD ?? process.cwd(), process.argv[2] ?? join(root, "../shared/cases"));
if (!existsSync(folder)) {
  console.log(`There are no cases in ${folder}: nothing was tried`);
  process.exit(0);
}
const { tryFiles } = await import("../test/cases/files.mjs");
const { trySituations } = await import("../test/cases/situations.mjs");
const scratch = mkdtempSync(join(tmpdir(), "twelvehz-cases-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));

const tally = { passed: 0, failed: 0, skipped: 0 };
for await (const { name, outcome, why } of everything()) {
  tally[outcome]++;
  if (outcome !== "passed") console.log(`${outcome} ${name}: ${why}`);
}
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exitCode = tally.failed > 0 ? 1 : 0;

async function* everything() {
  yield* tryFiles(folder, scratch);
  yield* trySituations(folder, scratch);
}
