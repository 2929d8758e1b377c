import { describe, expect, test } from "vitest";
import { durationBoundsMs, seriesKey, type RedBucket } from "../detection/red.ts";
import type { Finding } from "../detection/finding.ts";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import type { Scene } from "../diagnosis/scene.ts";
import type { ChangeSignal } from "../signal/signal.ts";
import { tooEarly } from "./too-early.ts";

const nowMs = 1_000_000;
const finding = (dimension: Finding["dimension"], sinceAgoMs: number, service = "cart"): Finding =>
  ({
    id: `${service}/${dimension}`,
    service,
    dimension,
    state: "firing",
    sinceMs: nowMs - sinceAgoMs,
    expected: dimension === "duration" ? { low: 5, mid: 10, high: 20 } : null,
  }) as Finding;
const change = (service: string, actor?: string): ChangeSignal =>
  ({ kind: "change", service, change: "release", timeMs: nowMs - 20_000, ...(actor ? { actor } : {}) }) as ChangeSignal;

/** Telemetry of the last seconds: how much fails, and the histogram interval everything falls into. */
const red = (service: string, failing: number, interval = 3): Record<string, RedBucket[]> => {
  const series = seriesKey({ type: "service", service, environment: "demo" });
  const durations = [...durationBoundsMs, 0].map((_, i) => (i === interval ? 50 : 0));
  const counts = { count: 50, errors: failing, ownErrors: failing, durationSumMs: 500, durations };
  return { [series]: [{ series, startMs: nowMs - 10_000, ...counts }] };
};
const fails = red("cart", 25);
const well = red("cart", 0);
const slow = red("cart", 0, 20);
const scene = (
  findings: readonly Finding[],
  latest: Scene["red"],
  changes: readonly ChangeSignal[] = [],
  alerts: readonly unknown[] = [],
): Scene => {
  const sinceMs = Math.min(nowMs, ...findings.map((f) => f.sinceMs));
  return {
    nowMs,
    changes,
    red: latest,
    incident: { environment: "demo", findings, alerts, sinceMs },
  } as unknown as Scene;
};
const diagnosis = (cause: string): Diagnosis => ({ hypotheses: [{ id: "h", cause }] }) as unknown as Diagnosis;
const plan = { service: "cart", hypothesisId: "h" };

describe("what may pass by itself is not acted upon", () => {
  test("failures that go on are acted upon at once", () => {
    expect(tooEarly(scene([finding("errors", 12_000)], fails), diagnosis("bad-release"), plan)).toBeUndefined();
  });

  test("weak signs that agree are told, and nothing is done about them until one is plain", () => {
    expect(tooEarly(scene([finding("joint", 60_000)], slow), diagnosis("bad-release"), plan)).toContain(
      "in none of them plainly wrong",
    );
    expect(
      tooEarly(scene([finding("joint", 60_000), finding("errors", 60_000)], fails), diagnosis("bad-release"), plan),
    ).toBeUndefined();
  });

  test("a finding that has not cleared yet is no reason to act when the latest telemetry is well", () => {
    expect(tooEarly(scene([finding("errors", 60_000)], well), diagnosis("bad-release"), plan)).toContain(
      "whether it is over",
    );
    expect(tooEarly(scene([finding("burn-rate", 60_000)], well), diagnosis("bad-release"), plan)).toContain(
      "whether it is over",
    );
  });

  test("nor when there is no telemetry to see it in", () => {
    expect(tooEarly(scene([finding("errors", 60_000)], {}), diagnosis("bad-release"), plan)).toContain(
      "whether it is over",
    );
  });

  test("another service's current symptoms do not make up for it", () => {
    const found = [finding("errors", 60_000), finding("errors", 60_000, "gateway")];
    expect(tooEarly(scene(found, { ...well, ...red("gateway", 25) }), diagnosis("bad-release"), plan)).toContain(
      "whether it is over",
    );
  });

  test("slowness alone has to last", () => {
    expect(tooEarly(scene([finding("duration", 15_000)], slow), diagnosis("bad-release"), plan)).toContain(
      "whether it lasts",
    );
    expect(tooEarly(scene([finding("duration", 35_000)], slow), diagnosis("bad-release"), plan)).toBeUndefined();
  });

  test("a dead instance needs no telemetry to be current", () => {
    expect(tooEarly(scene([finding("errors", 60_000)], {}), diagnosis("crash-loop"), plan)).toBeUndefined();
  });

  test("an alert that fires is current until it is resolved", () => {
    const alert = { status: "firing", service: "cart" };
    expect(tooEarly(scene([], {}, [], [alert]), diagnosis("bad-config"), plan)).toBeUndefined();
  });
});

describe("changes made at once", () => {
  const both = [change("cart"), change("payment")];

  test("two services that changed together are told apart before one is chosen", () => {
    expect(tooEarly(scene([finding("errors", 12_000)], fails, both), diagnosis("bad-release"), plan)).toContain(
      "cart and payment",
    );
    expect(tooEarly(scene([finding("errors", 22_000)], fails, both), diagnosis("bad-release"), plan)).toBeUndefined();
  });

  test("our own change does not compete", () => {
    const ours = [change("cart"), change("payment", "homeostat")];
    expect(tooEarly(scene([finding("errors", 12_000)], fails, ours), diagnosis("bad-release"), plan)).toBeUndefined();
  });
});
