import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** `npm run test:slow`: the tests that take longest, `*.slow.test.ts`. */
const SLOW = process.env["TWELVEHZ_SLOW_TESTS"] === "1";

/** Only against a test that hangs, ms: how fast the machine is decides nothing. */
const HANGS_MS = 900_000;

/** What takes longest begins first, so that no processor waits for it at the end. */
const LONGEST = ["web/page.", "web/call.", "transport/call.", "web/live.", "contract/engine.", "cli/codes-files.", "web/"];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((part) => moduleId.includes(`/test/${part}`));
      return place < 0 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

const kind = SLOW ? "*.slow.test.ts" : "*.test.ts";
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
    projects: [
      // Tests beside what they test leave nothing behind: they share processes, and what these have loaded.
      { extends: true, test: { name: "units", include: [`{packages,apps}/*/src/**/${kind}`], exclude, isolate: false } },
      { extends: true, test: { name: "whole", include: [`test/**/${kind}`], exclude } },
    ],
  },
});
