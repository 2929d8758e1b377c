import { expect, test } from "vitest";
import { digestOf } from "../kernel/digest.ts";
import type { Finding } from "../loop/detection/finding.ts";
import { bucketMs, durationBoundsMs, seriesKey, type RedBucket } from "../loop/detection/red.ts";
import type { TelemetryReader } from "../ports/telemetry.ts";
import { clearOutlived } from "./clear-outlived.ts";
import type { World } from "./world.ts";

const startedAtMs = 1_000_000_000;
const finding: Finding = {
  id: "errors/cart",
  service: "cart",
  environment: "demo",
  dimension: "errors",
  state: "firing",
  direction: "above",
  expected: { low: 0, mid: 0, high: 0.01 },
  observed: 0.7,
  unit: "share",
  unusualness: 1,
  sinceMs: startedAtMs - 60_000,
  atMs: startedAtMs - 30_000,
  agreeing: [],
  telemetry: digestOf("telemetry"),
  summary: "cart fails",
};

/** A minute and more of buckets in which this share of the requests fails. */
const red = (errorShare: number, forMs = 120_000): RedBucket[] =>
  Array.from({ length: Math.ceil(forMs / bucketMs) }, (_, i) => ({
    series: seriesKey({ type: "service", service: "cart", environment: "demo" }),
    startMs: startedAtMs + i * bucketMs,
    count: 100,
    errors: 100 * errorShare,
    ownErrors: 100 * errorShare,
    durationSumMs: 1_000,
    durations: durationBoundsMs.map((_bound, j) => (j === 8 ? 100 : 0)).concat(0),
  }));

/** The parts of a world that are looked at. */
function given(findings: readonly Finding[], buckets: readonly RedBucket[], laterMs: number): World {
  const read: TelemetryReader["service"] = (_service, _environment, fromMs, toMs) =>
    Promise.resolve(buckets.filter((b) => b.startMs >= fromMs && b.startMs < toMs));
  return {
    clock: { nowMs: () => startedAtMs + laterMs },
    store: { incidents: { list: () => Promise.resolve([{ findings }]) } },
    telemetry: { service: read },
    config: () => ({ slos: [] }),
  } as unknown as World;
}

test("an incident does not stay open for good because the detector that could end it is gone", async () => {
  const [cleared] = await clearOutlived(given([finding], red(0), 90_000), () => false, startedAtMs);
  expect(cleared).toEqual({ ...finding, state: "cleared", atMs: startedAtMs + 90_000 });
});

test.each([
  ["it still fails", [finding], red(0.4), 90_000, false],
  ["nothing is seen", [finding], [], 90_000, false],
  ["only a part is seen", [finding], red(0, 20_000), 90_000, false],
  ["it is too early to tell", [finding], red(0), 40_000, false],
  ["a detector still watches it", [finding], red(0), 90_000, true],
  ["it was found since the start", [{ ...finding, atMs: startedAtMs + 1 }], red(0), 90_000, false],
] as const)("nothing is called over while %s", async (_why, findings, buckets, laterMs, watched) => {
  expect(await clearOutlived(given(findings, buckets, laterMs), () => watched, startedAtMs)).toEqual([]);
});
