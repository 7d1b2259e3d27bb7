import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../root.ts";

/** Pages whose TypeScript is compiled and run: those of the root, of docs and of the packages. */
const PAGES = [
  "README.md",
  "README.zh.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  "packages/clips/README.md",
  "packages/codec/README.md",
  "packages/corpus/README.md",
  "packages/cli/README.md",
  "packages/server/README.md",
  "packages/transport/README.md",
];

/** The ts blocks of a page, in order. */
function snippetsOf(page: string): string[] {
  return [...readFileSync(join(root, page), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);
}

const snippets = PAGES.flatMap((page) =>
  snippetsOf(page).map((code, i) => ({ page, code, file: `${page.replaceAll(/[/.]/g, "-")}-${i + 1}` })),
);

describe("the TypeScript in README and docs", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(root, "node_modules/.snippets-")); // below the root, so that the packages are found
    copyFileSync(join(root, "examples/clips/english.mp3"), join(folder, "in.mp3"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const compilerOptions = { module: "nodenext", target: "es2022", strict: true, lib: ["es2023"], types: ["node"], skipLibCheck: true };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    for (const { file, code } of snippets) writeFileSync(join(folder, `${file}.ts`), code);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("there is some on the README", () => {
    expect(snippets.filter(({ page }) => page === "README.md").length).toBeGreaterThan(0);
  });

  test("compiles in strict mode", () => {
    const { tsc } = JSON.parse(readFileSync(join(root, "node_modules/typescript/package.json"), "utf8")).bin;
    const result = spawnSync(process.execPath, [join(root, "node_modules/typescript", tsc), "-p", folder], { encoding: "utf8" });
    expect(result.stdout).toBe("");
    expect(result.status).toBe(0);
  });

  test.each(snippets)("$file runs", ({ file }) => {
    const result = spawnSync(process.execPath, [`${file}.js`], { cwd: folder, encoding: "utf8" });
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
  });
});
