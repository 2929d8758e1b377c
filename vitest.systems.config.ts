import { defineConfig } from "vitest/config";

/** Tests of whole systems: real processes, databases, Prometheus. One file at a time: they measure what happens in seconds. */
export default defineConfig({
  test: {
    include: ["test/systems/**/*.test.ts"],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    pool: "forks",
    fileParallelism: false,
    maxWorkers: 1,
    maxConcurrency: 2,
  },
});
