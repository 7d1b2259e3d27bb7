/**
 * `npm run ok`: format, lint, types, rules, tests; the gate. `-- --fix` formats instead of
 * checking.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { prepare, root, run, runTool } from "./prepare.mjs";

prepare();
const fix = process.argv.includes("--fix");
const tsc = JSON.parse(readFileSync(join(root, "node_modules/typescript/package.json"), "utf8")).bin.tsc;

function step(name, work) {
  console.log(`\n— ${name}`);
  work();
}

step("format", () => runTool("@biomejs/biome/bin/biome", ["format", ...(fix ? ["--write"] : []), "."]));
step("lint", () => runTool("oxlint/bin/oxlint", ["--type-aware", "--deny-warnings", "."]));
step("types", () => {
  for (const project of ["tsconfig.tests.json", "apps/web"]) runTool(join("typescript", tsc), ["-p", project]);
});
step("rules", () => run(process.execPath, [join(root, "scripts/rules.mjs")]));
step("generated documentation", () => run(process.execPath, [join(root, "scripts/generate.mjs"), "--check"]));
step("tests", () => run(process.execPath, [join(root, "scripts/test.mjs")]));
