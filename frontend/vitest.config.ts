import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    env: { TZ: "UTC", LANG: "en_US.UTF-8" },
    coverage: { provider: "v8", include: ["src/**/*.ts"], exclude: ["src/**/*.d.ts"], reporter: ["text-summary"], thresholds: { lines: 85 } },
  },
});
