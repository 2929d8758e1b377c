import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../../kernel/random.ts";
import type { MetricSignal } from "../../signal/signal.ts";
import type { Finding } from "../finding.ts";
import { createMetricWatch, type MetricWatch } from "./metric-watch.ts";

const t0 = 1_790_000_000_000;
const stepMs = 10_000;
const dayPoints = 8_640;
const names = ["queue.depth", "disk.io", "process.memory.usage", "uptime", "requests"];

/** What five metrics of a service are at a step: three with noise and a day's rhythm, one that only goes up, one that counts up. */
function points(random: () => number, i: number, shift: number): MetricSignal[] {
  const nowMs = t0 + i * stepMs;
  const noise = () => random() + random() + random();
  const wave = 20 * Math.sin((i / dayPoints) * 2 * Math.PI);
  const values = [20 + noise(), 40 + wave + noise(), 60 + noise(), i * 10, i * 500 + Math.floor(9 * noise())];
  return names.map((name, n) => {
    const value = (values[n] ?? 0) + (n < 3 ? shift : 0);
    const more = { type: "counter", monotonic: true, delta: false, startMs: t0 } as const;
    return {
      kind: "metric",
      service: "cart",
      environment: "prod",
      name,
      unit: "",
      timeMs: nowMs,
      attributes: { a: "b" },
      value: name === "requests" ? { ...more, value } : { type: "gauge", value },
    } satisfies MetricSignal;
  });
}

function live(watch: MetricWatch, from: number, to: number, shift = 0): Finding[] {
  const found: Finding[] = [];
  for (let i = from; i < to; i++) {
    for (const point of points(seededRandom(i), i, shift)) watch.take(point, t0 + i * stepMs);
    found.push(...watch.tick(t0 + i * stepMs));
  }
  return found;
}

const lived = (points: number): MetricWatch => {
  const watch = createMetricWatch();
  expect(live(watch, 0, points)).toEqual([]);
  return watch;
};
const states = (watch: MetricWatch) => [...watch.learned.written(-Infinity)];

/** A watch that begins at a step with what another one knew, by way of text. */
function another(watch: MetricWatch, at: number): MetricWatch {
  const next = createMetricWatch();
  for (const { state } of states(watch))
    expect(next.learned.restore(JSON.parse(JSON.stringify(state)), t0 + at * stepMs)).toBe("restored");
  return next;
}

test("what was read back goes on to the last bit as what was written down would have", () => {
  const before = lived(3_000);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 30 }), (more, shift) => {
      const watch = another(before, 3_000);
      live(watch, 3_000, 3_000 + more);
      const next = another(watch, 3_000 + more);
      // Which streams are odd together right now is not kept; what each stream knows and says of itself is.
      for (const w of [next, watch]) live(w, 3_000 + more, 3_400, shift);
      expect(states(next)).toEqual(states(watch));
    }),
    { numRuns: 4 },
  );
});

test("sees at once what a new one does not", () => {
  const found = live(another(lived(3_000), 3_001), 3_001, 3_020, 25);
  expect(found[0]).toMatchObject({ service: "cart", dimension: "metrics", state: "firing" });
  expect(live(createMetricWatch(), 3_001, 3_200, 25)).toEqual([]);
});

test.each([
  ["a minute", 6],
  ["ten minutes", 60],
  ["a night", 3_000],
  ["two days, more than a stream takes for its own clock", 17_280],
])("a gap of %s raises nothing, and afterwards what is odd is seen", (_, gap) => {
  const watch = another(lived(3_000), 3_000 + gap);
  expect(live(watch, 3_000 + gap, 3_600 + gap)).toEqual([]);
  expect(live(watch, 3_600 + gap, 3_620 + gap, 25)[0]).toMatchObject({ state: "firing" });
});

test("a clock that was set back in between raises nothing", () => {
  const watch = another(lived(3_000), 1_000);
  expect(live(watch, 1_000, 2_000)).toEqual([]);
});

test("what is damaged or twice is refused, and what is read back is forgotten when it is not heard of", () => {
  const [first, second] = states(lived(100));
  const watch = createMetricWatch({ perMetricMax: 1 });
  const of = (state: unknown) => watch.learned.restore(state, t0);
  const damaged = { ...(first?.state as object), series: { v: 1, state: { points: 1 } } };
  for (const bad of [undefined, null, 3, "x", {}, damaged, { ...(first?.state as object), name: { service: 1 } }])
    expect(of(bad)).toBe("damaged");
  expect([of(first?.state), of(second?.state), of(first?.state)]).toEqual(["restored", "restored", "no room"]);
  expect(watch.tick(t0 + 9 * 60_000)).toEqual([]);
  expect(watch.stats().metricSeries).toBe(2);
  watch.tick(t0 + 11 * 60_000);
  expect(watch.stats().metricSeries).toBe(0);
});
