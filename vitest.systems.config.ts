import { defineConfig } from "vitest/config";

/** These draw faults by seeds; each runs three shops at a time by itself. */
const drawn = ["test/systems/scenarios.test.ts", "test/systems/kills.test.ts"];

/** Tests of whole systems: real processes, databases, Prometheus. Three shops at a time at most: they measure what happens in seconds. */
export default defineConfig({
  test: {
    testTimeout: 600_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxConcurrency: 3,
    projects: [
      {
        extends: true,
        test: {
          name: "behaviour",
          include: ["test/systems/**/*.test.ts"],
          exclude: drawn,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "drawn", include: drawn, fileParallelism: false, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
