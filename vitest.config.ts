import { defineConfig } from "vitest/config";

/** `npm run test:slow`: the tests that take longest, `*.slow.test.ts`. */
const SLOW = process.env["TWELVEHZ_SLOW_TESTS"] === "1";

export default defineConfig({
  test: {
    exclude: SLOW ? ["**/node_modules/**"] : ["**/node_modules/**", "**/*.slow.test.ts"],
    include: SLOW
      ? ["{packages,apps}/*/src/**/*.slow.test.ts", "test/**/*.slow.test.ts"]
      : ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts", "test/**/*.test.ts"],
    // Only against a test that hangs: how fast the machine is decides nothing.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    maxWorkers: 2,
    env: { TWELVEHZ_CONFIG: "/nonexistent/settings.json", TWELVEHZ_MODEL: "" }, // the developer's default model is not what is tested
  },
});
