import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import type { StatusReport } from "../engine/operations.ts";
import type { Metric } from "./metric.ts";
import { metricsText } from "./metrics.ts";
import { isDescribed } from "./status-counters.ts";
import { createDetector } from "../loop/detection/detector.ts";
import { createRedAggregator } from "../loop/detection/red-aggregator.ts";

const counters = {
  ...createRedAggregator().stats(),
  ...createDetector().stats(),
  telemetryDropped: 3,
  auditRecords: 7,
};
const status: StatusReport = {
  state: "degraded",
  version: '1.0.0"\\\n',
  controller: "c-1",
  configCommit: "abc",
  components: [
    { name: "database", state: "ok", detail: "" },
    { name: 'a "care"\nrepo\\', state: "degraded", detail: "x" },
  ],
  stops: [],
  liveIncidents: 2,
  openApprovals: [],
  counters,
};
const counted: Metric[] = [
  { type: "counter", name: "decisions_total", help: "Decisions.", samples: [{ labels: { effect: "ask" }, value: 2 }] },
  { type: "counter", name: "outcomes_total", help: "Outcomes.", samples: [] },
  {
    type: "histogram",
    name: "time_to_detect_seconds",
    help: "How long.",
    buckets: [
      [5, 1],
      [10, 3],
    ],
    count: 4,
    sum: 31.5,
  },
];
const text = metricsText(status, counted);

test("every metric has its help and its type, once, before its values", () => {
  const names = text.split("\n").flatMap((l) => /^# TYPE (\S+)/.exec(l)?.[1] ?? []);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(text).toContain(`# HELP ${name} `);
  const values = text.split("\n").filter((l) => l !== "" && !l.startsWith("#"));
  expect(values.filter((l) => !/^homeostat_[a-z_]+(\{[a-z]+="([^"\\\n]|\\.)*"\})? [0-9.]+$/.test(l))).toEqual([]);
});

test("labels are escaped, histograms are cumulative and end in +Inf", () => {
  expect(text).toContain('homeostat_component_health{component="a \\"care\\"\\nrepo\\\\"} 0.5');
  expect(text).toContain(
    'homeostat_time_to_detect_seconds_bucket{le="10"} 3\nhomeostat_time_to_detect_seconds_bucket{le="+Inf"} 4\nhomeostat_time_to_detect_seconds_sum 31.5\nhomeostat_time_to_detect_seconds_count 4',
  );
});

test("every counter of the loop is described", () => {
  expect(Object.keys(counters).filter((name) => !isDescribed(name))).toEqual([]);
});

const promtool = spawnSync("promtool", ["--version"]).error ? undefined : "promtool";

test.skipIf(promtool === undefined)("Prometheus's own checker finds nothing wrong (needs promtool)", () => {
  const checked = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  expect(checked.stdout + checked.stderr).toBe("");
  expect(checked.status).toBe(0);
});
