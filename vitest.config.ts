import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts", "test/**/*.test.ts"],
    // Only against a test that hangs: how fast the machine is decides nothing.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    maxWorkers: 2,
    env: { TWELVEHZ_CONFIG: "/nonexistent/settings.json", TWELVEHZ_MODEL: "" }, // the developer's default model is not what is tested
  },
});
