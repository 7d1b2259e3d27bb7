import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** `npm run test:slow`: the tests that take longest, `*.slow.test.ts`, and the long form of those that have one. */
const SLOW = process.env["TWELVEHZ_SLOW_TESTS"] === "1";

/** Only against a test that hangs, ms: how fast the machine is decides nothing. */
const HANGS_MS = 900_000;

/** What takes longest begins first, so that no processor waits for it at the end. */
const LONGEST = [
  "web/page.",
  "web/call.",
  "transport/call.",
  "web/live.",
  "contract/engine.",
  "embedded/decoder.",
  "cli/codes-files.",
  "web/",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((part) => moduleId.includes(`/test/${part}`));
      return place < 0 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** Test files of folders that ask `inLongForm`: those of the slow run. */
function filesWithLongForm(...folders: readonly string[]): string[] {
  const all = folders.flatMap((folder) => (readdirSync(folder, { recursive: true }) as string[]).map((name) => `${folder}/${name}`));
  return all.filter((path) => /^(?!.*node_modules).*\.test\.ts$/.test(path) && readFileSync(path, "utf8").includes("long-form.ts"));
}

/** After a synchronous stat of a named pipe Node 20 resolves no links: modules that are loaded then are there twice. */
const ALONE = ["test/cli/interruption.test.ts"];

const kind = SLOW ? "*.slow.test.ts" : "*.test.ts";
const longForms = SLOW ? filesWithLongForm : (): string[] => [];
const exclude = SLOW ? ["**/node_modules/**"] : ["**/node_modules/**", "**/*.slow.test.ts"];

export default defineConfig({
  test: {
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    expect: { poll: { timeout: HANGS_MS } },
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    setupFiles: ["test/support/fast-equality.ts"],
    env: { TWELVEHZ_CONFIG: "/nonexistent/settings.json", TWELVEHZ_MODEL: "" }, // the developer's default model is not what is tested
    isolate: false, // files leave nothing behind: they share processes, and what these have loaded
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } }, // packages are loaded as they are built, once for all files
    projects: [
      { extends: true, test: { name: "units", include: [`{packages,apps}/*/src/**/${kind}`, ...longForms("packages", "apps")], exclude } },
      { extends: true, test: { name: "whole", include: [`test/**/${kind}`, ...longForms("test")], exclude: [...exclude, ...ALONE] } },
      { extends: true, test: { name: "alone", include: SLOW ? [] : ALONE, exclude, isolate: true } },
    ],
  },
});
