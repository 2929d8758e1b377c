import { defineConfig } from "vitest/config";

/** Unit and suite tests. Systems tests live in test/systems and run one at a time, see vitest.systems.config.ts. */
export default defineConfig({
  test: {
    include: [
      "src/**/*.test.ts",
      "test/*.test.ts",
      "test/audit/**/*.test.ts",
      "test/sim/**/*.test.ts",
      "test/replay/**/*.test.ts",
      "examples/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A database or an archive that opens beside other tests takes longer than the second that is usual.
    expect: { poll: { timeout: 15_000 } },
    pool: "forks",
    // Many wait for databases and processes more than they compute.
    maxWorkers: 3,
  },
});
