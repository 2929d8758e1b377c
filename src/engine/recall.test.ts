import { expect, test } from "vitest";
import type { Incident } from "../loop/incident/incident.ts";
import type { Run } from "../loop/run/run.ts";
import { recovered } from "./recall.ts";
import type { World } from "./world.ts";

const clearedAtMs = 100_000;
const incident = {
  id: "inc-1",
  state: "diagnosing",
  findings: [{ state: "cleared", atMs: clearedAtMs }],
  alerts: [],
} as unknown as Incident;

const at = (nowMs: number, actedAtMs?: number): World =>
  ({
    clock: { nowMs: () => nowMs },
    config: () => ({ settings: { incidents: { quietMs: 15_000 } } }),
    store: {
      incidents: { get: () => Promise.resolve({ incident, version: 1 }) },
      runs: {
        runsOf: () =>
          Promise.resolve(actedAtMs === undefined ? [] : [{ outcomes: [{ atMs: actedAtMs }] } as unknown as Run]),
      },
    },
  }) as unknown as World;

test.each([
  ["what has been quiet for a while is over", clearedAtMs + 15_000, undefined, true],
  ["what just cleared is not", clearedAtMs + 14_000, undefined, false],
  ["quiet from before a remedy was taken back says nothing", clearedAtMs + 40_000, clearedAtMs + 20_000, false],
  ["quiet that lasts after it is over", clearedAtMs + 65_000, clearedAtMs + 20_000, true],
])("%s", async (_what, nowMs, actedAtMs, over) => {
  expect(await recovered(at(nowMs, actedAtMs), "inc-1")).toBe(over);
});
