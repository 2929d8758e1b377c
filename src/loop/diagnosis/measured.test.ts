import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MetricPoint } from "../signal/metric-series.ts";
import type { ServiceMetric } from "../signal/service.ts";
import { deviation } from "./deviation.ts";
import { measured, unanswered } from "./measured.ts";
import type { Scene } from "./scene.ts";
import type { SceneMetric } from "./scene-metrics.ts";

const onsetMs = 1_000_000;
/** Values ten seconds apart, of which the first of `since` is at the onset. */
const points = (past: readonly number[], since: readonly number[]): MetricPoint[] =>
  [...past, ...since].map((value, i) => ({ atMs: onsetMs + (i - past.length) * 10_000, value }));
const wobbling = Array.from({ length: 60 }, (_, i) => 10 + (i % 5));
const still = wobbling.map(() => 0);

describe("a series and its own past", () => {
  test.each([
    ["rises", wobbling, [12, 60, 61, 62], "higher", true],
    ["rises, and higher is better", wobbling, [12, 60, 61, 62], "lower", false],
    ["falls", wobbling, [0, -30, -31], "lower", true],
    ["falls, and either way is worse", wobbling, [0, -30, -31], "both", true],
    ["goes on as ever", wobbling, [10, 14, 12], "both", false],
    ["peaks once", wobbling, [10, 90, 12, 11, 13], "higher", false],
    ["was off, and is not any more", wobbling, [90, 90, 90, 12, 11, 13], "higher", false],
    ["never moved, and does", still, [0, 5, 5], "higher", true],
    ["never moved, and does not", still, [0, 0, 0], "both", false],
    ["moves by less than a twentieth of its level", wobbling.map(() => 100), [104, 104], "higher", false],
    ["peaked before at times as it does now", wobbling.map((v, i) => (i % 10 ? v : 60)), [60, 60], "higher", false],
  ] as const)("%s", (_, past, since, direction, deviates) => {
    expect(deviation(points(past, since), onsetMs, direction)?.deviates).toBe(deviates);
  });

  test("says since when, what is seen and what was expected", () => {
    const found = deviation(points(wobbling, [12, 60, 61, 62]), onsetMs, "higher");
    expect(found).toMatchObject({ observed: 61, sinceMs: onsetMs + 10_000 });
    expect(found?.expected.low).toBeLessThan(10);
    expect(found?.expected.high).toBeGreaterThan(14);
  });

  test("too short a past, or present, says nothing (B7)", () => {
    expect(deviation(points([1, 1, 1], [9, 9, 9]), onsetMs, "higher")).toBeUndefined();
    expect(deviation(points(wobbling, [90]), onsetMs, "higher")).toBeUndefined();
    expect(deviation([], onsetMs, "higher")).toBeUndefined();
  });

  test("what is expected never depends on what came since the onset", () => {
    const value = fc.double({ noNaN: true, min: -1e9, max: 1e9 });
    const values = fc.array(value, { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 8, maxLength: 40 }), values, values, (past, one, other) => {
        const expected = (since: number[]) => deviation(points(past, since), onsetMs, "both")?.expected;
        expect(expected(one)).toEqual(expected(other));
      }),
    );
  });
});

describe("evidence by metrics", () => {
  const metric = (name: string, over: Partial<ServiceMetric> = {}): ServiceMetric => ({
    name,
    query: name,
    unit: "items",
    direction: "higher",
    dimension: "queue",
    ...over,
  });
  const at = (name: string, since: readonly number[], over: Partial<ServiceMetric> = {}): SceneMetric => ({
    service: "cart",
    metric: metric(name, over),
    series: [{ labels: {}, points: points(wobbling, since) }],
  });
  const said = (metrics: SceneMetric[], service = "cart") =>
    // Metrics may be ahead of what was found first.
    measured(
      { incident: { sinceMs: onsetMs + 60_000 }, metrics: { metrics, missing: [], down: [] } } as unknown as Scene,
      service,
    );
  const off = [60, 61, 62];

  test("a metric that left its past speaks for the service, in words", () => {
    expect(said([at("depth", off)])).toEqual([
      {
        sign: 1,
        evidence: {
          kind: "metric-deviates",
          weight: 1.2,
          text: "depth is 61 items since 60 s before the first symptom, expected at most 16.4 items",
          refs: ["cart/depth"],
        },
      },
    ]);
  });
  test("metrics as ever speak against it, a little", () => {
    expect(said([at("depth", [10, 11]), at("cpu", [12, 13])])).toMatchObject([
      { sign: -1, evidence: { weight: 0.3, text: "depth, cpu are as before the incident" } },
    ]);
  });
  test("many that deviate say little more than one, and traffic says less", () => {
    const many = said(["a", "b", "c", "d", "e"].map((name) => at(name, off)));
    expect(many.map((m) => m.evidence.weight)).toEqual([1.2, 0.6, 0.3]);
    expect(said([at("calls", off, { dimension: "traffic" })])[0]?.evidence.weight).toBeCloseTo(0.48);
  });
  test("of several series the one that stands out is named", () => {
    const labelled = (pod: string, since: readonly number[]) => ({ labels: { pod }, points: points(wobbling, since) });
    const both = { ...at("depth", []), series: [labelled("a", [11, 12]), labelled("b", off)] };
    expect(said([both])[0]?.evidence.text).toMatch(/^depth\{pod="b"\} is 61 items/);
  });
  test("others' metrics, and what is not known, say nothing", () => {
    expect(said([at("depth", off)], "payment")).toEqual([]);
    expect(said([{ ...at("depth", []), series: [{ labels: {}, points: points([1, 2], off) }] }])).toEqual([]);
    expect(measured({ incident: { sinceMs: onsetMs } } as unknown as Scene, "cart")).toEqual([]);
  });
});

test("instances that give no metrics speak for their service, the more the more there are", () => {
  const down = (instance: string) => ({
    service: "cart",
    instance,
    sinceMs: onsetMs + 4_000,
    why: "connect ECONNREFUSED",
  });
  const said = (service: string, ...names: string[]) =>
    unanswered(
      {
        incident: { sinceMs: onsetMs },
        metrics: { metrics: [], missing: [], down: names.map(down) },
      } as unknown as Scene,
      service,
    ).map((s) => s.evidence);
  expect(said("cart", "cart-1")).toEqual([
    {
      kind: "gives-no-metrics",
      weight: 1.5,
      text: "cart-1 did not answer when asked for metrics, since 4 s after the first symptom: connect ECONNREFUSED",
      refs: [],
    },
  ]);
  expect(said("cart", "a", "b", "c", "d", "e")[0]).toMatchObject({
    weight: 2.5,
    text: expect.stringMatching(/^a, b, c and 2 more/),
  });
  expect([said("payment", "cart-1"), said("cart")]).toEqual([[], []]);
});
