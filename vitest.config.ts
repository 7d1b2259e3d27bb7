import { defineConfig } from "vitest/config";

/** `npm run test:slow`: the tests that take longest, `*.slow.test.ts`. */
const SLOW = process.env["TWELVEHZ_SLOW_TESTS"] === "1";

/** Only against a test that hangs, ms: how fast the machine is decides nothing. */
const HANGS_MS = 900_000;

export default defineConfig({
  test: {
    exclude: SLOW ? ["**/node_modules/**"] : ["**/node_modules/**", "**/*.slow.test.ts"],
    include: SLOW
      ? ["{packages,apps}/*/src/**/*.slow.test.ts", "test/**/*.slow.test.ts"]
      : ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    expect: { poll: { timeout: HANGS_MS } },
    maxWorkers: 2,
    env: { TWELVEHZ_CONFIG: "/nonexistent/settings.json", TWELVEHZ_MODEL: "" }, // the developer's default model is not what is tested
  },
});
