import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    // How fast a machine is decides no test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { TZ: "UTC", LANG: "en_US.UTF-8" },
    coverage: { provider: "v8", include: ["src/**/*.ts"], exclude: ["src/**/*.d.ts"], reporter: ["text-summary"], thresholds: { lines: 85 } },
  },
});
